"""Composition: outputs forwards, messages backwards."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import Unpack, override

from .._typing import Array, Shape
from ..config import resolve
from ..errors import ArgumentTypeError, shown
from . import tree
from .base import Layer
from .definition import LayerOptions
from .naming import deal_names
from .probation import Probation


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
    _probation: Probation | None = None
    _route: tuple[tuple[Layer, ...], Layer | None] | None = None
    """The layers that backward walks through, and the one where it ends."""
    _route_flags: object = None

    def __init__(self, layers: Sequence[Any] | Layer = (), **options: Unpack[LayerOptions]) -> None:
        if isinstance(layers, Layer):
            layers = (layers,)
        if not isinstance(layers, Iterable):
            raise ArgumentTypeError(f"{type(self).__name__}: layers must be a list of layers, got {shown(layers)}")
        found = tuple(self._member(layer) for layer in layers)
        self._take_in(found)
        self.layers: tuple[Layer, ...] = found
        super().__init__(**options)

    def _member(self, layer: Any) -> Layer:
        """Return the layer that an entry of the list stands for."""
        found: Layer = resolve("layer", layer, self)
        return found

    @property
    def input_kind(self) -> str:  # type: ignore[override]
        """What its first layer takes."""
        return self.layers[0].input_kind if self.layers else "float"

    @override
    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        found: list[tuple[str, Layer, Shape | None]] = []
        for layer in self.layers:
            found.append((layer.name, layer, input_shape))
            if input_shape is not None:
                input_shape = self._shape_after(layer, input_shape)
        return found

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        for layer in self.layers:
            input_shape = self._shape_after(layer, input_shape)
        return input_shape

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        probation = self._probation
        if probation is not None and probation.wants_forward(training):
            return self._walk(Chain.outputs(self, x, training), x)
        try:
            for layer in self.layers:
                x = layer.forward(x, training)
        except Exception as error:
            self._note(error, layer, "forward", "x", x)
            raise
        return x

    @override
    def backward(self, error_grad: Array) -> Array | None:
        if self._probation is None and not self.needs_message:
            self._backward_along(self._known_route(), error_grad)
            return None
        return self._walk(Chain.messages(self, error_grad), error_grad)

    @override
    def outputs(self, x: Array, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        for i in range(len(self.layers)):
            x = yield from self._outputs_of(i, x, training, inside)

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        for i in reversed(range(len(self.layers))):
            error_grad = yield from self._messages_of(i, error_grad, inside)
        self._finish_probation()

    def _outputs_of(self, i: int, x: Array, training: bool, inside: bool) -> Generator[tuple[Layer, Array], None, Array]:
        """Yield the outputs of one layer, opened or not, and return what it sends on."""
        layer, y = self.layers[i], x
        try:
            for hop in layer.outputs(x, training, True) if inside else ((layer, layer.forward(x, training)),):
                y = hop[1]
                if self._probation is not None and hop[0] is layer:
                    self._probation.see_output(self, i, x, y, training)
                yield hop
        except Exception as error:
            self._note(error, layer, "forward", "x", x)
            raise
        return y

    def _messages_of(self, i: int, error_grad: Array, inside: bool) -> Generator[tuple[Layer, Any], None, Any]:
        """Yield the messages of one layer, opened or not, and return what it sends back."""
        layer = self.layers[i]
        message: Any = error_grad
        try:
            for hop in layer.messages(error_grad, True) if inside else ((layer, layer.backward(error_grad)),):
                message = hop[1]
                if self._probation is not None and hop[0] is layer:
                    self._probation.see_message(self, i, error_grad, message)
                yield hop
        except Exception as error:
            self._note(error, layer, "backward", "error_grad", error_grad)
            raise
        return message

    def _finish_probation(self) -> None:
        if self._probation is not None and self._probation.finish():
            self._probation = None

    def _walk(self, hops: Iterator[tuple[Layer, Any]], value: Array) -> Array:
        for hop in hops:
            value = hop[1]
        return value

    def _known_route(self) -> tuple[tuple[Layer, ...], Layer | None]:
        """Return the route back, looked up anew when a flag in the network has changed."""
        flags = getattr(tree.owner(self), "_flags", None)
        if self._route is None or flags is None or self._route_flags is not flags:
            self._route, self._route_flags = self._route_back(), flags
        return self._route

    def _route_back(self) -> tuple[tuple[Layer, ...], Layer | None]:
        """Return the layers a backward walks through, and the first one with an unfrozen parameter, where it ends."""
        for i, layer in enumerate(self.layers):
            if any(inner.trainable and vars(inner.params) for inner in tree.walk(layer)):
                return self.layers[:i:-1], layer
        return (), None

    def _backward_along(self, route: tuple[tuple[Layer, ...], Layer | None], error_grad: Array) -> None:
        """Walk back; the last layer of the route is told that nobody wants its message."""
        message: Any = error_grad
        through, last = route
        layer: Layer = self
        try:
            for layer in through:
                message = layer.backward(message)
            if last is None:
                return
            layer, asked = last, last.needs_message
            last.needs_message = False
            try:
                last.backward(message)
            finally:
                last.needs_message = asked
        except Exception as error:
            self._note(error, layer, "backward", "error_grad", message)
            raise

    def _shape_after(self, layer: Layer, input_shape: Shape) -> Shape:
        try:
            shape = layer.output_shape(input_shape)
            if not isinstance(shape, tuple):
                raise ArgumentTypeError(f"output_shape() must return a tuple, got {shape!r}")
            return shape
        except Exception as error:
            self._note(error, layer, "output_shape", "input shape", None, f" {input_shape}")
            raise

    def _note(self, error: Exception, layer: Layer, verb: str, what: str, value: Any, shape: str | None = None) -> None:
        """Say on the error in which layer it was raised; the error itself stays as it is."""
        if shape is None:
            shape = f" {value.shape}" if hasattr(value, "shape") else f" {type(value).__name__}"
        place = "".join(f"{self._place} {i}, " for i, each in enumerate(self.layers) if each is layer)
        error.add_note(f"in {place}{tree.label(layer)}, {verb}, {what}{shape}")

    @classmethod
    @override
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        found = super().from_config({**config, "trainable": True}, custom_objects)
        found._trainable = config.get("trainable", True)
        return found

    @override
    def _take_flag(self, name: str, value: Any) -> None:
        vars(self)[{"name": "_own_name", "trainable": "_trainable"}.get(name, "_multiplier")] = value

    @override
    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._take_in(self.layers)

    def _take_in(self, layers: tuple[Layer, ...]) -> None:
        deal_names(layers)
        for layer in layers:
            layer.needs_message = True  # a network on its own needs none

    @override
    def _forget(self) -> None:
        super()._forget()
        self._probation = Probation()
