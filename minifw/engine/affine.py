"""The affine product: `y = x @ kernel + bias`; with `g` what comes back, `x.T @ g`, the sum of `g`, and `g @ kernel.T`.

`Dense` writes these formulas; here is which product calculates them fastest, and the arrays that take the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import matmul

from .._typing import Array
from .buffers import Buffers
from .reductions import adder
from .tuning import FEW_ROWS, LARGE_PRODUCT, SMALL_KERNEL

if TYPE_CHECKING:
    from ..layers.base import Layer


def dot(a: Array, b: Array, out: Array | None = None) -> Any:
    """Return `a @ b`.

    Example:
        >>> dot(np.ones((1, 2)), np.ones((2, 3)))
        array([[2., 2., 2.]])
    """
    return (np.ndarray.dot if len(a) * b.size < LARGE_PRODUCT else matmul)(a, b, out)


class Inference:
    """What a layer multiplies with and adds in inference, where each result is a new array."""

    y = None
    dot = staticmethod(dot)

    def __init__(self, layer: Layer) -> None:
        self.kernel: Array = layer.params.kernel
        self.bias: Array | None = vars(layer.params).get("bias")


class Training(Buffers):
    """The same in training, and the way back; `y` and `message` are used again for every batch of one shape."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.inference = Inference(layer)
        self.kernel, self.bias = self.inference.kernel, self.inference.bias

    def fit(self, x: Array, layer: Layer) -> None:
        """Choose the products and make the arrays for batches of another shape."""
        rows, (inputs, units) = len(x), self.kernel.shape
        self.dot = np.ndarray.dot if rows * self.kernel.size < LARGE_PRODUCT else matmul
        turns = self.dot is not matmul and rows >= FEW_ROWS and self.kernel.size <= SMALL_KERNEL
        shapes = (rows, units), x.shape, (units if turns else 0, inputs)
        self.y, self.message, self.turned = self.reserve(x.shape, x.dtype, *shapes).arrays
        self.turns, self.sum_rows = turns, adder(self.y)
        self.kernel_grad, self.bias_grad = layer.grads.kernel, vars(layer.grads).get("bias")
        if self.bias is not None:
            self.bias = np.broadcast_to(layer.params.bias, self.y.shape)  # broadcasting anew costs 0.5 µs a step

    def kernel_T(self) -> Any:  # noqa: N802 (as NumPy writes it)
        """Return `kernel.T`, as a copy where that is quicker to multiply with."""
        if not self.turns:
            return self.kernel.T
        self.turned[...] = self.kernel.T
        return self.turned


def affine(layer: Layer, x: Array, training: bool = True) -> Any:
    """Return what a layer multiplies batches shaped like `x` with, what it adds, and where that goes."""
    held: Any = layer._buffers
    if held is None:
        held = layer._buffers = Training(layer)
    if not training:
        return held.inference
    if held.key != x.shape:
        held.fit(x, layer)
    return held
