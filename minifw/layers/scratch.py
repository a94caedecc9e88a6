"""Arrays that a layer reuses from batch to batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._typing import Array, DType, Shape
from ..memory import aligned_empty

if TYPE_CHECKING:
    from .base import Layer

MANY = 131_072
"""Entries up to which pieces gain nothing."""


class Scratch:
    """Arrays as long as the largest batch seen, cut to the rows of the current one.

    A layer compares `key`, such as the shape of its input, and calls `reserve` when they differ, so that an unchanged
    batch costs one comparison and a short last one allocates nothing.
    """

    __slots__ = "_whole", "arrays", "dtype", "key"

    def __init__(self) -> None:
        self.key: tuple[Any, ...] | None = None
        self.dtype: DType | None = None
        self.arrays: tuple[Any, ...] = ()
        self._whole: list[Array] = []

    def reserve(self, key: tuple[Any, ...], dtype: DType, *shapes: Shape) -> Scratch:
        """Hold one array of each shape; the first axis counts the rows."""
        for i, shape in enumerate(shapes):
            if i == len(self._whole):
                self._whole.append(aligned_empty(shape, dtype))
            whole = self._whole[i]
            if whole.dtype != dtype or whole.shape[1:] != shape[1:] or len(whole) < shape[0]:
                self._whole[i] = aligned_empty(shape, dtype)
        self.key, self.dtype = key, dtype
        self.arrays = tuple(whole[: shape[0]] for whole, shape in zip(self._whole, shapes, strict=True))
        return self


def room(layer: Layer, dtype: DType, *shapes: Shape) -> tuple[Any, ...]:
    """Return scratch arrays of a layer; they stay the same ones while the shapes do."""
    scratch = layer._scratch
    if scratch is None or scratch.key != shapes or scratch.dtype is not dtype:
        scratch = layer._scratch = (scratch or Scratch()).reserve(shapes, dtype, *shapes)
    return scratch.arrays
