"""What normalizations share: which axes a parameter runs along, and rows brought to one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy import add, multiply, subtract
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from ..engine.buffers import aligned_empty
from ..engine.columns import sums_down
from ..engine.rows import WIDE, Unbuffered
from ..network.views import Param, Windows
from .base import Layer
from ..network.definition import check_names
from .sample_axes import sample_axes
from ..engine.buffers import buffers


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

    @override
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

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        matrix = self._as_matrix(x)
        state = Unbuffered if matrix.shape[1] >= WIDE else np.errstate
        with state(all="ignore"):
            return self._shaped(self._normalize(matrix, training), x.shape)

    @override
    def backward(self, error_grad: Array) -> Array | None:
        matrix = self._as_matrix(error_grad)
        state = Unbuffered if matrix.shape[1] >= WIDE else np.errstate
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
