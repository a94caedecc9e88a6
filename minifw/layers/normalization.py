"""Normalization of each sample by its own statistics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy import add, multiply, subtract
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine.buffers import aligned_empty, buffers
from ..engine.reductions import Unbuffered, sums_down
from ..engine.tuning import WIDE_ROW
from ..errors import ShapeError
from ..network.definition import LayerOptions, check_names
from ..network.views import Param, Windows
from .base import Layer


def sample_axes(owner: object, name: str, given: Any, rank: int) -> tuple[int, ...]:
    """Return the axes that an argument means, counted from the batch axis 0, in ascending order.

    Args:
        owner: Whose argument it is.
        name: The argument.
        given: An axis, or a tuple or list of some.
        rank: How many axes the input has, the batch's among them.

    Raises:
        ShapeError: If an axis is none of a sample's, or is named twice.

    Example:
        >>> sample_axes("Softmax", "axis", (-1, 1), 3)
        (1, 2)
    """
    axes = given if isinstance(given, (tuple, list)) else (given,)
    found = sorted(axis % rank if -rank < axis < rank else 0 for axis in axes)
    if 0 in found or len(set(found)) < len(found):
        these = f"of an input of rank {rank} these are 1 to {rank - 1}, or negative, and 0 is the batch"
        raise ShapeError(
            f"{arguments.named(owner)}: {name}={given} must name axes of one sample, each once; "
            + (these if rank > 1 else "an input of rank 1 has none, since 0 is the batch"),
            expected=f"1 to {rank - 1}, or negative",
            received=given,
        )
    return tuple(found)


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
    axis: int | Sequence[int]
    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Any
    gamma_initializer: Any
    beta_regularizer: Any
    gamma_regularizer: Any
    beta_constraint: Any
    gamma_constraint: Any

    def _check(self) -> None:
        """Raise unless the arguments that are stored by now are legal."""
        arguments.axes(self, "axis", self.axis)
        arguments.number(self, "epsilon", self.epsilon, "[0, inf)")
        check_names(self)
        self._arrays((1,))  # which looks at the flags

    def build(self, input_shape: Shape) -> dict[str, Param]:
        axes = sample_axes(self, "axis", self.axis, len(input_shape) + 1)
        return self._arrays(tuple(input_shape[axis - 1] for axis in axes))

    def _arrays(self, shape: Shape) -> dict[str, Param]:
        """Return the parameters for the sizes of the axes."""
        found = {}
        if arguments.flag(self, "scale", self.scale):
            found["gamma"] = Param(shape, self.gamma_initializer, True, self.gamma_regularizer, self.gamma_constraint)
        if arguments.flag(self, "center", self.center):
            found["beta"] = Param(shape, self.beta_initializer, True, self.beta_regularizer, self.beta_constraint)
        return found

    def forward(self, x: Array, training: bool = False) -> Array:
        matrix = self._as_matrix(x)
        state = Unbuffered if matrix.shape[1] >= WIDE_ROW else np.errstate
        with state(all="ignore"):
            return self._shaped(self._normalize(matrix, training), x.shape)

    def backward(self, error_grad: Array) -> Array | None:
        matrix = self._as_matrix(error_grad)
        state = Unbuffered if matrix.shape[1] >= WIDE_ROW else np.errstate
        with state(all="ignore"):
            message = self._send_back(matrix)
        return None if message is None else self._shaped(message, error_grad.shape)

    def _normalize(self, x: Array, training: bool) -> Array:
        """Return the output for a matrix, and leave in `cache` what `_send_back` needs."""
        y = self._reserved(x)[0] if training else aligned_empty(x.shape, x.dtype)
        share = np.full(x.shape[1], 1.0 / x.shape[1], x.dtype)
        centred, mean, rest = x, None, None
        if self.centred:
            mean = x.dot(share)[:, None]
            centred = subtract(x, mean, y)
            rest = y.dot(share)[:, None]  # what rounding has left in the mean
            subtract(y, rest, y)
        r = inverse_deviation(centred, np.vecdot(centred, centred) * share[0], float(self.epsilon), 1)
        multiply(centred, r[:, None], y)
        gain, shift = flat(self.params, self.gain), flat(self.params, "beta")
        if gain is not None:
            multiply(y, gain, y)
        if shift is not None:
            add(y, shift, y)
        self.cache = x, mean, rest, r
        return y

    def _send_back(self, g: Array) -> Array | None:
        """Fill the gradients and return the message for a matrix."""
        x, mean, rest, r = self.cache
        _, work, message = self._reserved(x)
        centred = x
        if self.centred:
            centred = subtract(x, mean, work)
            subtract(work, rest, work)
        multiply(g, centred, message)
        of_gain, of_shift = flat(self.grads, self.gain), flat(self.grads, "beta")
        if of_gain is not None:
            sums_down(message, of_gain, r)
        if of_shift is not None:
            sums_down(g, of_shift)
        if not self.needs_message:
            return None
        gain = flat(self.params, self.gain)
        share = np.full(g.shape[1], 1.0 / g.shape[1], g.dtype)
        if gain is not None:
            share *= gain
        along = message.dot(share)
        along *= r
        along *= r  # and not r squared, which may underflow
        multiply(centred, along[:, None], work)
        if self.centred:
            add(work, g.dot(share)[:, None], work)
        subtract(g if gain is None else multiply(g, gain, message), work, message)
        multiply(message, r[:, None], message)
        return message

    def _reserved(self, x: Array) -> tuple[Array, ...]:
        """Return three arrays like `x` that are used again and again: the output, one to work in, the message."""
        return buffers(self, x.dtype, x.shape, x.shape, x.shape)

    def _as_matrix(self, x: Array) -> Array:
        if x.ndim == 2:
            return x
        axes = sample_axes(self, "axis", self.axis, x.ndim)
        columns = math.prod(x.shape[axis] for axis in axes)
        return np.moveaxis(x, axes, range(-len(axes), 0)).reshape(-1, columns)

    def _shaped(self, matrix: Array, shape: Shape) -> Array:
        if len(shape) == 2:
            return matrix
        axes = sample_axes(self, "axis", self.axis, len(shape))
        last = range(-len(axes), 0)
        moved = [size for axis, size in enumerate(shape) if axis not in axes] + [shape[axis] for axis in axes]
        return np.ascontiguousarray(np.moveaxis(matrix.reshape(moved), last, axes))


def inverse_deviation(centred: Array, variance: Array, epsilon: float, axis: int) -> Array:
    """Return `1 / sqrt(variance + epsilon)`, also where the squares overflow though the deviation does not.

    Args:
        centred: The matrix, without its mean.
        variance: The mean of its squares along the axis.
        epsilon: What is added, against division by 0.
        axis: 0 for the statistics of columns, 1 for those of rows.

    Example:
        >>> inverse_deviation(np.array([[-3.0, 3.0]]), np.array([9.0]), 0.0, 1).round(4)
        array([0.3333])
    """
    r: Array = 1.0 / np.sqrt(variance + epsilon)
    sound = r > 0
    if sound.all():
        return r
    most = np.abs(centred).max(axis=axis)
    relative = centred / np.expand_dims(most, axis)
    return np.where(sound, r, 1.0 / np.sqrt(np.square(relative).mean(axis=axis)) / most)


def flat(windows: Windows, name: str) -> Array | None:
    """Return a window as a vector, or `None` if the layer has none of that name."""
    window = vars(windows).get(name)
    return None if window is None else window.reshape(-1)


class LayerNormalization(Normalizer):
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

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        self._check()
        super().__init__(**options)


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
        self.axis, self.epsilon = axis, epsilon
        self._check()
        super().__init__(**options)

    def _arrays(self, shape: Shape) -> dict[str, Param]:
        return {"scale": Param(shape, "ones")}
