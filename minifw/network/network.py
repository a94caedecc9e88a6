"""A network is a chain that owns its vectors: it lets data in, hands messages out, and keeps its members together."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, ArrayLike, DType, Shape
from ..arrays import INDEX
from ..errors import UsageError
from ..layers.base import Layer
from ..layers.chain import Chain
from . import build, inputs, ownership, penalties, tree
from .contract import Contract
from .definition import LayerOptions
from .entries import Entry, Identity, Pairs, entries
from .names import deal_all_names
from .tree import note, noted
from .views import Vectors

_OWN = ("packed", "_table", "_pairs", "_wanted", "_inner", "_penalized", "_contract")


class Network(Chain, registered=False):
    """A chain that owns the vectors of its parameters, gradients and state.

    Args:
        layers: The layers, input side first.
        dtype: `"float32"` or `"float64"`; inputs are cast to it once, at the door.
        seed: An integer; without one every network starts elsewhere.
        options: As for every layer.

    Attributes:
        packed: The three `Vectors`, or `None` before building.
    """

    is_network = True
    needs_message = False
    packed: Vectors | None = None
    seeds: build.Seeds
    identity: Identity

    _table: tuple[Entry, ...] | None = None
    _pairs: Pairs | None = None
    _wanted: bool | None = None
    """Whether the layers have been told that dLoss/dx is wanted."""
    _inner: tuple[Layer, ...] | None = None
    _contract: Contract | None = None
    _penalized: list[penalties.Penalized] | None = None
    _x_dtype: DType = np.dtype(object)
    _x_shape: Shape | None = None

    def __init__(
        self, layers: Sequence[Any] = (), *, dtype: Any = "float32", seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        arguments.seed(self, seed)
        self._dtype = inputs.floating(self, dtype)
        self.dtype, self.seed = self._dtype.name, seed
        self.seeds, self.identity = build.Seeds(seed), Identity()
        self.identity.network = weakref.ref(self)
        super().__init__((), **options)
        self._replace_layers(tuple(layers))
        if not self.trainable:
            self.trainable = False

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:  # type: ignore[override]
        """Give every layer its windows; on a network `build` is a command.

        Args:
            input_shape: The shape of one sample; a leading `None` stands for the batch. By default that of its `Input`.

        Raises:
            ShapeError: If a layer cannot take the shape it would get. Nothing has changed then.
        """
        input_shape = self.input_shape if input_shape is None else input_shape
        if isinstance(input_shape, (tuple, list)) and input_shape and input_shape[0] is None:
            input_shape = input_shape[1:]
        shape = arguments.shape(self, "input_shape", input_shape)
        if not self.layers:
            raise UsageError(f"{tree.label(self)} has no layers; add one first")
        if self.packed is not None:
            if shape != self.input_shape:
                raise inputs.wrong_shape(self, shape)
            return
        build.build(self, shape, self._dtype, self.seeds)

    def _take(self, vectors: Vectors, input_shape: Shape) -> None:
        """Take over vectors, or a part of those of the network around."""
        self.packed, vars(self)["input_shape"] = vectors, input_shape
        self._dtype = vectors.params.dtype
        vars(self)["dtype"] = self._dtype.name
        self._x_dtype, self._x_shape = INDEX if self.input_kind == "index" else self._dtype, input_shape
        self._flags_changed()

    def _replace_layers(self, layers: tuple[Layer, ...]) -> None:
        """Put other layers in place, all or nothing; a built network packs again."""
        ownership.check(self, layers)
        before = self.layers
        deal_all_names(layers)
        vars(self)["layers"] = layers
        try:
            if self.packed is not None and layers:
                build.build(self, self.input_shape or (), self._dtype, self.seeds)
        except BaseException:
            vars(self)["layers"] = before
            deal_all_names(before)
            raise
        ownership.claim(self, before, layers)
        if self.packed is not None:
            self.identity.version += 1
            if not layers:
                self.packed = None
                self._flags_changed()

    def forward(self, x: ArrayLike, training: bool = False) -> Array:
        if (
            type(x) is not np.ndarray
            or x.dtype is not self._x_dtype
            or x.shape[1:] != self._x_shape
            or not x.flags.c_contiguous
        ):
            x = inputs.admit(self, x)
        last = self._last_call
        last.out_shape = None  # of what the last forward returned, until a backward spends it
        try:
            if self._contract is None:
                y = Chain.forward(self, x, training)
            else:
                with self._contract.forward(training, x):
                    y = Chain.forward(self, x, training)
        except Exception as error:
            note(error)
            raise
        last.out_shape = y.shape
        kept = training or y is x or (y.base is not None and np.may_share_memory(y, x))  # by a layer, or by the caller
        return y.copy() if kept and (self._owner is None or self._owner() is None) else y

    def backward(self, error_grad: Array, to_input: bool = False) -> Array | None:
        """Fill all gradients from dLoss/d(output) of the last forward.

        Args:
            error_grad: What `loss.backward()` returned.
            to_input: Whether dLoss/dx is wanted; without it the walk ends at the first layer that is trained.

        Raises:
            UsageError: If no forward came since the last backward.
            ShapeError: If `error_grad` has another shape than the output.
        """
        last = self._last_call
        if type(error_grad) is not np.ndarray or error_grad.shape != last.out_shape or error_grad.dtype is not self._dtype:
            inputs.check_message(self, error_grad)
        last.out_shape = None
        wanted = to_input or self.needs_message
        try:
            if self._contract is not None:
                self._want(True)
                with self._contract.backward(error_grad):
                    message = Chain.backward(self, error_grad)
                if self._contract.fulfilled:
                    self._contract = None
            else:
                self._want(wanted)
                message = Chain.backward(self, error_grad)
        except Exception as error:
            note(error)
            raise
        if self._penalized != []:
            penalties.add_gradients(self)
        pairs = self._pairs
        if pairs is not None:
            pairs.fresh = True
        return message.copy() if to_input and message is not None else message if wanted else None

    def _want(self, to_input: bool) -> None:
        if self._wanted is not to_input:
            self.want_messages(to_input)
            self._wanted = to_input

    def outputs(self, x: ArrayLike, training: bool = False) -> Iterator[tuple[Layer, Array]]:
        """Yield `(layer, what it sends on)`, input side first: `forward` with stops.

        Args:
            x: The input.
            training: Which mathematics is used.
        """
        return _outputs(self, np.array(inputs.admit(self, x)), training)

    def messages(self, error_grad: Array) -> Iterator[tuple[Layer, Any]]:
        """Yield `(layer, error gradient it sends back)`, output side first: `backward` with stops.

        Args:
            error_grad: What `loss.backward()` returned.

        Raises:
            UsageError: If no forward came since the last backward.
            ShapeError: If `error_grad` has another shape than the output.
        """
        inputs.check_message(self, error_grad)  # here and not in the generator: an error belongs to the call
        return _messages(self, error_grad)

    def activations(self, x: ArrayLike) -> dict[str, Array]:
        """Return what each layer sends on, by the layer's name."""
        return {layer.name: np.array(y) for layer, y in self.outputs(x)}

    def penalty(self) -> float:
        """Return the sum of all regularizers' penalties; frozen parameters carry none."""
        return penalties.total(self._everyone())

    def params_and_grads(self) -> Pairs:
        """Return one `(param, grad)` per unfrozen parameter, shaped as the layers see them.

        Raises:
            UsageError: If the network is not built.
        """
        if self._pairs is None:
            self._pairs = Pairs.of(self.entries(), tree.vectors(self), self.identity)
            self._pairs.fresh = (self._contract is None or self._contract.backward_seen) or None
        return self._pairs

    def named_parameters(self) -> Iterator[tuple[str, Array, Array]]:
        """Yield `(name, param, grad)` of all parameters, frozen ones too."""
        return ((entry.name, entry.array, entry.grad) for entry in self.entries() if entry.trained)

    def entries(self) -> tuple[Entry, ...]:
        """Return the table of all its parameters and state.

        Raises:
            UsageError: If the network is not built.
        """
        if self._table is None:
            self._table = tuple(entries(self))
        return self._table

    def _flags_changed(self) -> None:
        """Drop what depends on flags, names and layers, here and in the networks around."""
        if self._pairs is not None:
            self._pairs.current = False
        self._pairs = self._wanted = self._penalized = self._inner = self._table = None
        tree.flags_changed(self)

    def _forget(self) -> None:
        super()._forget()
        self._contract = None if tree.owner(self) else Contract(self)

    def _everyone(self) -> tuple[Layer, ...]:
        """Return the network and all layers inside it."""
        if self._inner is None:
            self._inner = tuple(tree.walk(self))[1:]  # without the network there is no cycle, and del frees
        return self, *self._inner

    def _written(self) -> dict[str, Any]:
        found = super()._written()
        if tree.owner(self) is not None:
            found["config"]["input_shape"] = None  # it comes from the network around, and so do the generators
        return found

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in super().__getstate__().items() if key not in _OWN}
        return {**state, "packed": self.packed is not None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        built = state.pop("packed")
        super().__setstate__(state)
        self.identity.network = weakref.ref(self)
        self._dtype = np.dtype(self.dtype)  # a copied dtype is equal to NumPy's own, but the door asks whether it is it
        ownership.claim(self, (), self.layers)
        if built:
            build.build(self, self.input_shape or (), self._dtype, self.seeds, keep_gradients=True)


def _outputs(self: Network, x: Array, training: bool) -> Iterator[tuple[Layer, Array]]:
    self._last_call.out_shape = None
    for layer in self.layers:
        with noted(), self._contract.forward(True, x) if self._contract is not None else nullcontext():
            x = layer.forward(x, training)
        yield layer, x
    self._last_call.out_shape = x.shape


def _messages(self: Network, error_grad: Array) -> Iterator[tuple[Layer, Any]]:
    self._want(True)
    for layer in reversed(self.layers):
        self._last_call.out_shape = None  # what is left of a pass that fails is good for nothing
        with noted(), self._contract.backward(error_grad) if self._contract is not None else nullcontext():
            error_grad = layer.backward(error_grad)  # type: ignore[assignment]
        yield layer, error_grad
    self._last_call.out_shape = None
    if self._contract is not None and self._contract.fulfilled:
        self._contract = None
    penalties.add_gradients(self)
    if self._pairs is not None:
        self._pairs.fresh = True
