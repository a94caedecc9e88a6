"""Pooling: the largest or the mean entry of windows that slide over a sample."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count, islice, repeat
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.reductions import added, sums_down
from ..engine.tuning import BLOCK_ROWS
from ..network.definition import LayerOptions
from .base import Layer


class Pooling(Layer, registered=False):
    """What the pooling layers share: they work on whole arrays, one pass for each entry of the window."""

    rank: int = 2

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.padding = arguments.choice(self, "padding", padding, ("valid", "same"))
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self._pool = windows.sizes(self, "pool_size", pool_size, self.rank)
        self._strides = self._pool if strides is None else windows.sizes(self, "strides", strides, self.rank)
        self.pool_size, self.strides = pool_size, strides
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*(axis.out for axis in self._axes(input_shape)), input_shape[-1])

    def _axes(self, input_shape: Shape) -> windows.Axes:
        return windows.axes(self, input_shape, self._pool, self._strides, self.padding)


class MaxPooling(Pooling, registered=False):
    """The largest entry; the message goes to it, and to the first of several."""

    factor_text = "1 for the largest, 0 for the others"

    def forward(self, x: Array, training: bool = False) -> Array:
        axes = self._axes(x.shape[1:])
        places = windows.places(windows.padded(x, axes, -np.inf), axes)
        y = next(places).copy()
        index = np.min_scalar_type(math.prod(self._pool) - 1).type
        winner = np.zeros(y.shape, index)
        for k, place in enumerate(places, 1):
            np.maximum(winner, (place > y) * index(k), out=winner)
            np.maximum(y, place, out=y)
        self.cache = winner, axes
        return y

    def backward(self, error_grad: Array) -> Array:
        winner, axes = self.cache
        return windows.scatter((error_grad * (winner == k) for k in count()), axes, error_grad)


class AveragePooling(Pooling, registered=False):
    """The mean of the entries that are no padding."""

    factor_text = "1 / entries of the window"

    def forward(self, x: Array, training: bool = False) -> Array:
        axes = self._axes(x.shape[1:])
        counts = windows.counts(axes, x.dtype)
        self.cache = counts, axes
        y: Array = added(_sums(windows.places(windows.padded(x, axes), axes)))
        y /= counts
        return y

    def backward(self, error_grad: Array) -> Array:
        counts, axes = self.cache
        return windows.scatter(repeat(error_grad / counts), axes, error_grad)


def _sums(places: Iterator[Array]) -> Iterator[Array]:
    """Yield the sums of some places after others, so many that rounding stays small."""
    for place in places:
        total = place.copy()
        for other in islice(places, BLOCK_ROWS - 1):
            total += other
        yield total


class MaxPooling2D(MaxPooling):
    """`y[i, j]` is the largest entry of each channel in the window there; its message goes to the first that is.

    Args:
        pool_size: Height and width of the window, or one number for both.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(size / stride)` places; padding never wins.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`, or the window does not fit into them.

    Example:
        >>> MaxPooling2D(2).output_shape((28, 28, 16))
        (14, 14, 16)
    """


class MaxPooling1D(MaxPooling):
    """`y[i]` is the largest entry of each channel in the window there; its message goes to the first that is.

    Args:
        pool_size: The length of the window.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(steps / stride)` places; padding never wins.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`, or the window does not fit into them.

    Example:
        >>> MaxPooling1D(2).output_shape((10, 4))
        (5, 4)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """`y[i, j]` is the mean of each channel in the window there; each of its entries gets the same share of the message.

    Args:
        pool_size: Height and width of the window, or one number for both.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(size / stride)` places; padding does not count.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`, or the window does not fit into them.

    Example:
        >>> AveragePooling2D(2).output_shape((28, 28, 16))
        (14, 14, 16)
    """


class AveragePooling1D(AveragePooling):
    """`y[i]` is the mean of each channel in the window there; each of its entries gets the same share of the message.

    Args:
        pool_size: The length of the window.
        strides: How far it moves; by default its own size.
        padding: `"valid"`, or `"same"` for `ceil(steps / stride)` places; padding does not count.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`, or the window does not fit into them.

    Example:
        >>> AveragePooling1D(2).output_shape((10, 4))
        (5, 4)
    """

    rank = 1


class GlobalPooling(Layer, registered=False):
    """What they share: one number for each channel, out of all places of a sample."""

    rank: int = 2

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self.keepdims = arguments.flag(self, "keepdims", keepdims)
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        windows.check_axes(self, input_shape, self.rank)
        return (1,) * (self.rank * self.keepdims) + input_shape[-1:]


class GlobalAveragePooling(GlobalPooling, registered=False):
    """The mean over all axes but the samples and the channels."""

    factor_text = "1 / entries of the channel"

    def forward(self, x: Array, training: bool = False) -> Array:
        self.cache = x.shape
        places = math.prod(x.shape[1:-1])
        means = sums_down(x.reshape(len(x), places, x.shape[-1]))
        means /= places
        return means.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, error_grad: Array) -> Array:
        shape: Any = self.cache
        share = error_grad * error_grad.dtype.type(1.0 / math.prod(shape[1:-1]))
        return np.broadcast_to(share.reshape(shape[0], *(1,) * self.rank, shape[-1]), shape).copy()


class GlobalMaxPooling(GlobalPooling, registered=False):
    """The largest entry over all axes but the samples and the channels; the message goes to the first that is."""

    factor_text = "1 for the largest, 0 for the others"

    def forward(self, x: Array, training: bool = False) -> Array:
        places = x.reshape(len(x), math.prod(x.shape[1:-1]), x.shape[-1])
        winner = places.argmax(axis=1)[:, np.newaxis]
        self.cache = winner, x.shape
        return np.take_along_axis(places, winner, axis=1).reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, error_grad: Array) -> Array:
        winner, shape = self.cache
        message = np.zeros((shape[0], math.prod(shape[1:-1]), shape[-1]), error_grad.dtype)
        np.put_along_axis(message, winner, error_grad.reshape(winner.shape), axis=1)
        return message.reshape(shape)


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel over height and width.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether height and width stay, as axes of 1.
        options: As for every layer.

    Example:
        >>> GlobalAveragePooling2D().output_shape((7, 7, 64))
        (64,)
    """


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over the steps.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether the steps stay, as an axis of 1.
        options: As for every layer.

    Example:
        >>> GlobalAveragePooling1D().output_shape((10, 64))
        (64,)
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest entry of each channel over height and width.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether height and width stay, as axes of 1.
        options: As for every layer.

    Example:
        >>> GlobalMaxPooling2D().output_shape((7, 7, 64))
        (64,)
    """


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest entry of each channel over the steps.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether the steps stay, as an axis of 1.
        options: As for every layer.

    Example:
        >>> GlobalMaxPooling1D(keepdims=True).output_shape((10, 64))
        (1, 64)
    """

    rank = 1
