"""A network is a chain that owns its vectors: it lets data in, hands messages out, and keeps its members together."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from . import arguments
from ._typing import Array, ArrayLike, DType, Shape
from .data import INDEX, as_batch
from .errors import ArgumentValueError, ShapeError, UsageError
from .layers import building, membership
from .layers.base import Layer, LayerOptions
from .layers.chain import Chain, deal_names
from .packing import Entry, Identity, Pairs, Vectors
from .regularizers import Regularizer

_OWN = ("packed", "_placed", "_pairs", "_first", "_penalized", "_fresh", "_probation", "_out_shape")


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
    _first: int | None = None
    _penalized: list[tuple[Regularizer, Array, Array]] | None = None
    _fresh: bool = False
    _out_shape: Shape = ()
    _x_dtype: DType = INDEX

    def __init__(
        self, layers: Sequence[Any] = (), *, dtype: Any = "float32", seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        arguments.seed(self, seed)
        self._dtype = _floating(self, dtype)
        self.dtype, self.seed = self._dtype.name, seed
        self.seeds = building.Seeds(seed)
        self.identity = Identity()
        self.identity.network = weakref.ref(self)
        super().__init__((), **options)
        self._replace_layers(tuple(layers))

    # -- building and members --------------------------------------------------------------------------------------

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
            raise UsageError(f"{self.name} ({type(self).__name__}) has no layers; add one first")
        if self.packed is not None:
            if shape != self.input_shape:
                raise self._wrong_shape(shape)
            return
        building.build(self, shape, self._dtype, self.seeds)

    def _take(self, vectors: Vectors, placed: Sequence[building.Placed], place: building.Placed) -> None:
        """Take over vectors, or a part of those of the network around."""
        self.packed, self.input_shape = vectors, place.input_shape
        self._dtype = vectors.params.dtype
        self.dtype = self._dtype.name
        skip = len(place.path) + 1 if place.path else 0
        self._placed = [
            inner._replace(path=inner.path[skip:], offset=inner.offset - place.offset) for inner in placed if inner.declared
        ]
        first: Layer = self
        while isinstance(first, Chain) and first.layers:
            first = first.layers[0]
        self._x_dtype = INDEX if first.input_kind == "index" else self._dtype
        self._fresh = False
        self._flags_changed()

    def _replace_layers(self, layers: tuple[Layer, ...]) -> None:
        """Put other layers in place, all or nothing; a built network packs again."""
        membership.check(self, layers)
        before = self.layers
        deal_names(layers)
        self.layers = layers
        try:
            if self.packed is not None and layers:
                building.build(self, self.input_shape or (), self._dtype, self.seeds)
        except BaseException:
            self.layers = before
            deal_names(before)
            raise
        membership.claim(self, before, layers)
        if self.packed is not None:
            self.identity.version += 1
            if not layers:
                self.packed, self._placed = None, ()
                self._flags_changed()

    # -- passes ----------------------------------------------------------------------------------------------------

    @override
    def forward(self, x: ArrayLike, training: bool = False) -> Array:
        if (
            type(x) is not np.ndarray
            or x.dtype is not self._x_dtype
            or x.shape[1:] != self.input_shape
            or not x.flags.c_contiguous
            or self.packed is None
        ):
            x = self._admit(x)
        self._fresh = False
        y = Chain.forward(self, x, training)
        self._fresh = True
        self._out_shape = y.shape
        return y.copy() if training and not self._is_inside() else y

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
        self._check_message(error_grad)
        self._fresh = False
        message: Array | None = None
        if to_input or (self.needs_message and self._is_inside()):
            message = self._walk(Chain.messages(self, error_grad), error_grad)
        elif self._probation is not None:
            self._walk(Chain.messages(self, error_grad), error_grad)
        else:
            if self._first is None:
                self._first = self._first_unfrozen()
            self._backward_to(self._first, error_grad)
        self._add_penalties()
        return message

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        self._check_message(error_grad)  # here and not in the generator: an error belongs to the call
        return self._messages(error_grad, inside)

    def _messages(self, error_grad: Array, inside: bool) -> Iterator[tuple[Layer, Any]]:
        yield from super().messages(error_grad, inside)
        self._fresh = False
        self._add_penalties()

    @override
    def outputs(self, x: ArrayLike, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        return self._outputs(self._admit(x), training, inside)

    def _outputs(self, x: Array, training: bool, inside: bool) -> Iterator[tuple[Layer, Array]]:
        self._fresh = False
        for layer, y in super().outputs(x, training, inside):
            yield layer, y
            x = y
        self._fresh = True
        self._out_shape = x.shape

    def activations(self, x: ArrayLike) -> dict[str, Array]:
        """Return what each layer sends on, by the layer's name."""
        return {layer.name: y for layer, y in self.outputs(x)}

    def penalty(self) -> float:
        """Return the sum of all regularizers' penalties; frozen parameters carry none."""
        inner = (layer for layer in building.walk(self) if isinstance(layer, Network))
        return sum(regularizer(param) for network in inner for regularizer, param, _ in network._regularized())

    # -- parameters ------------------------------------------------------------------------------------------------

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
        found = []
        for place in self._placed:
            layer, offset = place.layer, place.offset
            for key, window in vars(layer.params).items():
                constraint = place.declared[key].constraint
                name, grad = f"{place.path}/{key}", vars(layer.grads)[key]
                found.append(Entry(name, offset, window, grad, layer.trainable, layer.learning_rate_multiplier, constraint))
                offset += window.size
        return found

    def _vectors(self) -> Vectors:
        if self.packed is None:
            building.weights(self)  # raises the error that says how to build
            raise UsageError(f"{self.name} ({type(self).__name__}) is not built; call build(input_shape)")
        return self.packed

    def _regularized(self) -> list[tuple[Regularizer, Array, Array]]:
        """Return `(regularizer, param, grad)` of its own unfrozen parameters; a network inside has its own."""
        if self._penalized is None:
            self._penalized = [
                (param.regularizer, vars(place.layer.params)[key], vars(place.layer.grads)[key])
                for place in self._placed
                for key, param in place.declared.items()
                if param.regularizer and param.trainable and place.layer.trainable and membership.owner(place.layer) is self
            ]
        return self._penalized

    def _add_penalties(self) -> None:
        for regularizer, param, grad in self._penalized or self._regularized():
            grad += regularizer.gradient(param)

    @override
    def _flags_changed(self) -> None:
        self._pairs = self._first = self._penalized = None
        super()._flags_changed()

    # -- the door --------------------------------------------------------------------------------------------------

    def _admit(self, x: Any) -> Array:
        """Return the input as a C-ordered array of the network's dtype and shape, building the network if need be."""
        first = f"layer 0, {self.layers[0].name} ({type(self.layers[0]).__name__})" if self.layers else self.name
        array = as_batch(x, self._dtype, first, index=self._takes_index())
        if self.packed is None:
            self.build(array.shape[1:])
        if array.shape[1:] != self.input_shape:
            raise self._wrong_shape(array.shape[1:], array)
        return array

    def _takes_index(self) -> bool:
        first: Layer = self
        while isinstance(first, Chain) and first.layers:
            first = first.layers[0]
        return first.input_kind == "index"

    def _wrong_shape(self, sample: Shape, array: Array | None = None) -> ShapeError:
        wanted = self.input_shape or ()
        first = self.layers[0]
        got = array.shape if array is not None else ("batch", *sample)
        hint = ""
        if array is not None and array.shape == wanted:
            hint = "; for a single sample pass x[np.newaxis]"
        elif array is not None and array.size and len(array) * int(np.prod(wanted)) == array.size:
            hint = f"; reshape it: x.reshape(-1, {', '.join(map(str, wanted))})"
        elif len(sample) == len(wanted):
            hint = "; the network was built for that input, so pass it that or build another"
        shown = ", ".join(["batch", *map(str, wanted)])
        return ShapeError(
            f"layer 0, {first.name} ({type(first).__name__}): expects ({shown}), "
            f"got ({', '.join(map(str, got))}{',' if len(got) == 1 else ''}){hint}",
            expected=wanted,
            received=sample,
            layer=first.name,
        )

    def _check_message(self, error_grad: Any) -> None:
        if not self._fresh:
            raise UsageError(
                f"{self.name} ({type(self).__name__}): backward() needs a fresh forward(); each backward or messages pass "
                "spends the forward before it, and predict leaves none"
            )
        if type(error_grad) is np.ndarray and error_grad.shape == self._out_shape and error_grad.dtype is self._dtype:
            return
        last = self.layers[-1]
        where = f"layer {len(self.layers) - 1}, {last.name} ({type(last).__name__})"
        if np.shape(error_grad) != self._out_shape:
            raise ShapeError(
                f"{where}: sent out {self._out_shape}, but its error gradient has shape {np.shape(error_grad)}",
                expected=self._out_shape,
                received=np.shape(error_grad),
            )
        if getattr(error_grad, "dtype", None) != self._dtype:
            kind = getattr(error_grad, "dtype", type(error_grad).__name__)
            raise ArgumentValueError(
                f"{where}: an error gradient of shape {self._out_shape} must be a {self._dtype} array, got {kind}; "
                f"use .astype({self.dtype!r})"
            )

    def _is_inside(self) -> bool:
        return self._owner is not None and self._owner() is not None

    # -- copies ----------------------------------------------------------------------------------------------------

    @override
    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in super().__getstate__().items() if key not in _OWN}
        return {**state, "packed": self.packed is not None}

    @override
    def __setstate__(self, state: dict[str, Any]) -> None:
        built = state.pop("packed")
        super().__setstate__(state)
        self.identity.network = weakref.ref(self)
        deal_names(self.layers)
        membership.claim(self, (), self.layers)
        if built:
            building.build(self, self.input_shape or (), self._dtype, self.seeds)


def _floating(owner: object, dtype: Any) -> DType:
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if dtype is None or found not in (np.float32, np.float64):
        raise ArgumentValueError(f"{arguments.named(owner)}: dtype must be 'float32' or 'float64', got {dtype!r}")
    return found
