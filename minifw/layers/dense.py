"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from numpy import add
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine.affine import affine
from ..errors import ShapeError
from ..network.definition import LayerOptions, check_names
from ..network.views import Param
from .activated import Activated


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
        self.activation, self.use_bias = activation, arguments.flag(self, "use_bias", use_bias)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self._resolve_activation()
        check_names(self)
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        if not input_shape:
            raise ShapeError("Dense: a sample must have at least one axis, got shape ()", expected="(..., n)", received=())
        return self._kernel_and_bias((input_shape[-1], self.units))

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def _affine(self, x: Array, training: bool) -> Array:
        rows = self._last_call.cache = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        product = affine(self, rows, training)
        y: Array = product.dot(rows, product.kernel, product.y)
        if product.bias is not None:
            add(y, product.bias, y)
        return y if rows is x else y.reshape(*x.shape[:-1], self.units)

    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, g = self._last_call.cache, error_grad if error_grad.ndim == 2 else error_grad.reshape(-1, self.units)
        product = affine(self, x)
        product.dot(x.T, g, product.kernel_grad)
        if product.bias is not None:
            product.sum_rows(g, product.bias_grad)
        if not self.needs_message:
            return None
        message: Array = product.dot(g, product.kernel_T(), product.message)
        return message if g is error_grad else message.reshape(*error_grad.shape[:-1], x.shape[1])
