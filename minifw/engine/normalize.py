"""Standardizing, `h = (x - mean) / sqrt(variance + epsilon)`: in rows of a matrix, of huge numbers, of data in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .._typing import Array
from ..arrays import batches
from .reductions import Unbuffered
from .tuning import READING, WIDE_ROW


def in_rows(function: Callable[..., Any], x: Array, axes: tuple[int, ...], *options: Any) -> Array:
    """Return what a function makes of `x` as a matrix, shaped like `x` again; `None` stays `None`. It never warns.

    Args:
        function: Takes a matrix and the options, and returns a matrix like it.
        x: Samples.
        axes: Those that make one row together; of a matrix it is the last one.
        options: What else the function takes.

    Example:
        >>> in_rows(lambda rows: rows - rows[:, :1], np.arange(4.0).reshape(1, 2, 2), (1,))
        array([[[0., 0.],
                [2., 2.]]])
    """
    if x.ndim > 2:
        last = range(-len(axes), 0)
        moved = np.moveaxis(x, axes, last)
        rows = in_rows(function, moved.reshape(-1, math.prod(moved.shape[last[0] :])), (1,), *options)
        return rows if rows is None else np.ascontiguousarray(np.moveaxis(rows.reshape(moved.shape), last, axes))
    state = Unbuffered if x.shape[1] >= WIDE_ROW else np.errstate
    with state(all="ignore"):
        return function(x, *options)  # type: ignore[no-any-return]


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
    largest = np.abs(centred).max(axis=axis)
    relative = centred / np.expand_dims(largest, axis)
    return np.where(sound, r, 1.0 / np.sqrt(np.square(relative).mean(axis=axis)) / largest)


def huge_moments(x: Array) -> tuple[Array, Array]:
    """Return the mean and the variance of columns where squares overflow, cut to what the dtype holds.

    Example:
        >>> [float(moment[0]) for moment in huge_moments(np.array([[-1.0], [3.0]]))]
        [1.0, 4.0]
    """
    limits = np.finfo(x.dtype)
    largest = np.maximum(np.abs(x).max(axis=0), limits.tiny)
    relative = x / largest
    return relative.mean(axis=0) * largest, np.minimum(relative.var(axis=0) * largest * largest, limits.max)


def moments(data: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return mean and variance over all other axes, in float64 and in bounded memory.

    The second reading takes the variance around the mean, and what rounding has left in the mean.

    Example:
        >>> [float(value) for value in moments(np.array([1.0, 3.0]), ())]
        [2.0, 1.0]
    """
    over = tuple(axis for axis in range(data.ndim) if axis not in axes)
    count = math.prod(data.shape[axis] for axis in over)
    mean: Any = sum(block.sum(axis=over, keepdims=True) for block in _blocks(data)) / count
    sums = squares = np.zeros_like(mean)
    for block in _blocks(data):
        block -= mean
        sums = sums + block.sum(axis=over, keepdims=True)
        squares = squares + np.square(block, out=block).sum(axis=over, keepdims=True)
    remainder = sums / count
    shape = [data.shape[axis] for axis in axes]
    return (mean + remainder).reshape(shape), np.maximum(squares / count - remainder * remainder, 0.0).reshape(shape)


def _blocks(data: Array) -> Iterator[Array]:
    """Yield rows of the data as float64 arrays that may be written to."""
    batch_size = max(1, READING * len(data) // data.size)
    return (data[rows].astype(np.float64) for rows in batches(len(data), batch_size))
