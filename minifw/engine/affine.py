"""The affine product and its gradients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import add, matmul

from .._typing import Array
from .buffers import Buffers
from .reductions import adder
from .tuning import FEW_ROWS, LARGE_PRODUCT, SMALL_KERNEL

if TYPE_CHECKING:
    from ..layers.base import Layer


def affine(x: Array, kernel: Array, bias: Array | None) -> Array:
    """Return `x @ kernel + bias` as a new array.

    Args:
        x: Samples as rows.
        kernel: `(inputs, units)`.
        bias: `(units,)`, or `None`.

    Example:
        >>> affine(np.ones((1, 2)), np.ones((2, 3)), np.arange(3.0))
        array([[2., 3., 4.]])
    """
    if x.ndim > 2:
        return affine(rows(x), kernel, bias).reshape(*x.shape[:-1], kernel.shape[1])
    y: Array = _product(x, kernel)(x, kernel)
    return y if bias is None else add(y, bias, y)


def rows(array: Array) -> Array:
    """Return every vector along the last axis as a row."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _product(x: Array, kernel: Array) -> Any:
    return np.ndarray.dot if len(x) * kernel.size < LARGE_PRODUCT else matmul


class Affine(Buffers):
    """`y = x @ kernel + bias` and its gradients for batches of one shape, into arrays that are used again and again."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        params, grads = vars(layer.params), vars(layer.grads)
        self.bias_grad: Any = grads.get("bias")
        self.kernel, self.bias = params["kernel"], params.get("bias")
        self.kernel_grad = grads["kernel"]
        self.kernel_T = self.kernel.T

    def fit(self, x: Array) -> None:
        """Make the arrays for batches of another shape."""
        rows, (inputs, units) = len(x), self.kernel.shape
        self.product = _product(x, self.kernel)
        turns = self.product is not matmul and rows >= FEW_ROWS and self.kernel.size <= SMALL_KERNEL
        shapes = (rows, units), x.shape, (units if turns else 0, inputs)
        self.y, self.message, self.turned = self.reserve(x.shape, x.dtype, *shapes).arrays
        self.turns = turns
        if self.bias is not None:
            self.sum_rows = adder(self.y)
            self.bias_rows = np.broadcast_to(self.bias, self.y.shape)  # broadcasting anew costs 0.5 µs a step

    def forward(self, x: Array) -> Array:
        """Return `x @ kernel + bias`."""
        y: Array = self.y
        self.product(x, self.kernel, y)
        return y if self.bias is None else add(y, self.bias_rows, y)

    def gradients(self, x: Array, error_grad: Array) -> None:
        """Give the kernel `x.T @ g` and the bias the sum of `g` over the rows."""
        self.product(x.T, error_grad, self.kernel_grad)
        if self.bias is not None:
            self.sum_rows(error_grad, self.bias_grad)

    def backward(self, error_grad: Array) -> Array:
        """Return `g @ kernel.T`."""
        back = self.kernel_T
        if self.turns:
            self.turned[...] = back
            back = self.turned
        message: Array = self.product(error_grad, back, self.message)
        return message


class AffineOfRows(Affine):
    """The same for samples of more axes: every vector along the last one is a row."""

    def fit(self, x: Array) -> None:
        super().fit(rows(x))
        self.key = x.shape

    def forward(self, x: Array) -> Array:
        return super().forward(rows(x)).reshape(*x.shape[:-1], self.kernel.shape[1])

    def gradients(self, x: Array, error_grad: Array) -> None:
        super().gradients(rows(x), rows(error_grad))

    def backward(self, error_grad: Array) -> Array:
        return super().backward(rows(error_grad)).reshape(self.key)


def affine_of(layer: Layer, x: Array) -> Affine:
    """Return the affine product of a layer for batches shaped like `x`."""
    product: Any = layer._buffers
    if product is None:
        product = layer._buffers = Affine(layer) if x.ndim == 2 else AffineOfRows(layer)
    if product.key != x.shape:
        product.fit(x)
    found: Affine = product
    return found
