"""Pooling: the largest or the mean entry of windows that slide over a sample."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy import add, maximum, multiply
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.reductions import added, sums_down
from ..engine.tuning import BLOCK_ROWS
from ..engine.windows import Axes
from ..network.definition import LayerOptions
from .base import Layer


class Pooling(Layer, registered=False):
    """What the pooling layers share; a subclass writes `pooled` and `share`.

    They work on whole arrays, one pass for each entry of the window.
    """

    rank: int = 2
    fill: float = 0.0

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        arguments.choice(self, "padding", padding, ("valid", "same"))
        arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self._pool = windows.pair(self, "pool_size", pool_size, self.rank)
        self._strides = self._pool if strides is None else windows.pair(self, "strides", strides, self.rank)
        self.pool_size, self.strides, self.padding, self.data_format = pool_size, strides, padding, data_format
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = self._axes(input_shape)
        windows.fits(self, axes, input_shape)
        return (*(axis.out for axis in axes[2 - self.rank :]), input_shape[-1])

    def forward(self, x: Array, training: bool = False) -> Array:
        axes = self._axes(x.shape[1:])
        images = x.reshape(len(x), axes[0].size, axes[1].size, x.shape[-1])
        y, kept = self._pooled(windows.padded(images, axes, self.fill), axes)
        self.cache = x.shape, axes, kept
        return y.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward(self, error_grad: Array) -> Array:
        shape, axes, kept = self.cache
        rows, columns = axes
        g = error_grad.reshape(len(error_grad), rows.out, columns.out, shape[-1])
        whole = np.zeros((len(g), rows.padded, columns.padded, shape[-1]), g.dtype)
        overlap = rows.kernel > rows.stride or columns.kernel > columns.stride
        for k, place in enumerate(_places(whole, axes)):
            share = self._share(g, axes, kept, k)
            add(place, share, place) if overlap else np.copyto(place, share)
        return windows.middle(whole, axes).reshape(shape)

    def _pooled(self, padded: Array, axes: Axes) -> tuple[Array, Any]:
        """Return the output and what `_share` needs."""
        raise NotImplementedError

    def _share(self, g: Array, axes: Axes, kept: Any, k: int) -> Array:
        """Return the part of the error gradient that goes to entry `k` of each window."""
        raise NotImplementedError

    def _axes(self, input_shape: Shape) -> Axes:
        sizes = windows.image_shape(self, input_shape, self.rank)
        each = zip(sizes, self._pool, self._strides, strict=False)
        rows, columns = (windows.axis(n, size, stride, self.padding) for n, size, stride in each)
        return rows, columns


class MaxPooling(Pooling, registered=False):
    """The largest entry; the message goes to it, and to the first of several."""

    fill = -np.inf
    factor_text = "1 for the largest, 0 for the others"

    def _pooled(self, padded: Array, axes: Axes) -> tuple[Array, Any]:
        places = _places(padded, axes)
        y = next(places).copy()
        kind = np.min_scalar_type(axes[0].kernel * axes[1].kernel - 1)
        winner = np.zeros(y.shape, kind)
        for k, place in enumerate(places, 1):
            better = multiply(np.greater(place, y), kind.type(k))
            maximum(winner, better, out=winner)
            maximum(y, place, out=y)
        return y, winner

    def _share(self, g: Array, axes: Axes, kept: Any, k: int) -> Array:
        share: Array = multiply(g, np.equal(kept, k))
        return share


class AveragePooling(Pooling, registered=False):
    """The mean of the entries that are no padding."""

    factor_text = "1 / entries of the window"

    def _pooled(self, padded: Array, axes: Axes) -> tuple[Array, Any]:
        counts = _counts(axes, padded.dtype.type)
        total = added(_sums(_places(padded, axes)))
        return np.divide(total, counts, total), counts

    def _share(self, g: Array, axes: Axes, kept: Any, k: int) -> Array:
        share: Array = np.divide(g, kept)
        return share


def _places(padded: Array, axes: Axes) -> Iterator[Array]:
    """Yield, for each entry of the window, what lies there at all its positions."""
    for i in range(axes[0].kernel):
        for j in range(axes[1].kernel):
            yield padded[:, axes[0].at(i), axes[1].at(j)]


def _sums(places: Iterator[Array]) -> Iterator[Array]:
    """Yield the sums of some places after others, so many that rounding stays small."""
    for place in places:
        total = place.copy()
        for other in islice(places, BLOCK_ROWS - 1):
            add(total, other, total)
        yield total


def _counts(axes: Axes, kind: Any) -> Any:
    """Return how many entries of each window are no padding: `(out_h, out_w, 1)`, or one number if all have the same."""
    inside = []
    for axis in axes:
        at = np.arange(axis.out)[:, np.newaxis] * axis.stride - axis.before + np.arange(axis.kernel)
        inside.append(np.count_nonzero((at >= 0) & (at < axis.size), axis=1))
    counts = np.multiply.outer(inside[0], inside[1])[:, :, np.newaxis].astype(kind)
    return counts if counts.min() < counts.max() else kind(counts.max())


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


class GlobalAveragePooling(Layer, registered=False):
    """What both share: the mean over all axes but the samples and the channels."""

    rank: int = 2
    factor_text = "1 / entries of the channel"

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        arguments.flag(self, "keepdims", keepdims)
        self.data_format, self.keepdims = data_format, keepdims
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        channels = windows.image_shape(self, input_shape, self.rank)[2]
        return (1,) * (self.rank * self.keepdims) + (channels,)

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
