"""A network is a chain that owns its vectors: it lets data in, hands messages out, and keeps its members together."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from . import arguments, door, penalties
from ._typing import Array, ArrayLike, DType, Shape
from .data import INDEX
from .errors import UsageError
from .layers import building, membership, tree
from .layers.base import Layer
from .layers.chain import Chain
from .layers.definition import LayerOptions
from .layers.naming import deal_all_names
from .packing import Vectors
from .pairs import Entry, Identity, Pairs

_OWN = ("packed", "_placed", "_pairs", "_route", "_inner", "_penalized", "_probation", "_out_shape", "_flags")


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

    owns_vectors = True
    needs_message = False
    packed: Vectors | None = None

    _placed: Sequence[building.Placed] = ()
    _pairs: Pairs | None = None
    _flags: object = None  # another one whenever a flag of a layer inside has changed
    _inner: tuple[Layer, ...] | None = None
    _penalized: list[penalties.Penalized] | None = None
    _out_shape: Shape | None = None
    """The shape of what the last forward returned, until a backward spends it."""
    _x_dtype: DType = np.dtype(object)
    _x_shape: Shape | None = None

    def __init__(
        self, layers: Sequence[Any] = (), *, dtype: Any = "float32", seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        arguments.seed(self, seed)
        self._dtype = door.floating(self, dtype)
        self.dtype, self.seed = self._dtype.name, seed
        self.seeds, self.identity = building.Seeds(seed), Identity()
        self.identity.network = weakref.ref(self)
        super().__init__((), **options)
        self._replace_layers(tuple(layers))
        if not self.trainable:
            self.trainable = False

    def build(self, input_shape: Sequence[int | None]) -> None:  # type: ignore[override]
        """Give every layer its windows; on a network `build` is a command.

        Args:
            input_shape: The shape of one sample; a leading `None` stands for the batch.

        Raises:
            ShapeError: If a layer cannot take the shape it would get. Nothing has changed then.
        """
        if isinstance(input_shape, (tuple, list)) and input_shape and input_shape[0] is None:
            input_shape = input_shape[1:]
        shape = arguments.shape(self, "input_shape", input_shape)
        if not self.layers:
            raise UsageError(f"{tree.label(self)} has no layers; add one first")
        if self.packed is not None:
            if shape != self.input_shape:
                raise door.wrong_shape(self, shape)
            return
        building.build(self, shape, self._dtype, self.seeds)

    def _take(self, vectors: Vectors, placed: Sequence[building.Placed], place: building.Placed) -> None:
        """Take over vectors, or a part of those of the network around."""
        self.packed, vars(self)["input_shape"] = vectors, place.input_shape
        self._dtype = vectors.params.dtype
        vars(self)["dtype"] = self._dtype.name
        # without the network there is no cycle, and del frees
        self._placed = [p._replace(offset=p.offset - place.offset, network=None) for p in placed if p.declared]
        self._x_dtype, self._x_shape = INDEX if self.input_kind == "index" else self._dtype, place.input_shape
        self._out_shape = None
        self._flags_changed()

    def _replace_layers(self, layers: tuple[Layer, ...]) -> None:
        """Put other layers in place, all or nothing; a built network packs again."""
        membership.check(self, layers)
        before = self.layers
        deal_all_names(layers)
        vars(self)["layers"] = layers
        try:
            if self.packed is not None and layers:
                building.build(self, self.input_shape or (), self._dtype, self.seeds)
        except BaseException:
            vars(self)["layers"] = before
            deal_all_names(before)
            raise
        membership.claim(self, before, layers)
        if self.packed is not None:
            self.identity.version += 1
            if not layers:
                self.packed, self._placed = None, ()
                self._flags_changed()

    @override
    def forward(self, x: ArrayLike, training: bool = False) -> Array:
        if (
            type(x) is not np.ndarray
            or x.dtype is not self._x_dtype
            or x.shape[1:] != self._x_shape
            or not x.flags.c_contiguous
        ):
            x = door.admit(self, x)
        self._out_shape = None
        y = Chain.forward(self, x, training)
        self._out_shape = y.shape
        kept = training or y is x or (y.base is not None and np.may_share_memory(y, x))  # by a layer, or by the caller
        return y.copy() if kept and (self._owner is None or self._owner() is None) else y

    @override
    def backward(self, error_grad: Array, to_input: bool = False) -> Array | None:
        """Fill all gradients from dLoss/d(output) of the last forward.

        Args:
            error_grad: What `loss.backward()` returned.
            to_input: Whether dLoss/dx is wanted; without it the walk ends at the first layer that is trained.

        Raises:
            UsageError: If no forward came since the last backward.
            ShapeError: If `error_grad` has another shape than the output.
        """
        if type(error_grad) is not np.ndarray or error_grad.shape != self._out_shape or error_grad.dtype is not self._dtype:
            door.check_message(self, error_grad)
        self._out_shape = None
        message: Array | None = None
        wanted = to_input or self.needs_message
        if wanted or self._probation is not None:
            message = self._walk(Chain.messages(self, error_grad), error_grad)
        else:
            if self._route is None:
                self._route = self._route_back()
            self._backward_along(self._route, error_grad)
        if self._penalized != []:
            penalties.add_gradients(self)
        return message.copy() if to_input and message is not None else message if wanted else None

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        door.check_message(self, error_grad)  # here and not in the generator: an error belongs to the call
        return self._messages(error_grad, inside)

    def _messages(self, error_grad: Array, inside: bool) -> Iterator[tuple[Layer, Any]]:
        try:
            yield from super().messages(error_grad, inside)
        except Exception:
            self._out_shape = None  # what is left of this pass is good for nothing
            raise
        self._out_shape = None
        penalties.add_gradients(self)

    @override
    def outputs(self, x: ArrayLike, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        return self._outputs(np.array(door.admit(self, x)), training, inside)

    def _outputs(self, x: Array, training: bool, inside: bool) -> Iterator[tuple[Layer, Array]]:
        self._out_shape = None
        for layer, y in super().outputs(x, training, inside):
            yield layer, y
            x = y
        self._out_shape = x.shape

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
            self._pairs = Pairs.of(self._entries(), self._vectors(), self.identity)
        return self._pairs

    def named_parameters(self) -> Iterator[tuple[str, Array, Array]]:
        """Yield `(name, param, grad)` of all parameters, frozen ones too."""
        return ((entry.name, entry.param, entry.grad) for entry in self._entries())

    def _entries(self) -> list[Entry]:
        self._vectors()
        return building.entries(self, self._placed)

    def _vectors(self) -> Vectors:
        if self.packed is None:
            raise tree.unbuilt(self)
        return self.packed

    @override
    def _flags_changed(self) -> None:
        if self._pairs is not None:
            self._pairs.current = False
        self._pairs = self._route = self._penalized = self._inner = None
        self._flags = object()
        super()._flags_changed()

    def _everyone(self) -> tuple[Layer, ...]:
        """Return the network and all layers inside it."""
        if self._inner is None:
            self._inner = tuple(tree.walk(self))[1:]  # without the network there is no cycle, and del frees
        return self, *self._inner

    @override
    def _written(self) -> dict[str, Any]:
        found = super()._written()
        if tree.owner(self) is not None:
            found["config"]["input_shape"] = None  # it comes from the network around, and so do the generators
        return found

    @override
    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in super().__getstate__().items() if key not in _OWN}
        return {**state, "packed": self.packed is not None}

    @override
    def __setstate__(self, state: dict[str, Any]) -> None:
        built = state.pop("packed")
        super().__setstate__(state)
        self.identity.network = weakref.ref(self)
        self._dtype = np.dtype(self.dtype)  # a copied dtype is equal to NumPy's own, but the door asks whether it is it
        membership.claim(self, (), self.layers)
        if built:
            building.build(self, self.input_shape or (), self._dtype, self.seeds, keep_gradients=True)
