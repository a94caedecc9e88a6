"""A large batch, block by block: what one calculation leaves in the cache the next one finds there."""

from __future__ import annotations

from collections.abc import Callable

from .._typing import Array
from .tuning import BLOCK, MANY


def blocks(x: Array, size: int = BLOCK) -> list[slice]:
    """Return slices of rows, all about as long, with at most so many bytes each or else one row.

    Example:
        >>> import numpy as np
        >>> [(rows.start, rows.stop) for rows in blocks(np.ones((5, 100)), 1600)]
        [(0, 1), (1, 3), (3, 5)]
    """
    most = max(1, size * len(x) // max(1, x.nbytes))
    count = -(-len(x) // most)
    return [slice(i * len(x) // count, (i + 1) * len(x) // count) for i in range(count)]


def in_blocks(f: Callable[..., Array], x: Array, out: Array, slope: Array | None) -> Array:
    """Return `f(x, out, slope)`, of a large batch some rows at a time."""
    if x.size <= MANY:
        return f(x, out, slope)
    for rows in blocks(x):
        y = f(x[rows], out[rows], None if slope is None else slope[rows])
        if y.base is not out:
            out[rows] = y
    return out
