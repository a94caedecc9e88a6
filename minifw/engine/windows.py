"""Windows that slide over the middle axes of `(n, steps, c)` and `(n, h, w, c)` arrays.

Entry `a` of window `i` is entry `i * stride + a * dilation` of the axis, its padding counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import arguments
from .._typing import Array, DType, Shape
from ..arrays import batches
from ..errors import ArgumentValueError, ShapeError


class Axis(NamedTuple):
    """How a window slides along one axis.

    Attributes:
        size: Entries of the input.
        kernel: Entries of the window.
        stride: How far it moves.
        dilation: How far apart its entries lie.
        before: Entries of padding in front.
        after: Entries of padding behind.
        out: How many places it has.
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    out: int

    def at(self, offset: int) -> slice:
        """Return the padded entries that lie at one place of the window, for all its positions."""
        begin = offset * self.dilation
        return slice(begin, begin + (self.out - 1) * self.stride + 1, self.stride)

    def turned(self) -> Axis:
        """Return how the window, turned around, slides over what came out: with stride 1, back to where it came from."""
        reach = (self.kernel - 1) * self.dilation
        return self._replace(size=self.out, out=self.size, before=reach - self.before, after=reach - self.after)


Axes = tuple[Axis, ...]


def axis(size: int, kernel: int, stride: int, padding: str, dilation: int = 1) -> Axis:
    """Return how a window slides, with Keras' padding.

    `"valid"` pads nothing; `"same"` so much that there are `ceil(size / stride)` places, the odd entry behind;
    `"causal"` only in front, so that no place sees what comes after it.

    Example:
        >>> axis(5, 2, 2, "same").out
        3
    """
    reach = (kernel - 1) * dilation
    before = after = 0
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + reach + 1 - size, 0)
        before, after = total // 2, total - total // 2
    elif padding == "causal":
        before = reach
    return Axis(size, kernel, stride, dilation, before, after, (before + size + after - reach - 1) // stride + 1)


def sizes(owner: object, name: str, value: Any, rank: int, interval: str = "[1, inf)") -> tuple[int, ...]:
    """Return an integer or a sequence of `rank` of them as so many numbers."""
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
    if len(numbers) != rank:
        raise ArgumentValueError(f"{arguments.named(owner)}: {name} must be an integer or {rank} of them, got {value!r}")
    return tuple(arguments.integer(owner, name, number, interval) for number in numbers)


def check_axes(owner: object, input_shape: Shape, rank: int) -> None:
    """Raise unless a sample has so many axes and channels."""
    expected = "(steps, channels)" if rank == 1 else "(height, width, channels)"
    if len(input_shape) != rank + 1:
        text = f"{arguments.named(owner)}: wants samples of shape {expected}, got {input_shape}; put Reshape before it"
        text += f": Reshape({(*input_shape, 1)})" if len(input_shape) == rank else ""
        raise ShapeError(text, expected=expected, received=input_shape)


def axes(owner: object, input_shape: Shape, kernel: Shape, strides: Shape, padding: str, dilation: Shape = (1, 1)) -> Axes:
    """Return how a window slides over a sample, or raise if that has other axes or no place for it."""
    check_axes(owner, input_shape, len(kernel))
    sliding = zip(input_shape, kernel, strides, dilation, strict=False)
    along = tuple(axis(size, length, stride, padding, spacing) for size, length, stride, spacing in sliding)
    if min(axis.out for axis in along) < 1:
        spans = tuple((axis.kernel - 1) * axis.dilation + 1 for axis in along)
        text = f"{arguments.named(owner)}: a window of {spans} does not fit into samples of {input_shape}"
        raise ShapeError(f'{text}; make it smaller, or use padding="same"', expected=spans, received=input_shape)
    return along


def zeros(like: Array, axes: Axes) -> Array:
    """Return zeros shaped like an array with its padding; what no window reaches is there too."""
    padded = (axis.before + axis.size + axis.after for axis in axes)
    return np.zeros((len(like), *padded, *like.shape[len(axes) + 1 :]), like.dtype)


def padded(x: Array, axes: Axes, fill: float = 0.0) -> Array:
    """Return `x` with its padding, as a copy; `x` itself where there is none."""
    if not any(axis.before or axis.after for axis in axes):
        return x
    array = zeros(x, axes)
    if fill:
        array[...] = fill
    middle(array, axes)[...] = x
    return array


def middle(array: Array, axes: Axes) -> Array:
    """Return the part of a padded array that is no padding."""
    return array[(slice(None), *(slice(axis.before, axis.before + axis.size) for axis in axes))]


def windows(array: Array, axes: Axes) -> Array:
    """Return the windows of a padded array with two middle axes as a view, `(n, out_h, out_w, kernel_h, kernel_w, ...)`.

    Example:
        >>> image = np.arange(6.0).reshape(1, 1, 6, 1)
        >>> windows(image, (axis(1, 1, 1, "valid"), axis(6, 2, 2, "valid")))[0, 0, :, 0, :, 0]
        array([[0., 1.],
               [2., 3.],
               [4., 5.]])
    """
    rows, columns = axes
    n, h, w, *rest = array.strides
    shape = (len(array), rows.out, columns.out, rows.kernel, columns.kernel, *array.shape[3:])
    strides = (n, h * rows.stride, w * columns.stride, h * rows.dilation, w * columns.dilation, *rest)
    return as_strided(array, shape, strides)


def places(array: Array, axes: Axes) -> Iterator[Array]:
    """Yield, for each entry of the window, what lies there at all its positions."""
    for offsets in product(*(range(axis.kernel) for axis in axes)):
        yield array[(slice(None), *map(Axis.at, axes, offsets))]


def counts(axes: Axes, dtype: DType) -> Any:
    """Return how many entries of each window are no padding: `(1, out_h, out_w, 1)`, or one number if all have the same."""
    ones = np.ones((1, *(axis.size for axis in axes), 1), dtype)
    numbers: Any = sum(places(padded(ones, axes), axes))
    return numbers if numbers.min() < numbers.max() else numbers.max()


def scatter(shares: Iterable[Array], axes: Axes, like: Array, first: int = 0) -> Array:
    """Return what each entry of the windows gets, added up where it lies: the transpose of `places`.

    Args:
        shares: For each entry of the window what it gets, at all positions.
        axes: How the windows slide.
        like: An array with as many samples and channels.
        first: The row of places where the shares begin, if they are not for all.
    """
    whole = zeros(like, axes)
    overlap = any(axis.kernel > axis.stride for axis in axes)
    for place, share in zip(places(whole[:, first * axes[0].stride :], axes), shares, strict=False):
        np.add(place, share, place) if overlap else np.copyto(place, share)
    return middle(whole, axes)


def blocks(n: int, axes: Axes, entries: int, limit: int) -> Iterator[tuple[slice, slice]]:
    """Yield samples and rows of places so that no block has more windows than a limit of entries allows.

    Args:
        n: The number of samples.
        axes: How the windows slide.
        entries: Entries of one window.
        limit: Entries of a block; one row of one sample is the least.
    """
    row, height = axes[1].out * entries, axes[0].out
    for samples in batches(n, max(1, limit // (row * height))):
        for rows in batches(height, max(1, limit // row)):
            yield samples, rows
