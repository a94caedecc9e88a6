"""Activations, which look at one entry at a time: those that every student meets, and the smooth ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import multiply
from typing_extensions import Unpack

from .. import arguments, ops
from .._typing import Array, Shape
from ..engine.buffers import blocks, in_blocks, like
from ..engine.errstate import silent
from ..engine.reductions import added, sums_down
from ..network.definition import LayerOptions, check_names, declared
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

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        """Return the value, and write the derivative where it is wanted."""
        raise NotImplementedError(f"{type(self).__name__} must write f(self, x, out=None, slope=None)")

    def forward(self, x: Array, training: bool = False) -> Array:
        y, slope, message = like(x, self, 3) if training else (np.empty_like(x), None, None)
        self._last_call.cache = x, slope, message
        return in_blocks(self.f, y, x, y, slope)

    def backward(self, error_grad: Array) -> Array:
        x, slope, message = self._last_call.cache
        if slope is None:  # the forward was inference, which writes no slope
            y, slope = np.empty_like(x), np.empty_like(x)
            in_blocks(self.f, y, x, y, slope)
        return multiply(error_grad, slope, message)  # type: ignore[no-any-return]


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
        self.max_value = arguments.optional(arguments.number, self, "max_value", max_value, "[0, inf)")
        self.negative_slope = arguments.number(self, "negative_slope", negative_slope, "[0, inf)")
        self.threshold = arguments.number(self, "threshold", threshold, "[0, inf)")
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
        self.negative_slope = arguments.number(self, "negative_slope", negative_slope)
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


class Softplus(Elementwise):
    """`log(1 + exp(x))`; its slope is the sigmoid.

    Example:
        >>> Softplus()(np.array([[0.0, 100.0]])).round(6)
        array([[  0.693147, 100.      ]])
    """

    factor_text = "σ(z)"

    f = staticmethod(ops.softplus)


class Softsign(Elementwise):
    """`x / (1 + |x|)`, slope `1 / (1 + |x|)**2`.

    Example:
        >>> Softsign()(np.array([[-1.0, 3.0]]))
        array([[-0.5 ,  0.75]])
    """

    factor_text = "1 / (1 + |z|)²"

    f = staticmethod(ops.softsign)


class ELU(Elementwise):
    """`x if x > 0 else alpha * (exp(x) - 1)`; at 0 the slope is `alpha`.

    Args:
        alpha: The limit at `-inf` is `-alpha`; above 0.
        options: As for every layer.

    Source:
        Clevert et al., Fast and accurate deep network learning by exponential linear units (2016).

    Example:
        >>> ELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.632121,  2.      ]])
    """

    factor_text = "1 if z > 0 else {self.alpha:g} exp(z)"

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        self.alpha = arguments.number(self, "alpha", alpha, "(0, inf)")
        super().__init__(**options)

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.elu(x, float(self.alpha), out, slope)


class SELU(Elementwise):
    """`scale * (x if x > 0 else alpha * (exp(x) - 1))`, scale 1.0507009873554805, alpha 1.6732632423543772.

    Weights should start as `"lecun_normal"` or alike, of variance `1 / inputs`.

    Source:
        Klambauer et al., Self-normalizing neural networks (2017).

    Example:
        >>> SELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-1.111331,  2.101402]])
    """

    factor_text = "1.0507 if z > 0 else 1.7581 exp(z)"

    f = staticmethod(ops.selu)


class GELU(Elementwise):
    """`x * Φ(x)`, with `Φ` the standard normal distribution function.

    Args:
        approximate: Whether `x * (1 + tanh(sqrt(2/π) (x + 0.044715 x**3))) / 2` is used instead, as some published
            models do.
        options: As for every layer.

    Source:
        Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> GELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.158655,  1.9545  ]])
    """

    factor_text = "Φ(z) + z φ(z)"

    def __init__(self, approximate: bool = False, **options: Unpack[LayerOptions]) -> None:
        self.approximate = arguments.flag(self, "approximate", approximate)
        if approximate:
            self.factor_text = "(1 + t + z (1 - t²) u') / 2, t = tanh(u), u = √(2/π) (z + 0.044715 z³)"
        super().__init__(**options)

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.gelu(x, self.approximate, out, slope)


class SiLU(Elementwise, aliases=("swish",)):
    """`x * sigmoid(x)`, also called swish.

    Source:
        Ramachandran et al., Searching for activation functions (2017).

    Example:
        >>> SiLU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.268941,  1.761594]])
    """

    factor_text = "σ(z) (1 + z (1 - σ(z)))"

    f = staticmethod(ops.silu)


class Mish(Elementwise):
    """`x * tanh(log(1 + exp(x)))`.

    Source:
        Misra, Mish: a self regularized non-monotonic activation function (2019).

    Example:
        >>> Mish()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.303401,  1.943959]])
    """

    factor_text = "t + z (1 - t²) σ(z), t = tanh(log(1 + exp(z)))"

    f = staticmethod(ops.mish)


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
        self.shared_axes = arguments.optional(arguments.axes, self, "shared_axes", shared_axes)
        self.alpha_initializer, self.alpha_regularizer = alpha_initializer, alpha_regularizer
        self.alpha_constraint = alpha_constraint
        check_names(self)
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        shared = self._shared(len(input_shape) + 1)
        return {"alpha": declared(self, "alpha", tuple(1 if i in shared else n for i, n in enumerate(input_shape, 1)))}

    @silent
    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        alpha = self.params.alpha
        low = np.minimum(x, 0.0, out=slope)
        if low.size and low.min() == -np.inf:
            np.copyto(low, 0.0, where=alpha == 0)  # 0 * -inf would be NaN
        y: Array = np.maximum(x, 0.0, out=out)
        low *= alpha
        y += low
        if slope is not None:
            np.greater(x, 0.0, out=slope)
            slope += (1.0 - slope) * alpha
        return y

    @silent  # an infinite x has no gradient
    def backward(self, error_grad: Array) -> Array:
        x, grad = self._last_call.cache[0], self.grads.alpha
        size = math.prod(x.shape[1:])
        lows = ((np.minimum(x[rows], 0.0), error_grad[rows]) for rows in blocks(x) or [slice(0)])
        total = added(sums_down(multiply(low, g, low).reshape(-1, size)) for low, g in lows)
        shared = [axis - 1 for axis in self._shared(x.ndim)]
        if shared:
            first = np.moveaxis(total.reshape(x.shape[1:]), shared, range(len(shared)))
            total = sums_down(first.reshape(-1, grad.size))
        grad[...] = total.reshape(grad.shape)
        return super().backward(error_grad)

    def _shared(self, rank: int) -> tuple[int, ...]:
        return () if self.shared_axes is None else sample_axes(self, "shared_axes", self.shared_axes, rank)
