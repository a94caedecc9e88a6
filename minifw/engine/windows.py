"""Views that slide over the middle axes of `(n, h, w, c)` arrays, as views; one-dimensional layers have h = 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import arguments
from .._typing import Array, Shape
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

    @property
    def padded(self) -> int:
        """Entries with the padding; what no window reaches counts too."""
        return self.before + self.size + self.after

    def at(self, offset: int) -> slice:
        """Return the padded entries that lie at one place of the window, for all its positions."""
        begin = offset * self.dilation
        return slice(begin, begin + (self.out - 1) * self.stride + 1, self.stride)


Axes = tuple[Axis, Axis]


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


def pair(owner: object, name: str, value: Any, rank: int) -> tuple[int, int]:
    """Return an integer or a sequence of `rank` of them as two numbers; one-dimensional ones get a 1 in front."""
    sizes = (value,) * rank if not isinstance(value, (tuple, list)) else tuple(value)
    if len(sizes) != rank:
        raise ArgumentValueError(f"{arguments.named(owner)}: {name} must be an integer or {rank} of them, got {value!r}")
    for size in sizes:
        arguments.integer(owner, name, size)
    first, second = (1,) * (2 - rank) + tuple(int(size) for size in sizes)
    return first, second


def image_shape(owner: object, input_shape: Shape, rank: int) -> tuple[int, int, int]:
    """Return the shape of a sample as `(h, w, c)`, or raise if it has other axes."""
    wanted = "(steps, channels)" if rank == 1 else "(height, width, channels)"
    if len(input_shape) != rank + 1:
        raise ShapeError(
            f"{arguments.named(owner)}: wants samples of shape {wanted}, got {input_shape}; put Reshape before it",
            expected=wanted,
            received=input_shape,
        )
    h, w, c = (1,) * (2 - rank) + tuple(input_shape)
    return h, w, c


def fits(owner: object, axes: Axes, input_shape: Shape) -> None:
    """Raise if a window has no place at all."""
    if min(each.out for each in axes) < 1:
        spans = tuple((each.kernel - 1) * each.dilation + 1 for each in axes)[-(len(input_shape) - 1) :]
        raise ShapeError(
            f"{arguments.named(owner)}: a window of {spans} does not fit into samples of {input_shape}; "
            'make it smaller, or use padding="same"',
            expected=spans,
            received=input_shape,
        )


def padded(x: Array, axes: Axes, fill: float = 0.0) -> Array:
    """Return `x` with its padding, as a copy; `x` itself where there is none."""
    rows, columns = axes
    if not any((rows.before, rows.after, columns.before, columns.after)):
        return x
    shape = (len(x), rows.padded, columns.padded, *x.shape[3:])
    found = np.full(shape, fill, x.dtype) if fill else np.zeros(shape, x.dtype)
    middle(found, axes)[...] = x
    return found


def middle(array: Array, axes: Axes) -> Array:
    """Return the part of a padded array that is no padding."""
    rows, columns = axes
    return array[:, rows.before : rows.before + rows.size, columns.before : columns.before + columns.size]


def windows(array: Array, axes: Axes) -> Array:
    """Return the windows of a padded array as a view, `(n, out_h, out_w, kernel_h, kernel_w, ...)`.

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


def scatter(parts: Array, axes: Axes, into: Array) -> None:
    """Add the entries of windows to where they lie in a padded array: the transpose of `windows`."""
    rows, columns = axes
    for i in range(rows.kernel):
        for j in range(columns.kernel):
            place = into[:, rows.at(i), columns.at(j)]
            np.add(place, parts[:, :, :, i, j], place)


def blocks(n: int, axes: Axes, entries: int, limit: int) -> Iterator[tuple[slice, slice]]:
    """Yield samples and rows of places so that no block has more windows than a limit of entries allows.

    Args:
        n: The number of samples.
        axes: How the windows slide.
        entries: Entries of one window.
        limit: Entries of a block; one row of one sample is the least.
    """
    row = axes[1].out * entries
    places = axes[0].out
    samples, some = max(1, limit // (row * places)), max(1, limit // row)
    for begin in range(0, n, samples):
        for first in range(0, places, min(some, places)):
            yield slice(begin, min(begin + samples, n)), slice(first, min(first + some, places))
