"""Rows: their sums, and arithmetic with one number for each."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import numpy as np

from .._typing import Array
from .tuning import TINY

SHORT = 16
"""Entries that a product adds exactly enough in whatever order its kernel adds: equal ones err by 2.3 eps at most."""

SLICED = 128
"""Entries up to which a few products are quicker than a reduction."""

WIDE = 256
"""Entries of a row from which NumPy is up to twice as quick when it does not copy a broadcast operand to its buffer."""


CHUNK = 8192
"""Entries up to which a dot product asks no other thread for help, and waits for none."""

DOUBLE = np.dtype(np.float64)

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


def row_sums(array: Array) -> Array:
    """Return the sums over the last axis.

    No processor's own order of adding counts: a product adds 16 entries at most, and more is added by `np.add.reduce`, in
    pairs of blocks. Equal terms err by less than 4 eps, any by 16 eps of the sum of their sizes, up to 1,000,000 of them.

    Example:
        >>> row_sums(np.ones((2, 3)))
        array([3., 3.])
    """
    width = array.shape[-1]
    if width == 1:
        return array[..., 0]
    if array.size >= 4096 and width <= SLICED:  # a reduction of short rows costs ten times as much as a product
        rows, ones = array.reshape(-1, width), np.ones(SHORT, array.dtype)
        parts = (rows[:, i : i + SHORT] @ ones[: width - i] for i in range(0, width, SHORT))
        return sum(parts, next(parts)).reshape(array.shape[:-1])
    even = width - width % 8  # a reduction adds eights in pairs, and what is left over one by one
    at_once = even == width or width <= 2 * SHORT
    sums: Array = np.add.reduce(array if at_once else array[..., :even], -1)
    return sums if at_once else sums + np.add.reduce(array[..., even:], -1)


def row_dots(a: Array, b: Array, products: Array | None = None) -> Array:
    """Return the sums of products over the last axis, as exact as `row_sums`; the products go where they may.

    Example:
        >>> row_dots(np.ones((2, 3)), np.ones((2, 3)))
        array([3., 3.])
    """
    return row_sums(np.multiply(a, b, products))


def total(array: Array) -> float:
    """Return the sum of all entries, as exact as `row_sums` and better.

    Equal terms err by at most 2.3 eps: blocks are as long as a reduction adds exactly enough, and `math.fsum` is exact.

    Example:
        >>> total(np.full((1000, 100), 0.5))
        50000.0
    """
    flat, sums = array.reshape(-1), []
    while flat.size > 64:
        block = 128 if flat.size >= 4096 else 32  # of 32 no equal terms err, of 128 there are fewer calls
        whole = flat.size - flat.size % block
        if whole < flat.size:
            sums.append(float(np.add.reduce(flat[whole:])))
        flat = np.add.reduce(flat[:whole].reshape(-1, block), axis=-1)
    return _exact([*flat.tolist(), *sums])


def squares(array: Array) -> float:
    """Return the sum of the squares of all entries, as exact as `total`; float32 is squared and added in float64.

    Example:
        >>> squares(np.array([[3.0, 4.0]]))
        25.0
    """
    if array.size <= TINY:
        return float(sum([e * e for e in array.ravel().tolist()]))
    if array.size > CHUNK:
        flat = array.reshape(-1)
        return _exact([squares(flat[i : i + CHUNK]) for i in range(0, flat.size, CHUNK)])
    if array.itemsize == 8:
        return float(row_sums((array * array).reshape(-1)))
    wide = array.astype(DOUBLE)  # there one dot product is exact enough in whatever order its kernel adds
    return float(np.vdot(wide, wide))


def _exact(numbers: list[float]) -> float:
    """Return the sum, rounded once."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond float64, or infinities of both signs
        return sum(numbers)
