"""Sums down the columns of tall matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .._typing import Array

BLOCK = 512
"""Rows of which a sum is formed one after another; rounding grows with their number, and beyond that with its logarithm."""

_ONES: dict[int, Array] = {4: np.ones(BLOCK, np.float32), 8: np.ones(BLOCK, np.float64)}


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
    if n <= BLOCK:
        return _sums(rows, _ONES[rows.itemsize][:n] if by is None else by, out)
    whole = n - n % BLOCK
    blocks = rows[..., :whole, :].reshape(*rows.shape[:-2], -1, BLOCK, columns)
    parts = _sums(blocks, _ONES[rows.itemsize] if by is None else by[:whole].reshape(-1, BLOCK, *by.shape[1:]))
    if whole < n:
        rest = sums_down(rows[..., whole:, :], by=None if by is None else by[whole:])
        parts = np.concatenate([parts, rest[..., np.newaxis, :]], axis=-2)
    return sums_down(parts, out)


def _sums(rows: Array, by: Array, out: Array | None = None) -> Array:
    found: Array
    if by.ndim == rows.ndim:
        found = np.einsum("...ij,...ij->...j", by, rows, out=out)
    elif rows.ndim == 2:
        found = by.dot(rows, out)  # with ones, too, three times quicker than a reduction
    else:
        found = np.matmul(by[..., np.newaxis, :], rows)[..., 0, :]
    return found


def adder(rows: Array) -> Callable[[Array, Array], Any]:
    """Return a function of rows and the place for their sum that does what `sums_down` does for as many rows.

    Example:
        >>> adder(np.ones((3, 2)))(np.ones((3, 2)), np.empty(2))
        array([3., 3.])
    """
    return np.ones(len(rows), rows.dtype).dot if len(rows) <= BLOCK else sums_down


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
    if np.diff(first, append=len(rows)).max() <= BLOCK:
        sums: Array = np.add.reduceat(rows, first, axis=0)
        return sums
    begin = np.union1d(first, np.arange(0, len(rows), BLOCK))
    return sums_between(np.add.reduceat(rows, begin, axis=0), np.searchsorted(begin, first))
