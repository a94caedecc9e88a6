"""A rectifier that learns its slope."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..memory import pieces
from ..ops.columns import added, sums_down
from ..packing import Param
from .definition import LayerOptions, check_names
from .elementwise import Elementwise
from .sample_axes import sample_axes


class PReLU(Elementwise):
    """`x if x > 0 else alpha * x`, with an `alpha` for each entry of a sample.

    `alpha` gets the sum over the rows, and over the shared axes, of `error_grad * min(x, 0)`.

    Args:
        alpha_initializer: Where `alpha`, shaped like a sample, starts.
        alpha_regularizer: A penalty on `alpha`.
        alpha_constraint: A condition on `alpha`.
        shared_axes: An axis or axes along which one `alpha` serves all, counted from 1; `alpha` has length 1 there.
        options: As for every layer.

    Source:
        He et al., Delving deep into rectifiers (2015).

    Example:
        >>> PReLU("ones").output_shape((3,))
        (3,)
    """

    factor_text = "1 if z > 0 else alpha"

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        if shared_axes is not None:
            arguments.axes(self, "shared_axes", shared_axes)
        self.alpha_initializer, self.alpha_regularizer = alpha_initializer, alpha_regularizer
        self.alpha_constraint, self.shared_axes = alpha_constraint, shared_axes
        check_names(self)
        super().__init__(**options)

    @override
    def build(self, input_shape: Shape) -> dict[str, Param]:
        shared = self._shared(len(input_shape) + 1)
        return {"alpha": self._alpha(tuple(1 if i in shared else n for i, n in enumerate(input_shape, 1)))}

    @override
    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        alpha = self.params.alpha
        low = np.minimum(x, 0.0, out=work)
        if low.size and low.min() == -np.inf:
            np.copyto(low, 0.0, where=alpha == 0)  # 0 * -inf would be NaN
        y: Array = np.maximum(x, 0.0, out=out)
        with np.errstate(over="ignore"):
            low *= alpha
        y += low
        return y

    @override
    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        np.greater(x, 0.0, out=out)
        work = np.subtract(1.0, out, out=work)
        work *= self.params.alpha
        out += work
        return out

    @override
    def backward(self, error_grad: Array) -> Array:
        x, grad = self.cache[0], self.grads.alpha
        shared = [axis - 1 for axis in self._shared(x.ndim)]
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite x has no gradient
            total = added(self._terms(x[rows], error_grad[rows]) for rows in pieces(x) or [slice(0)])
            total = total.reshape(x.shape[1:])
            if shared:
                first = np.moveaxis(total, shared, range(len(shared)))
                total = sums_down(first.reshape(-1, grad.size))
        grad[...] = total.reshape(grad.shape)
        return super().backward(error_grad)

    @staticmethod
    def _terms(x: Array, error_grad: Array) -> Array:
        """Return the sum over some rows, an entry of a sample each."""
        terms = np.minimum(x, 0.0)
        terms *= error_grad
        return sums_down(terms.reshape(len(x), math.prod(x.shape[1:])))

    def _alpha(self, shape: Shape) -> Param:
        return Param(shape, self.alpha_initializer, regularizer=self.alpha_regularizer, constraint=self.alpha_constraint)

    def _shared(self, rank: int) -> tuple[int, ...]:
        return () if self.shared_axes is None else sample_axes(self, "shared_axes", self.shared_axes, rank)
