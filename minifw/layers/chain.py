"""Composition: outputs forwards, messages backwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from typing_extensions import Unpack

from .._typing import Array, Shape
from ..config import resolve
from ..errors import ArgumentTypeError, shown
from ..network import tree
from ..network.definition import LayerOptions
from ..network.names import deal_names
from .base import Layer


class Chain(Layer):
    """Layers one after another, and itself a layer.

    `forward` is `f_n(... f_2(f_1(x)))`; `backward` hands the error gradient from the last layer to the first.

    Args:
        layers: The layers, input side first; a single one needs no list.
        options: As for every layer.

    Example:
        >>> import minifw
        >>> chain = Chain([minifw.Dense(3), minifw.ReLU()])
        >>> chain.output_shape((5,))
        (3,)
    """

    _place = "layer"
    """What messages call one of its layers."""

    def __init__(self, layers: Sequence[Any] | Layer = (), **options: Unpack[LayerOptions]) -> None:
        if isinstance(layers, Layer):
            layers = (layers,)
        if not isinstance(layers, Iterable):
            raise ArgumentTypeError(f"{type(self).__name__}: layers must be a list of layers, got {shown(layers)}")
        self.layers: tuple[Layer, ...] = tuple(resolve("layer", layer, self) for layer in layers)
        self._take_in()
        super().__init__(**options)

    @property
    def input_kind(self) -> str:  # type: ignore[override]
        """What its first layer takes."""
        return self.layers[0].input_kind if self.layers else "float"

    @property
    def gives(self) -> str | None:  # type: ignore[override]
        """What its last layer gives."""
        return self.layers[-1].gives if self.layers else None

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        children: list[tuple[str, Layer, Shape | None]] = []
        for layer in self.layers:
            children.append((layer.name, layer, input_shape))
            if input_shape is not None:
                input_shape = tree.shape_after(layer, input_shape)
        return children

    def output_shape(self, input_shape: Shape) -> Shape:
        for layer in self.layers:
            input_shape = tree.shape_after(layer, input_shape)
        return input_shape

    def forward(self, x: Array, training: bool = False) -> Array:
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, error_grad: Array) -> Array | None:
        for layer in reversed(self.layers):
            error_grad = layer.backward(error_grad)  # type: ignore[assignment]
            if not layer.needs_message:
                return None  # nothing before it is trained
        return error_grad

    def want_messages(self, wanted: bool) -> None:
        """Say to each layer whether its message is wanted: by what is around, or by a trained layer before it."""
        for layer in self.layers:
            tree.want_message(layer, wanted)
            wanted = wanted or any(inner.trainable and vars(inner.params) for inner in tree.walk(layer))

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        chain = super().from_config({**config, "trainable": True}, custom_objects)
        chain._trainable = config.get("trainable", True)
        return chain

    def _take_flag(self, name: str, value: Any) -> None:
        vars(self)[{"name": "_own_name", "trainable": "_trainable"}.get(name, "_multiplier")] = value

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._take_in()

    def _take_in(self) -> None:
        deal_names(self.layers)
        for layer in self.layers:
            layer.needs_message = True  # a network on its own needs none
