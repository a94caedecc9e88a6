"""Sums of rows and down columns, as exact as their length allows on every processor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import numpy as np

from .._typing import Array
from .tuning import BLOCK_ROWS, FEW_ENTRIES, ONE_THREAD, SHORT_SUM, SLICED_ROW, TINY, WIDE_ROW

_AS_EVER = nullcontext()


class Unbuffered(np.errstate):
    """An error state in which NumPy's buffer is too small for a row; the size ends with the block, too."""

    def __enter__(self) -> None:
        super().__enter__()
        np.setbufsize(16)


def with_column(function: Any, rows: Array, column: Array, out: Array | None) -> Any:
    """Return `function(rows, column)` with one entry of the column for each row.

    Example:
        >>> with_column(np.subtract, np.ones((2, 2)), np.array([[1.0], [3.0]]), None)
        array([[ 0.,  0.],
               [-2., -2.]])
    """
    with Unbuffered() if rows.shape[-1] >= WIDE_ROW else _AS_EVER:
        return function(rows, column, out)


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
    if array.size >= FEW_ENTRIES and width <= SLICED_ROW:  # a reduction of short rows costs ten times as much as a product
        rows, ones = array.reshape(-1, width), np.ones(SHORT_SUM, array.dtype)
        parts = (rows[:, i : i + SHORT_SUM] @ ones[: width - i] for i in range(0, width, SHORT_SUM))
        return sum(parts, next(parts)).reshape(array.shape[:-1])
    even = width - width % 8  # a reduction adds eights in pairs, and what is left over one by one
    at_once = even == width or width <= 2 * SHORT_SUM
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
        block = 128 if flat.size >= FEW_ENTRIES else 32  # of 32 no equal terms err, of 128 there are fewer calls
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
    if array.size > ONE_THREAD:
        flat = array.reshape(-1)
        return _exact([squares(flat[i : i + ONE_THREAD]) for i in range(0, flat.size, ONE_THREAD)])
    if array.itemsize == 8:
        return float(row_sums((array * array).reshape(-1)))
    wide = array.astype(np.float64)  # there one dot product is exact enough in whatever order its kernel adds
    return float(np.vdot(wide, wide))


def _exact(numbers: list[float]) -> float:
    """Return the sum, rounded once."""
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond float64, or infinities of both signs
        return sum(numbers)


_ONES: dict[int, Array] = {4: np.ones(BLOCK_ROWS, np.float32), 8: np.ones(BLOCK_ROWS, np.float64)}


def sums_down(rows: Array, out: Array | None = None, by: Array | None = None) -> Array:
    """Return the sum of each column, block by block, then of the blocks' sums likewise.

    Args:
        rows: float32 or float64, `(n, columns)`; without `by` there may be several such matrices, `(..., n, columns)`.
        out: Where the result goes.
        by: What the rows are multiplied by before: one number a row, or one an entry.

    Example:
        >>> sums_down(np.ones((3, 2)), by=np.array([1.0, 2.0, 3.0]))
        array([6., 6.])
    """
    n, columns = rows.shape[-2:]
    if n <= BLOCK_ROWS:
        return _sums(rows, _ONES[rows.itemsize][:n] if by is None else by, out)  # type: ignore[no-any-return]
    whole = n - n % BLOCK_ROWS
    blocks = rows[..., :whole, :].reshape(*rows.shape[:-2], -1, BLOCK_ROWS, columns)
    parts = _sums(blocks, _ONES[rows.itemsize] if by is None else by[:whole].reshape(-1, BLOCK_ROWS, *by.shape[1:]))
    if whole < n:
        rest = sums_down(rows[..., whole:, :], by=None if by is None else by[whole:])
        parts = np.concatenate([parts, rest[..., np.newaxis, :]], axis=-2)
    return sums_down(parts, out)


def _sums(rows: Array, by: Array, out: Array | None = None) -> Any:
    if by.ndim == rows.ndim:
        return np.einsum("...ij,...ij->...j", by, rows, out=out)
    if rows.ndim == 2:
        return by.dot(rows, out)  # with ones, too, three times quicker than a reduction
    return np.matmul(by[..., np.newaxis, :], rows)[..., 0, :]


def adder(rows: Array) -> Callable[[Array, Array], Any]:
    """Return a function of rows and the place for their sum that does what `sums_down` does for as many rows.

    Example:
        >>> adder(np.ones((3, 2)))(np.ones((3, 2)), np.empty(2))
        array([3., 3.])
    """
    return np.ones(len(rows), rows.dtype).dot if len(rows) <= BLOCK_ROWS else sums_down


def added(parts: Iterable[Any]) -> Any:
    """Return the sum of arrays of one shape, pair by pair: of few terms each entry, and with few of them in memory.

    Example:
        >>> added(np.full(2, n) for n in range(5))
        array([10, 10])
    """
    waiting: list[Any] = []
    for i, part in enumerate(parts, 1):
        out = None  # what came is left alone, what was formed here is not
        while not i & 1:
            part = out = np.add(waiting.pop(), part, out)
            i >>= 1
        waiting.append(part)
    total = waiting.pop()
    while waiting:
        total = np.add(waiting.pop(), total)
    return total


def sums_between(rows: Array, first: Array) -> Array:
    """Return the sums of the rows from each of `first` up to the next, block by block like `sums_down`.

    Example:
        >>> sums_between(np.ones((5, 2)), np.array([0, 2]))
        array([[2., 2.],
               [3., 3.]])
    """
    if np.diff(first, append=len(rows)).max() <= BLOCK_ROWS:
        return np.add.reduceat(rows, first, axis=0)
    begin = np.union1d(first, np.arange(0, len(rows), BLOCK_ROWS))
    return sums_between(np.add.reduceat(rows, begin, axis=0), np.searchsorted(begin, first))
