"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from numpy import add, matmul
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..errors import ShapeError
from ..memory import joined
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
        arguments.integer(self, "units", units)
        arguments.flag(self, "use_bias", use_bias)
        self.units, self.activation, self.use_bias = units, activation, use_bias
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
        shape, kernel = x.shape, self.params.kernel
        if len(shape) != 2:
            x = x.reshape(-1, shape[-1])
        if not training:
            y = matmul(x, kernel) if x.size * self.units >= LARGE else x.dot(kernel)
            if self.use_bias:
                y += self.params.bias
            self.cache = x, shape, None
            return y if len(shape) == 2 else y.reshape(*shape[:-1], self.units)
        scratch = self._scratch
        if scratch is None or scratch.key != x.shape:
            scratch = self._reserve(x)
        y = scratch.arrays[0]
        wide, left, joined = scratch.arrays[4:]
        if joined is None:
            matmul(x, kernel, y)
            if self.use_bias:
                add(y, self.params.bias, y)
        else:
            if wide is not None:
                left[...] = x
                x = wide
            x.dot(joined[0], y)
        self.cache = x, shape, scratch
        return y if len(shape) == 2 else y.reshape(*shape[:-1], self.units)

    @override
    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, shape, scratch = self.cache
        if scratch is None:
            scratch = self._reserve(x)
            wide = scratch.arrays[4]
            x = x if wide is None else wide
        if len(shape) != 2:
            error_grad = error_grad.reshape(-1, self.units)
        message: Array
        _, message, turned, ones, _, _, joined = scratch.arrays
        if joined is None:
            matmul(x.T, error_grad, self.grads.kernel)
            if self.use_bias:
                ones.dot(error_grad, self.grads.bias)  # three times quicker than a reduction
        else:
            x.T.dot(error_grad, joined[1])
        if not self.needs_message:
            return None
        back = self.params.kernel.T
        if joined is None:
            matmul(error_grad, back, message)
        elif turned is None:
            error_grad.dot(back, message)
        else:
            turned[...] = back
            error_grad.dot(turned, message)
        return message if len(shape) == 2 else message.reshape(shape)

    def _reserve(self, x: Array) -> Scratch:
        """Hold the arrays of a training step; `joined`, kernel over bias as one matrix, makes one product of two steps.

        What it is multiplied by is `wide`: on the left the input, then a column of ones for the bias.
        """
        rows, inputs = x.shape
        if self._scratch is None:
            self._scratch = Scratch()
        joined = None if x.size * self.units >= LARGE else self._kernel_over_bias()
        wide = inputs + 1 if joined is not None and self.use_bias else 0
        turn = self.units if rows >= 16 and inputs * self.units <= SMALL and joined is not None else 0
        shapes = (rows, self.units), x.shape, (turn, inputs), (rows,), (rows, wide)
        scratch = self._scratch.reserve(x.shape, x.dtype, *shapes)
        y, message, turned, ones, widened = scratch.arrays
        ones.fill(1.0)
        widened[:, -1:] = 1.0
        left = widened[:, :-1]
        if wide:
            left[...] = x
        scratch.arrays = (y, message, turned if turn else None, ones, widened if wide else None, left, joined)
        return scratch

    def _kernel_over_bias(self) -> tuple[Array, Array] | None:
        """Return kernel and bias as one matrix, and their gradients; `None` where they do not lie one behind the other."""
        if not self.use_bias:
            return self.params.kernel, self.grads.kernel
        pairs = [joined(windows.kernel, windows.bias) for windows in (self.params, self.grads)]
        return None if pairs[0] is None or pairs[1] is None else (pairs[0], pairs[1])
