"""The affine product: `y = x @ kernel + bias`; with `g` what comes back, `x.T @ g`, the sum of `g`, and `g @ kernel.T`.

`Dense` writes these formulas; here is which product calculates them fastest, and the arrays that take the results.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import matmul

from .._typing import Array
from .buffers import Buffers
from .reductions import adder
from .tuning import FEW_ROWS, LARGE_PRODUCT, SMALL_KERNEL

if TYPE_CHECKING:
    from ..layers.base import Layer


def as_rows(array: Array) -> Array:
    """Return every vector along the last axis as a row."""
    return array if array.ndim == 2 else array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


class Fresh:
    """The product of inference, whose result is a new array."""

    y = None

    @staticmethod
    def dot(x: Array, kernel: Array, out: Array | None = None) -> Any:
        """Return `x @ kernel`."""
        return (np.ndarray.dot if len(x) * kernel.size < LARGE_PRODUCT else matmul)(x, kernel, out)


class Affine(Buffers):
    """The products of training for batches of one shape; `y` and `message` are used again and again.

    Attributes:
        dot: `dot(a, b, out)` writes `a @ b` into `out` and returns it.
        sum_rows: `sum_rows(g, out)` does so with the sum of `g` over the rows.
        y: Takes what goes forward.
        message: Takes what goes back.
    """

    dot: Any
    sum_rows: Any
    y: Any
    message: Any

    def fit(self, x: Array, kernel: Array) -> Affine:
        """Choose the products and make the arrays for batches of another shape."""
        rows, (inputs, units) = len(x), kernel.shape
        self.dot = np.ndarray.dot if rows * kernel.size < LARGE_PRODUCT else matmul
        turns = self.dot is not matmul and rows >= FEW_ROWS and kernel.size <= SMALL_KERNEL
        shapes = (rows, units), x.shape, (units if turns else 0, inputs)
        self.y, self.message, self.turned = self.reserve(x.shape, x.dtype, *shapes).arrays
        self.sum_rows = adder(self.y)
        return self

    def transposed(self, kernel: Array) -> Array:
        """Return `kernel.T`, as a copy where that is quicker to multiply with."""
        if not len(self.turned):
            return kernel.T
        self.turned[...] = kernel.T
        return self.turned


def affine(layer: Layer, x: Array, training: bool = True) -> Any:
    """Return the products of a layer for batches shaped like `x`.

    Example:
        >>> affine(None, np.ones((1, 2)), training=False).dot(np.ones((1, 2)), np.ones((2, 3)))
        array([[2., 2., 2.]])
    """
    if not training:
        return Fresh
    held: Any = layer._buffers
    if held is None:
        held = layer._buffers = Affine()
    return held if held.key == x.shape else held.fit(x, layer.params.kernel)
