"""Composition: outputs forwards, messages backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typing_extensions import Unpack, override

from .._typing import Array, Shape
from ..config import resolve
from ..errors import ArgumentTypeError, ArgumentValueError
from . import building
from .base import Layer, LayerOptions, snake_case
from .probation import Probation


class Chain(Layer):
    """Layers one after another, and itself a layer.

    `forward` is `f_n(... f_2(f_1(x)))`; `backward` hands the error gradient from the last layer to the first.

    Args:
        layers: The layers, input side first.
        options: As for every layer.

    Example:
        >>> import minifw
        >>> chain = Chain([minifw.Dense(3), minifw.ReLU()])
        >>> chain.output_shape((5,))
        (3,)
    """

    _probation: Probation | None = None

    def __init__(self, layers: Sequence[Any] = (), **options: Unpack[LayerOptions]) -> None:
        found = tuple(resolve("layer", layer, self) for layer in layers)
        deal_names(found)
        self.layers: tuple[Layer, ...] = found
        super().__init__(**options)

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
            return self._walk(self.outputs(x, training), x)
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
            return self._backward_to(self._first_unfrozen(), error_grad)
        return self._walk(Chain.messages(self, error_grad), error_grad)

    @override
    def outputs(self, x: Array, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        probation = self._probation
        for i, layer in enumerate(self.layers):
            y = x
            try:
                for hop in layer.outputs(x, training, True) if inside else ((layer, layer.forward(x, training)),):
                    y = hop[1]
                    if probation is not None and hop[0] is layer:
                        probation.see_output(self, i, x, y, training)
                    yield hop
            except Exception as error:
                self._note(error, layer, "forward", "x", x)
                raise
            x = y

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        probation = self._probation
        for i, layer in reversed(list(enumerate(self.layers))):
            message: Any = error_grad
            try:
                for hop in layer.messages(error_grad, True) if inside else ((layer, layer.backward(error_grad)),):
                    message = hop[1]
                    if probation is not None and hop[0] is layer:
                        probation.see_message(self, i, error_grad, message)
                    yield hop
            except Exception as error:
                self._note(error, layer, "backward", "error_grad", error_grad)
                raise
            error_grad = message
        if probation is not None and probation.finish():
            self._probation = None

    def _walk(self, hops: Iterator[tuple[Layer, Any]], value: Any) -> Any:
        for hop in hops:
            value = hop[1]
        return value

    def _backward_to(self, first: int, error_grad: Array) -> None:
        """Walk back to layer `first` and no further; that layer is told that nobody wants its message."""
        message: Any = error_grad
        layer: Layer = self
        try:
            for layer in self.layers[:first:-1]:
                message = layer.backward(message)
            if first >= len(self.layers):
                return
            layer = self.layers[first]
            asked = layer.needs_message
            layer.needs_message = False
            try:
                layer.backward(message)
            finally:
                layer.needs_message = asked
        except Exception as error:
            self._note(error, layer, "backward", "error_grad", message)
            raise

    def _first_unfrozen(self) -> int:
        """Return the index of the first layer with an unfrozen parameter, or the number of layers."""
        for i, layer in enumerate(self.layers):
            if any(inner.trainable and vars(inner.params) for inner in building.walk(layer)):
                return i
        return len(self.layers)

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
        place = f"layer {self.layers.index(layer)}, " if layer in self.layers else ""
        error.add_note(f"in {place}{layer.name} ({type(layer).__name__}), {verb}, {what}{shape}")

    @override
    def _forget(self) -> None:
        super()._forget()
        self._probation = Probation()


def deal_names(layers: Sequence[Layer]) -> None:
    """Name the layers of a container by class and position; names of their own are dealt first and skipped.

    Raises:
        ArgumentValueError: If two layers brought the same name.
    """
    given: dict[int, str] = {}
    taken: set[str] = set()
    for layer in layers:
        layer_name = layer._own_name
        if layer_name in taken:
            raise ArgumentValueError(f"two layers are named {layer_name!r}; names must differ within a network")
        if layer_name is not None:
            taken.add(layer_name)
    counts: dict[str, int] = {}
    for layer in layers:
        if layer._own_name is not None:
            continue
        base = snake_case(type(layer).__name__)
        name = base
        while name in taken:
            counts[base] = counts.get(base, 0) + 1
            name = f"{base}_{counts[base]}"
        taken.add(name)
        given[id(layer)] = name
    for layer in layers:
        layer._given_name = given.get(id(layer))
