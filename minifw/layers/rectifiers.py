"""Activations with a bend: a line below it and another above."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array, Shape
from ..engine.blocks import blocks
from ..engine.columns import added, sums_down
from ..network.views import Param
from .activations import Elementwise
from ..network.definition import LayerOptions, check_names
from .sample_axes import sample_axes


class ReLU(Elementwise):
    """`x if x > threshold else negative_slope * (x - threshold)`, then at most `max_value`.

    At a bend the slope is that of the flatter side: `negative_slope` at the threshold, 0 at `max_value`.

    Args:
        max_value: The largest output, or `None`.
        negative_slope: The slope up to the threshold.
        threshold: Where the line begins.
        options: As for every layer.

    Example:
        >>> ReLU()(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
    """

    factor_text = "1 if z > {self.threshold:g} else {self.negative_slope:g}"
    gives = "numbers from 0 up"

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        given: dict[str, Any] = {"negative_slope": negative_slope, "threshold": threshold}
        for name, value in given.items() if max_value is None else [("max_value", max_value), *given.items()]:
            arguments.number(self, name, value, "[0, inf)")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold
        if max_value is not None:
            self.factor_text = f"({self.factor_text}), 0 from {{self.max_value:g}} on"
        super().__init__(**options)

    @override
    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.relu(x, self.max_value, float(self.negative_slope), float(self.threshold), out, slope)


class LeakyReLU(Elementwise, aliases={"leaky_relu": {"negative_slope": 0.2}}):
    """`x if x > 0 else negative_slope * x`; at 0 the slope is `negative_slope`.

    Args:
        negative_slope: The slope for `x <= 0`. The layer's default is 0.3, the string `"leaky_relu"` means 0.2,
            as in Keras.
        options: As for every layer.

    Example:
        >>> LeakyReLU(0.1)(np.array([[-1.0, 2.0]]))
        array([[-0.1,  2. ]])
    """

    factor_text = "1 if z > 0 else {self.negative_slope:g}"

    def __init__(self, negative_slope: float = 0.3, **options: Unpack[LayerOptions]) -> None:
        arguments.number(self, "negative_slope", negative_slope)
        self.negative_slope = negative_slope
        super().__init__(**options)

    @override
    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.leaky_relu(x, float(self.negative_slope), out, slope)


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
    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        alpha = self.params.alpha
        low = np.minimum(x, 0.0, out=slope)
        if low.size and low.min() == -np.inf:
            np.copyto(low, 0.0, where=alpha == 0)  # 0 * -inf would be NaN
        y: Array = np.maximum(x, 0.0, out=out)
        with np.errstate(over="ignore"):
            low *= alpha
        y += low
        if slope is not None:
            np.greater(x, 0.0, out=slope)
            slope += (1.0 - slope) * alpha
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        x, grad = self.cache[0], self.grads.alpha
        shared = [axis - 1 for axis in self._shared(x.ndim)]
        with np.errstate(over="ignore", invalid="ignore"):  # an infinite x has no gradient
            total = added(self._terms(x[rows], error_grad[rows]) for rows in blocks(x) or [slice(0)])
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
