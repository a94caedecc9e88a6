"""An activation as a layer of its own."""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack, override

from .._typing import Array, Shape
from ..config import resolve
from .base import Layer
from ..network.definition import LayerOptions


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
        if activation is not None and activation != "linear":
            self.inner = resolve("activation" if isinstance(activation, str) else "layer", activation, self)
        super().__init__(**options)

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What the activation gives."""
        return None if self.inner is None else self.inner.gives

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape if self.inner is None else self.inner.output_shape(input_shape)

    @override
    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        return [] if self.inner is None else [("activation", self.inner, input_shape)]

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        return x if self.inner is None else self.inner.forward(x, training)

    @override
    def backward(self, error_grad: Array) -> Array | None:
        return error_grad if self.inner is None else self.inner.backward(error_grad)
