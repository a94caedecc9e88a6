"""The fully connected layer, and what all affine layers share."""

from __future__ import annotations

from typing import Any

from numpy import add
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..config import resolve
from ..engine.affine import affine, as_rows
from ..errors import ShapeError
from ..network.definition import LayerOptions, check_names, declared
from ..network.views import Param
from .base import Layer


class Activated(Layer, registered=False):
    """`activation(affine(x))`; a subclass writes `_affine`, `_affine_backward` and `output_shape`.

    The trace opens it as two jumps. `_kernel_and_bias` declares what all of them have.
    """

    factor_text = "kernelᵀ"
    steps = ("_affine", "_affine_backward")
    _instead = {  # noqa: RUF012 (never written to)
        "activation": "for its scores put another layer in its place in a copy: new = copy.deepcopy(net); old = new.pop(); "
        "new.add(...); new.layers[-1].set_weights(old.get_weights())"
    }
    inner: Layer | None = None
    activation: Any
    use_bias: bool

    def _affine(self, x: Array, training: bool) -> Array:
        """Return the linear part."""
        raise NotImplementedError

    def _affine_backward(self, error_grad: Array) -> Array | None:
        """Send the error gradient of the linear part back, and fill the gradients."""
        raise NotImplementedError

    def _resolve_activation(self) -> None:
        """Make the inner layer of the activation, unless it is none or linear."""
        if self.activation is not None and self.activation != "linear":
            self.inner = resolve("activation", self.activation, self)

    def _kernel_and_bias(self, shape: Shape) -> dict[str, Param]:
        """Declare a kernel of a shape and, if there is one, a bias for its last axis."""
        shapes = {"kernel": shape, "bias": shape[-1:]} if self.use_bias else {"kernel": shape}
        return {name: declared(self, name, size) for name, size in shapes.items()}

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What its activation gives."""
        return "any numbers" if self.inner is None else self.inner.gives

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        if self.inner is None:
            return []
        return [("activation", self.inner, None if input_shape is None else self.output_shape(input_shape))]

    def forward(self, x: Array, training: bool = False) -> Array:
        y = self._affine(x, training)
        return y if self.inner is None else self.inner.forward(y, training)

    def backward(self, error_grad: Array) -> Array | None:
        if self.inner is not None:
            error_grad = self.inner.backward(error_grad)  # type: ignore[assignment]
        return self._affine_backward(error_grad)


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

    def build(self, input_shape: Shape) -> dict[str, Param]:
        if not input_shape:
            raise ShapeError("Dense: a sample must have at least one axis, got shape ()", expected="(..., n)", received=())
        return self._kernel_and_bias((input_shape[-1], self.units))

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def _affine(self, x: Array, training: bool) -> Array:
        rows = self.cache = as_rows(x)
        product = affine(self, rows, training)
        y: Array = product.dot(rows, self.params.kernel, product.y)
        if self.use_bias:
            add(y, self.params.bias, y)
        return y if rows is x else y.reshape(*x.shape[:-1], self.units)

    def _affine_backward(self, error_grad: Array) -> Array | None:
        x, g, grads = self.cache, as_rows(error_grad), self.grads
        product = affine(self, x)
        product.dot(x.T, g, grads.kernel)
        if self.use_bias:
            product.sum_rows(g, grads.bias)
        if not self.needs_message:
            return None
        message: Array = product.dot(g, product.transposed(self.params.kernel), product.message)
        return message if g is error_grad else message.reshape(*error_grad.shape[:-1], x.shape[1])
