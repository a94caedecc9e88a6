"""Rows: their sums, and arithmetic with one number for each."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from .._typing import Array
from ..engine.tuning import DOT, TINY

SHORT = 32
"""Entries up to which a row of a matrix product adds exactly enough."""

WIDE = 256
"""Entries of a row from which NumPy is up to twice as quick when it does not copy a broadcast operand to its buffer."""

_AS_EVER = nullcontext()


class Unbuffered(np.errstate):
    """An error state in which NumPy's buffer is too small for a row; the size ends with the block, too."""

    def __enter__(self) -> None:
        super().__enter__()
        np.setbufsize(16)


def with_column(function: Any, rows: Array, column: Array, out: Array | None) -> Array:
    """Return `function(rows, column)` with one entry of the column for each row.

    Example:
        >>> with_column(np.subtract, np.ones((2, 2)), np.array([[1.0], [3.0]]), None)
        array([[ 0.,  0.],
               [-2., -2.]])
    """
    with Unbuffered() if rows.shape[-1] >= WIDE else _AS_EVER:
        found: Array = function(rows, column, out)
    return found


def column_sums(rows: Array) -> Array:
    """Return the sums over the last axis, as a column; other rows have no part in how one is added.

    Example:
        >>> column_sums(np.ones((2, 3)))
        array([[3.],
               [3.]])
    """
    width = rows.shape[-1]
    if WIDE <= width <= DOT:
        sums: Array = np.vecdot(rows, np.ones(width, rows.dtype))[..., np.newaxis]
    else:
        sums = np.add.reduce(rows, -1, keepdims=True)
    return sums


def column_dots(a: Array, b: Array) -> Array:
    """Return the sums of products over the last axis, as a column.

    Example:
        >>> column_dots(np.ones((2, 3)), np.ones((2, 3)))
        array([[3.],
               [3.]])
    """
    if WIDE <= a.shape[-1] <= DOT:
        dots: Array = np.vecdot(a, b)[..., np.newaxis]
    else:
        dots = np.add.reduce(a * b, -1, keepdims=True)
    return dots


def row_sums(array: Array) -> Array:
    """Return the sums over the last axis.

    Example:
        >>> row_sums(np.ones((2, 3)))
        array([3., 3.])
    """
    width = array.shape[-1]
    if width == 1:
        return array[..., 0]
    if array.size < 4096 or width > DOT:
        sums: Array = np.add.reduce(array, axis=-1)
        return sums
    ones = np.ones(width, array.dtype)  # a reduction of short rows costs ten times as much as a product
    return array @ ones if width <= SHORT else np.vecdot(array, ones)


def row_dots(a: Array, b: Array) -> Array:
    """Return the sums of products over the last axis.

    Example:
        >>> row_dots(np.ones((2, 3)), np.ones((2, 3)))
        array([3., 3.])
    """
    return row_sums(a * b) if a.shape[-1] > DOT else np.vecdot(a, b)


def sum_of_squares(array: Array) -> float:
    """Return the sum of all squares: of so many at a time as one dot product adds exactly enough.

    Example:
        >>> sum_of_squares(np.array([[1.0, 2.0]]))
        5.0
    """
    if array.size <= TINY:
        return float(sum([e * e for e in array.ravel().tolist()]))
    if array.size <= DOT:
        return float(np.vdot(array, array))  # not `dot`, which warns of what overflows
    flat = array.reshape(-1)
    return sum([float(np.vdot(part, part)) for part in (flat[i : i + DOT] for i in range(0, flat.size, DOT))])
