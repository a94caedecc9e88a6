"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy import add, matmul
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..config import resolve
from ..errors import ShapeError
from ..packing import Param
from .base import Layer
from .definition import LayerOptions
from .scratch import Scratch

SMALL = 8_192
"""Entries of a kernel up to which a product with its transpose is slower than copying it first."""

LARGE = 262_144
"""Multiplications from which `matmul` is quicker than `dot`, which clears its result before it writes there."""


class Dense(Layer):
    """`y = x @ kernel + bias`, then the activation.

    With `g` the error gradient that arrives behind the activation: `kernel` gets `x.T @ g`, `bias` the sum of `g`
    over the rows, and `g @ kernel.T` goes back.

    Args:
        units: The number of outputs.
        activation: An activation layer, its name, or `None`.
        use_bias: Whether there is a bias.
        kernel_initializer: Where `kernel`, `(inputs, units)`, starts.
        bias_initializer: Where `bias`, `(units,)`, starts.
        kernel_regularizer: A penalty on `kernel`.
        bias_regularizer: A penalty on `bias`.
        kernel_constraint: A condition on `kernel`.
        bias_constraint: A condition on `bias`.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If `units` is no integer, or an argument does not exist.
        ArgumentValueError: If `units` is below 1, or a name is unknown.

    Example:
        >>> Dense(3, activation="relu").output_shape((5,))
        (3,)
    """

    inner: Layer | None = None

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        arguments.integer(self, "units", units)
        arguments.flag(self, "use_bias", use_bias)
        self.units, self.activation, self.use_bias = units, activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        if activation is not None and activation != "linear":
            self.inner = resolve("activation", activation, self)
        self._declared((1,))  # a misspelt name is to be heard here, not when the first data comes
        super().__init__(**options)

    @override
    def build(self, input_shape: Shape) -> dict[str, Param]:
        if not input_shape:
            raise ShapeError("Dense: a sample must have at least one axis, got shape ()", expected="(..., n)", received=())
        return self._declared(input_shape)

    def _declared(self, input_shape: Shape) -> dict[str, Param]:
        declared = {
            "kernel": Param(
                (input_shape[-1], self.units),
                self.kernel_initializer,
                regularizer=self.kernel_regularizer,
                constraint=self.kernel_constraint,
            )
        }
        if self.use_bias:
            declared["bias"] = Param(
                (self.units,), self.bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint
            )
        return declared

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    @override
    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        if self.inner is None:
            return []
        return [("activation", self.inner, None if input_shape is None else self.output_shape(input_shape))]

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        y = self._affine(x, training)
        return y if self.inner is None else self.inner.forward(y, training)

    @override
    def backward(self, error_grad: Array) -> Array | None:
        if self.inner is not None:
            error_grad = self.inner.backward(error_grad)  # type: ignore[assignment]
        return self._affine_backward(error_grad)

    @override
    def outputs(self, x: Array, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        if not inside or self.inner is None:
            yield self, self.forward(x, training)
            return
        y = self._affine(x, training)
        yield self, y
        yield from self.inner.outputs(y, training, inside)

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        if not inside or self.inner is None:
            yield self, self.backward(error_grad)
            return
        for hop in self.inner.messages(error_grad, inside):
            yield hop
            error_grad = hop[1]
        yield self, self._affine_backward(error_grad)

    def _affine(self, x: Array, training: bool) -> Array:
        shape, kernel = x.shape, self.params.kernel
        if len(shape) != 2:
            x = x.reshape(-1, shape[-1])
        if training:
            scratch = self._scratch
            if scratch is None or scratch.key != x.shape:
                scratch = self._reserve(x)
            y: Array = scratch.arrays[0]
            bias = scratch.arrays[4]
            if scratch.large:
                matmul(x, kernel, y)
            else:
                x.dot(kernel, y)
            if bias is not None:
                add(y, bias, y)
            self.cache = x, shape, scratch
        else:
            y = matmul(x, kernel) if x.size * self.units >= LARGE else x.dot(kernel)
            if self.use_bias:
                y += self.params.bias
            self.cache = x, shape, None
        return y if len(shape) == 2 else y.reshape(*shape[:-1], self.units)

    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, shape, scratch = self.cache
        if scratch is None:
            scratch = self._reserve(x)
        if len(shape) != 2:
            error_grad = error_grad.reshape(-1, self.units)
        turned, ones, bias = scratch.arrays[2:]
        grads, large = self.grads, scratch.large
        if large:
            matmul(x.T, error_grad, grads.kernel)
        else:
            x.T.dot(error_grad, grads.kernel)
        if bias is not None:
            ones.dot(error_grad, grads.bias)
        if not self.needs_message:
            return None
        message: Array = scratch.arrays[1]
        back = self.params.kernel.T
        if large:
            matmul(error_grad, back, message)
        elif turned is None:
            error_grad.dot(back, message)
        else:
            turned[...] = back
            error_grad.dot(turned, message)
        return message if len(shape) == 2 else message.reshape(shape)

    def _reserve(self, x: Array) -> Scratch:
        rows, inputs = x.shape
        if self._scratch is None:
            self._scratch = Scratch()
        large = x.size * self.units >= LARGE
        turn = rows >= 16 and inputs * self.units <= SMALL and not large
        turned_shape = (self.units if turn else 0, inputs)
        scratch = self._scratch.reserve(x.shape, x.dtype, (rows, self.units), x.shape, turned_shape, (rows,))
        y, message, turned, ones = scratch.arrays
        ones.fill(1.0)
        scratch.large = large
        # a product with ones and a sum of equal shapes are three times quicker than a reduction and a broadcast
        bias = np.broadcast_to(self.params.bias, y.shape) if self.use_bias else None
        scratch.arrays = (y, message, turned if turn else None, ones, bias)
        return scratch
