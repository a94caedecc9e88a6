"""Normalization of each sample by its own statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy import add, multiply, subtract
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine.buffers import aligned_empty, like
from ..engine.normalize import in_rows, inverse_deviation
from ..engine.reductions import sums_down
from ..errors import ShapeError
from ..network.definition import LayerOptions, check_names, declared
from ..network.views import Param, Views
from .base import Layer


def sample_axes(owner: object, name: str, value: Any, rank: int) -> tuple[int, ...]:
    """Return the axes that an argument means, counted from the batch axis 0, in ascending order.

    Args:
        owner: Whose argument it is.
        name: The argument.
        value: An axis, or a tuple or list of some.
        rank: How many axes the input has, the batch's among them.

    Raises:
        ShapeError: If an axis is none of a sample's, or is named twice.

    Example:
        >>> sample_axes("Softmax", "axis", (-1, 1), 3)
        (1, 2)
    """
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    axes = sorted(axis % rank if -rank < axis < rank else 0 for axis in numbers)
    if 0 in axes or len(set(axes)) < len(axes):
        expected = f"1 to {rank - 1}, or negative"
        legal = f"of an input of rank {rank} these are {expected}, and 0 is the batch"
        if rank == 1:
            legal = "an input of rank 1 has none, since 0 is the batch"
        text = f"{arguments.named(owner)}: {name}={value} must name axes of one sample, each once; {legal}"
        raise ShapeError(text, expected=expected, received=value)
    return tuple(axes)


class Normalizer(Layer, registered=False):
    """`y = gamma * h + beta` with `h = (x - mean) * r` and `r = 1 / sqrt(variance + epsilon)`, statistics over `axis`.

    With `g = error_grad * gamma` goes back `r * (g - mean(g) - h * mean(g * h))`; `gamma` gets the sum of
    `error_grad * h` over all other axes, `beta` that of `error_grad`.

    The input is seen as a matrix with one column for each entry of `gamma`. A subclass whose statistics do not run
    along the rows of that matrix writes `_normalize` and `_send_back` anew.

    Attributes:
        gain: What the factor is called among the parameters.
        centred: Whether the mean is subtracted; without it the variance is the mean square.
    """

    gain: ClassVar[str] = "gamma"
    centred: ClassVar[bool] = True

    def __init__(self, axis: int | Sequence[int], epsilon: float, **options: Unpack[LayerOptions]) -> None:
        self.axis = arguments.axes(self, "axis", axis)
        self.epsilon = arguments.number(self, "epsilon", epsilon, "[0, inf)")
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        axes = sample_axes(self, "axis", self.axis, len(input_shape) + 1)
        return self._arrays(tuple(input_shape[axis - 1] for axis in axes))

    def _arrays(self, shape: Shape) -> dict[str, Param]:
        """Return the parameters for the sizes of the axes."""
        return {self.gain: Param(shape, "ones")}

    def forward(self, x: Array, training: bool = False) -> Array:
        return in_rows(self._normalize, x, self._axes(x.ndim), training)

    def backward(self, error_grad: Array) -> Array | None:
        return in_rows(self._send_back, error_grad, self._axes(error_grad.ndim))

    def _normalize(self, x: Array, training: bool) -> Array:
        """Return the output for a matrix, and leave in `cache` what `_send_back` needs."""
        y = like(x, self, 3)[0] if training else aligned_empty(x.shape, x.dtype)
        share = np.full(x.shape[1], 1.0 / x.shape[1], x.dtype)
        centred, means = x, []
        for _ in range(2 * self.centred):  # the second time what rounding has left in the mean
            means.append(centred.dot(share)[:, None])
            centred = subtract(centred, means[-1], y)
        variance = np.vecdot(centred, centred) * share[0]
        r = inverse_deviation(centred, variance, float(self.epsilon), 1)  # 1 / sqrt(variance + epsilon)
        multiply(centred, r[:, None], y)
        gamma, beta = vector(self.params, self.gain), vector(self.params, "beta")
        if gamma is not None:
            multiply(y, gamma, y)
        if beta is not None:
            add(y, beta, y)
        self.cache = x, means, r
        return y

    def _send_back(self, g: Array) -> Array | None:
        """Fill the gradients and return the message for a matrix."""
        x, means, r = self.cache
        _, work, message = like(x, self, 3)
        centred = x
        for mean in means:
            centred = subtract(centred, mean, work)
        multiply(g, centred, message)
        gamma_grad, beta_grad = vector(self.grads, self.gain), vector(self.grads, "beta")
        if gamma_grad is not None:
            sums_down(message, gamma_grad, by=r)
        if beta_grad is not None:
            sums_down(g, beta_grad)
        if not self.needs_message:
            return None
        gamma = vector(self.params, self.gain)
        share = np.full(g.shape[1], 1.0 / g.shape[1], g.dtype)
        if gamma is not None:
            share *= gamma
        # goes back r * (g * gamma - mean(g * gamma) - h * mean(g * gamma * h)), where h = centred * r
        along = message.dot(share)
        along *= r
        along *= r  # and not r squared, which may underflow
        multiply(centred, along[:, None], work)
        if self.centred:
            add(work, g.dot(share)[:, None], work)
        subtract(g if gamma is None else multiply(g, gamma, message), work, message)
        return multiply(message, r[:, None], message)  # type: ignore[no-any-return]

    def _axes(self, rank: int) -> tuple[int, ...]:
        return (1,) if rank == 2 else sample_axes(self, "axis", self.axis, rank)


def vector(views: Views, name: str) -> Array | None:
    """Return a view as a vector, or `None` if the layer has none of that name."""
    view = vars(views).get(name)
    return None if view is None else view.reshape(-1)


class AffineNormalizer(Normalizer, registered=False):
    """What normalizes with `gamma` and `beta`."""

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", beta_regularizer: Any = None,
        gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.center = arguments.flag(self, "center", center)
        self.scale = arguments.flag(self, "scale", scale)
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        check_names(self)
        super().__init__(axis, epsilon, **options)

    def _arrays(self, shape: Shape) -> dict[str, Param]:
        return {name: declared(self, name, shape) for name in ["gamma"] * self.scale + ["beta"] * self.center}


class LayerNormalization(AffineNormalizer):
    """`y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, mean and variance of each sample over `axis`.

    The variance is the mean square deviation (divided by the number of values). `gamma` and `beta` have one entry for
    each place on `axis`, so two axes of sizes 4 and 5 make them `(4, 5)`. PyTorch's `epsilon` is 1e-5.

    Args:
        axis: The axis or axes that are normalized over; any but the batch axis, 0.
        epsilon: Added to the variance. With 0 a sample of equal values has no limit and becomes NaN.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: Where `beta` starts.
        gamma_initializer: Where `gamma` starts.
        beta_regularizer: A penalty on `beta`.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: A condition on `beta`.
        gamma_constraint: A condition on `gamma`.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If `epsilon` is negative, `axis` is empty, or a name is unknown.

    Source:
        Ba, Kiros and Hinton, Layer normalization (2016).

    Example:
        >>> import numpy as np
        >>> LayerNormalization(epsilon=0)(np.array([[1.0, 3.0]]))
        array([[-1.,  1.]])
    """

    factor_text = "r (gamma g - mean(gamma g) - ẑ mean(gamma g ẑ)), r = 1 / √(var(z) + {self.epsilon:g})"


class RMSNormalization(Normalizer):
    """`y = scale * x / sqrt(mean(x**2) + epsilon)`, the mean of each sample over `axis`.

    Args:
        axis: The axis or axes that are normalized over; any but the batch axis, 0. `scale` has their sizes, and
            starts with ones.
        epsilon: Added to the mean square. With 0 a sample of zeros has no limit and becomes NaN.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If `epsilon` is negative, or `axis` is empty.

    Source:
        Zhang and Sennrich, Root mean square layer normalization (2019).

    Example:
        >>> import numpy as np
        >>> RMSNormalization(epsilon=0)(np.array([[3.0, -3.0]]))
        array([[ 1., -1.]])
    """

    factor_text = "r (scale g - ẑ mean(scale g ẑ)), r = 1 / √(mean(z²) + {self.epsilon:g})"
    gain = "scale"
    centred = False

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **options: Unpack[LayerOptions]) -> None:
        super().__init__(axis, epsilon, **options)
