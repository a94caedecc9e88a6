"""An activation by name, and what all layers share that end with one."""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack

from .._typing import Array, Shape
from ..config import by_name, resolve
from ..network.definition import LayerOptions, declared
from ..network.views import Param
from .base import Layer


class Activation(Layer, aliases={"linear": {"activation": None}}):
    """`y = f(x)`, for an activation by name.

    Args:
        activation: A name such as `"gelu"`, a layer, or `None` for `"linear"`, which is `x` itself.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If it is neither.
        ArgumentValueError: If the name is unknown.

    Example:
        >>> import numpy as np
        >>> Activation("relu")(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
    """

    factor_text = "1"  # of the linear one; any other opens itself
    kinds = ("layer", "activation")
    inner: Layer | None = None

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        self.activation = activation
        name = by_name(activation)
        if name not in (None, "linear"):
            self.inner = resolve("activation" if isinstance(name, str) else "layer", name, self)
        super().__init__(**options)

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What the activation gives."""
        return None if self.inner is None else self.inner.gives

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape if self.inner is None else self.inner.output_shape(input_shape)

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        return [] if self.inner is None else [("activation", self.inner, input_shape)]

    def forward(self, x: Array, training: bool = False) -> Array:
        return x if self.inner is None else self.inner.forward(x, training)

    def backward(self, error_grad: Array) -> Array | None:
        return error_grad if self.inner is None else self.inner.backward(error_grad)


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
        if by_name(self.activation) not in (None, "linear"):
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
