"""Pooling: each window of each channel becomes one number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy import add, maximum, multiply
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.columns import BLOCK, added
from .base import Layer
from ..network.definition import LayerOptions
from ..engine.windows import Axes


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

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        axes = self._axes(input_shape)
        windows.fits(self, axes, input_shape)
        return (*(axis.out for axis in axes[2 - self.rank :]), input_shape[-1])

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        axes = self._axes(x.shape[1:])
        images = x.reshape(len(x), axes[0].size, axes[1].size, x.shape[-1])
        y, kept = self._pooled(windows.padded(images, axes, self.fill), axes)
        self.cache = x.shape, axes, kept
        return y.reshape(len(x), *self.output_shape(x.shape[1:]))

    @override
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

    @override
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

    @override
    def _share(self, g: Array, axes: Axes, kept: Any, k: int) -> Array:
        share: Array = multiply(g, np.equal(kept, k))
        return share


class AveragePooling(Pooling, registered=False):
    """The mean of the entries that are no padding."""

    factor_text = "1 / entries of the window"

    @override
    def _pooled(self, padded: Array, axes: Axes) -> tuple[Array, Any]:
        counts = _counts(axes, padded.dtype.type)
        total = added(_sums(_places(padded, axes)))
        return np.divide(total, counts, total), counts

    @override
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
        for other in islice(places, BLOCK - 1):
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
