"""Activations that look at one entry at a time, and those that every student meets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import multiply
from typing_extensions import Unpack

from .. import arguments, ops
from .._typing import Array, Shape
from ..config import resolve
from ..engine.buffers import blocks, in_blocks, like
from ..engine.reductions import added, sums_down
from ..network.definition import LayerOptions, check_names
from ..network.views import Param
from .base import Layer
from .normalization import sample_axes


class Elementwise(Layer, registered=False):
    """`y = f(x)`, entry by entry; what goes back is `error_grad * f'(x)`.

    A subclass writes `f(self, x, out=None, slope=None)`, which returns the value, in `out` if it is given, and writes
    the derivative into `slope` if that is given. It gets a batch, or some rows of a large one.
    """

    kinds = ("layer", "activation")
    elementwise = True
    former = dict.fromkeys(
        ("value", "slope", "value_and_slope"),
        "defines {}(); write f(self, x, out=None, slope=None), which returns the value and writes the derivative into slope",
    )

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        """Return the value, and write the derivative where it is wanted."""
        raise NotImplementedError(f"{type(self).__name__} must write f(self, x, out=None, slope=None)")

    def forward(self, x: Array, training: bool = False) -> Array:
        y, slope, message = like(x, self, 3) if training else (np.empty_like(x), None, None)
        self.cache = x, slope, message
        return in_blocks(self.f, x, y, slope)

    def backward(self, error_grad: Array) -> Array:
        message: Array
        x, slope, message = self.cache
        if slope is None:  # the forward was inference, which writes no slope
            slope = message = np.empty_like(x)
            in_blocks(self.f, x, np.empty_like(x), slope)
        message = multiply(error_grad, slope, message)
        return message


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

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.leaky_relu(x, float(self.negative_slope), out, slope)


class Sigmoid(Elementwise):
    """`1 / (1 + exp(-x))`, slope `y * (1 - y)`.

    Example:
        >>> Sigmoid()(np.array([[0.0]]))
        array([[0.5]])
    """

    factor_text = "σ(z) (1 - σ(z))"
    gives = "probabilities"

    f = staticmethod(ops.sigmoid)


class Tanh(Elementwise):
    """`tanh(x)`, slope `1 - y**2`.

    Example:
        >>> Tanh()(np.array([[0.0]]))
        array([[0.]])
    """

    factor_text = "1 - tanh(z)²"
    gives = "numbers from -1 to 1"

    f = staticmethod(ops.tanh)


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

    def build(self, input_shape: Shape) -> dict[str, Param]:
        shared = self._shared(len(input_shape) + 1)
        return {"alpha": self._alpha(tuple(1 if i in shared else n for i, n in enumerate(input_shape, 1)))}

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


class Activation(Layer, aliases={"linear": {"activation": None}}):
    """`y = f(x)`, for an activation by name.

    Args:
        activation: A name such as `"gelu"`, a layer, or `None` for `"linear"`, which is `x` itself.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If it is neither.
        ArgumentValueError: If the name is unknown.

    Example:
        >>> import numpy as np
        >>> Activation("relu")(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
    """

    factor_text = "1"  # of the linear one; any other opens itself
    kinds = ("layer", "activation")
    inner: Layer | None = None

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        self.activation = activation
        if activation is not None and activation != "linear":
            self.inner = resolve("activation" if isinstance(activation, str) else "layer", activation, self)
        super().__init__(**options)

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What the activation gives."""
        return None if self.inner is None else self.inner.gives

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape if self.inner is None else self.inner.output_shape(input_shape)

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        return [] if self.inner is None else [("activation", self.inner, input_shape)]

    def forward(self, x: Array, training: bool = False) -> Array:
        return x if self.inner is None else self.inner.forward(x, training)

    def backward(self, error_grad: Array) -> Array | None:
        return error_grad if self.inner is None else self.inner.backward(error_grad)
