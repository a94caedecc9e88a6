"""Arrays that are used again from batch to batch, and large batches block by block."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, DType, Shape
from .tuning import BLOCK, LINE, MANY

if TYPE_CHECKING:
    from ..layers.base import Layer


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


class Buffers:
    """Arrays as long as the largest batch seen, cut to the rows of the current one.

    Whoever holds them compares `key`, such as the shape of the input, and calls `reserve` when it differs, so that an
    unchanged batch costs one comparison and a short last one allocates nothing.
    """

    key: tuple[Any, ...] | None = None
    dtype: DType | None = None
    arrays: tuple[Any, ...] = ()

    def __init__(self) -> None:
        self.whole: list[Array] = []

    def reserve(self, key: tuple[Any, ...], dtype: DType, *shapes: Shape) -> Buffers:
        """Hold one array of each shape; the first axis counts the rows."""
        self.whole += [aligned_empty(shape, dtype) for shape in shapes[len(self.whole) :]]
        for i, (whole, shape) in enumerate(zip(self.whole, shapes, strict=True)):
            if whole.dtype != dtype or whole.shape[1:] != shape[1:] or len(whole) < shape[0]:
                self.whole[i] = aligned_empty(shape, dtype)
        self.key, self.dtype = key, dtype
        self.arrays = tuple(whole[: shape[0]] for whole, shape in zip(self.whole, shapes, strict=True))
        return self


def buffers(layer: Layer, dtype: DType, *shapes: Shape) -> tuple[Any, ...]:
    """Return arrays of a layer, one of each shape; they stay the same ones while the shapes do."""
    held = layer._buffers
    if held is None or held.key != shapes or held.dtype is not dtype:
        held = layer._buffers = (held or Buffers()).reserve(shapes, dtype, *shapes)
    return held.arrays


def like(x: Array, layer: Layer, count: int) -> tuple[Any, ...]:
    """Return so many arrays of a layer, all shaped like `x`."""
    held = layer._buffers
    if held is None or held.key != x.shape or held.dtype is not x.dtype:
        held = layer._buffers = (held or Buffers()).reserve(x.shape, x.dtype, *[x.shape] * count)
    return held.arrays


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


def in_blocks(function: Callable[..., Array], out: Array, *arguments: Any) -> Array:
    """Return `function(*arguments)`, of a large batch some rows at a time; `out`, one of the arguments, takes the result."""
    if out.size <= MANY:
        return function(*arguments)
    for rows in blocks(out):
        block = out[rows]
        y = function(*(block if a is out else a[rows] if isinstance(a, np.ndarray) else a for a in arguments))
        if y is not block:
            block[...] = y
    return out
