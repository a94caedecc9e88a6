"""An affine layer with an activation behind it, held as a layer of its own inside."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from .._typing import Array, Shape
from ..config import resolve
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
    kernel_initializer: Any
    bias_initializer: Any
    kernel_regularizer: Any
    bias_regularizer: Any
    kernel_constraint: Any
    bias_constraint: Any

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
        kernel = Param(
            shape, self.kernel_initializer, regularizer=self.kernel_regularizer, constraint=self.kernel_constraint
        )
        if not self.use_bias:
            return {"kernel": kernel}
        bias = Param(shape[-1:], self.bias_initializer, regularizer=self.bias_regularizer, constraint=self.bias_constraint)
        return {"kernel": kernel, "bias": bias}

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What its activation gives."""
        return "any numbers" if self.inner is None else self.inner.gives

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
