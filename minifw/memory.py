"""Memory for arrays that live long."""

from __future__ import annotations

import math

import numpy as np

from ._typing import Array, DType, Shape

LINE = 64
"""Bytes of a cache line: a vector unit reads an array that begins at one up to twice as fast as one that does not."""


PIECE = 262_144
"""Bytes of a piece: long enough that the calls cost nothing, short enough for a processor's own cache."""


def aligned_empty(shape: Shape, dtype: DType) -> Array:
    """Return an uninitialized C-ordered array that begins at a cache line.

    Example:
        >>> aligned_empty((3, 5), np.dtype(np.float32)).ctypes.data % 64
        0
    """
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + LINE, np.uint8)
    begin = -raw.ctypes.data % LINE
    return raw[begin : begin + size].view(dtype).reshape(shape)


def pieces(x: Array, size: int = PIECE) -> list[slice]:
    """Return slices of rows, all about as long, with at most so many bytes each or else one row.

    Example:
        >>> [(rows.start, rows.stop) for rows in pieces(np.ones((5, 100)), 1600)]
        [(0, 1), (1, 3), (3, 5)]
    """
    most = max(1, size * len(x) // max(1, x.nbytes))
    count = -(-len(x) // most)
    return [slice(i * len(x) // count, (i + 1) * len(x) // count) for i in range(count)]
