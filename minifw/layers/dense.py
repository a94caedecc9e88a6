"""The fully connected layer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, matmul
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..errors import ShapeError
from ..ops.columns import adder
from ..packing import Param
from .activated import Activated
from .definition import LayerOptions, check_names
from .scratch import Scratch

SMALL = 8_192
"""Entries of a kernel up to which a product with its transpose is slower than copying it first."""

LARGE = 262_144
"""Multiplications from which `matmul` is quicker than `dot`, which clears its result before it writes there."""


class Dense(Activated):
    """`y = x @ kernel + bias`, then the activation.

    With `g` the error gradient that arrives behind the activation: `kernel` gets `x.T @ g`, `bias` the sum of `g`
    over the rows, and `g @ kernel.T` goes back.

    Training and inference give the same bits, here as in every layer that calculates the same in both. On Katmai, the
    kernel of OpenBLAS for the oldest processors, the bits of a product also depend on where its arrays lie in memory.

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
        self.units = arguments.integer(self, "units", units)
        arguments.flag(self, "use_bias", use_bias)
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._resolve_activation()
        check_names(self)
        super().__init__(**options)

    @override
    def build(self, input_shape: Shape) -> dict[str, Param]:
        if not input_shape:
            raise ShapeError("Dense: a sample must have at least one axis, got shape ()", expected="(..., n)", received=())
        return self._kernel_and_bias((input_shape[-1], self.units))

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    @override
    def _affine(self, x: Array, training: bool) -> Array:
        y: Array
        shape = x.shape
        if len(shape) != 2:
            x = x.reshape(-1, shape[-1])
        if training:
            reserved = self._reserved(x)
            y, bias, product = reserved[:3]
            product(x, self.params.kernel, y)
        else:
            reserved, bias = None, self.params.bias if self.use_bias else None
            y = _product(x, self.units)(x, self.params.kernel)
        self.cache = x, shape, reserved
        if bias is not None:
            add(y, bias, y)
        return y if len(shape) == 2 else y.reshape(*shape[:-1], self.units)

    @override
    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, shape, reserved = self.cache
        message: Array
        _, bias, product, message, total, turned = reserved or self._reserved(x)
        g, grads = error_grad if len(shape) == 2 else error_grad.reshape(-1, self.units), self.grads
        product(x.T, g, grads.kernel)
        if bias is not None:
            total(g, grads.bias)
        if not self.needs_message:
            return None
        back = self.params.kernel.T
        if turned is not None:
            turned[...] = back
            back = turned
        product(g, back, message)
        return message if len(shape) == 2 else message.reshape(shape)

    def _reserved(self, x: Array) -> tuple[Any, ...]:
        """Return what training steps with such an input use again and again.

        The output, the bias in each row, the product, the message, the function that sums rows, and room for a small kernel
        turned, which is quicker to copy than to be multiplied across its rows.
        """
        scratch = self._scratch
        if scratch is None or scratch.key != x.shape:
            rows, inputs = x.shape
            product = _product(x, self.units)
            turns = self.units if rows >= 16 and inputs * self.units <= SMALL and product is not matmul else 0
            shapes = (rows, self.units), x.shape, (turns, inputs)
            scratch = self._scratch = (scratch or Scratch()).reserve(x.shape, x.dtype, *shapes)
            y, message, turned = scratch.arrays
            bias = np.broadcast_to(self.params.bias, y.shape) if self.use_bias else None
            scratch.arrays = y, bias, product, message, adder(y), turned if turns else None
        return scratch.arrays


def _product(x: Array, units: int) -> Any:
    """Return the quickest product for a size, in training and in inference the same: so are the bits."""
    return np.ndarray.dot if x.size * units < LARGE else matmul
