"""The first pass through a network: each layer is held to the contract once, and runs free from then on."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, Shape
from ..config import is_built_in
from ..errors import ShapeError, UsageError
from . import tree
from .tap import Hop, tap
from .views import Snapshot

if TYPE_CHECKING:
    from ..layers.base import Layer


class Contract:
    """What the first forward and the first backward after packing compare.

    A forward with `training=True` is watched until a backward has been, since a forgotten gradient can be told from
    one that overflowed only when the layer's output is known to have been finite.
    """

    def __init__(self, root: Layer) -> None:
        self.places = {
            id(layer): f"{parent._place} {i}, "  # type: ignore[attr-defined]
            for parent in tree.walk(root)
            for i, layer in enumerate(getattr(parent, "layers", ()))
        }
        self.root = weakref.ref(root)  # without the network there is no cycle, and del frees
        self.forward_seen = self.backward_seen = self.waiting = False
        self.inputs: dict[int, tuple[Shape, bool]] = {}
        self.handed: dict[int, tuple[Array, Array]] = {}
        self.unwritten: defaultdict[tuple[str, bool], set[int]] = defaultdict(set)
        """The layers that left alone what they were given, by direction and mode."""

    def forward(self, training: bool, x: Array) -> AbstractContextManager[None]:
        """Watch a forward, unless one was seen already and no backward is to follow."""
        self.waiting = False
        if training or not self.forward_seen:
            return self._watch("forward_seen", x, training)
        self.inputs.clear()  # what was seen belongs to another batch
        return nullcontext()

    def backward(self, error_grad: Array) -> AbstractContextManager[None]:
        """Watch a backward."""
        return self._watch("backward_seen", error_grad)

    @property
    def fulfilled(self) -> bool:
        """Whether a whole backward has been watched with nothing left open."""
        return self.backward_seen and not self.waiting

    @contextmanager
    def _watch(self, seen: str, array: Array, training: bool = True) -> Iterator[None]:
        root: Any = self.root()
        self.compared = self.unwritten[seen, training]
        self._hand(array)
        try:
            with tap(root, self):
                yield
        finally:
            self.handed.clear()
        setattr(self, seen, True)

    def __call__(self, hop: Hop) -> None:
        """Compare what a layer sent with what it announced, and what it was given with what that was."""
        if id(hop.came) in self.handed:
            tree.check_unwritten(self._where(hop.layer), hop.direction, *self.handed[id(hop.came)])
            self.compared.add(id(hop.layer))
        self._hand(hop.sent)
        (self._output if hop.direction == "forward" else self._message)(hop.layer, hop.came, hop.sent)

    def _hand(self, array: Any) -> None:
        """Keep a copy of what the next layer gets, until all were compared: who only goes forward would pay every time."""
        if isinstance(array, np.ndarray) and not self.places.keys() <= self.compared:
            self.handed[id(array)] = array, array.copy()

    def _output(self, layer: Layer, x: Array, y: Any) -> None:
        wanted = (len(x), *layer.output_shape(x.shape[1:]))
        self._compare(layer, "forward() returned", y, wanted, x if layer.input_kind == "float" else y)
        for name, window in vars(layer.params).items():
            if np.may_share_memory(y, window):
                raise UsageError(f"{self._where(layer)}: forward() returned a view of its parameter {name!r}; return a copy")
        if "activation" in layer.kinds and hasattr(type(layer), "f") and not is_built_in(type(layer).__module__):
            start, slope = Snapshot([layer]), np.full_like(x, np.nan)
            layer.f(x.copy(), None, slope)  # type: ignore[attr-defined]
            start.restore()
            if x.size and np.isnan(slope).all() and np.isfinite(x).all():
                how = "f(self, x, out=None, slope=None) writes the derivative there unless slope is None: slope[...] = ..."
                raise UsageError(f"{self._where(layer)}: f() left the slope unset; {how}", layer=layer.name)
        self.inputs[id(layer)] = x.shape, bool(np.isfinite(y).all())

    def _message(self, layer: Layer, error_grad: Array, message: Any) -> None:
        shape, finite = self.inputs.get(id(layer), (None, False))
        if message is None and layer.needs_message and layer.input_kind == "float":
            raise self._returned(layer, "backward() returned None; it must return dLoss/d(input)", shape, None)
        if message is not None and shape is not None:
            self._compare(layer, "backward() returned", message, shape, error_grad)
        grads = {} if is_built_in(type(layer).__module__) else vars(layer.grads)  # ours forget nothing, but may overflow
        unfilled = [name for name, grad in grads.items() if grad.size and np.isnan(grad).all()]
        if unfilled and finite and error_grad.size and np.isfinite(error_grad).all():
            key, fix = unfilled[0], f"assign it there: self.grads.{unfilled[0]} = ..."
            text = f"{self._where(layer)}: backward() left the gradient of {key!r} unset; {fix}"
            raise UsageError(text, layer=layer.name, gradient=key)
        self.waiting |= bool(unfilled) or shape is None

    def _compare(self, layer: Layer, verb: str, array: Any, shape: Shape, like: Array) -> None:
        if not isinstance(array, np.ndarray):
            raise self._returned(layer, f"{verb} {type(array).__name__}; it must return an array", shape, None)
        if array.shape != shape:
            detail = f"{verb} shape {array.shape}, expected {shape}"
            if verb.startswith("forward"):
                detail += "; if the layer changes the shape, write output_shape(input_shape)"
            raise self._returned(layer, detail, shape, array.shape)
        if array.dtype != like.dtype:
            hint = "; a constant of another dtype makes one of all: constant.astype(x.dtype)"
            raise self._returned(layer, f"{verb} dtype {array.dtype}, expected {like.dtype}{hint}", like.dtype, array.dtype)

    def _returned(self, layer: Layer, detail: str, expected: Any, received: Any) -> ShapeError:
        return ShapeError(f"{self._where(layer)}: {detail}", expected=expected, received=received, layer=layer.name)

    def _where(self, layer: Layer) -> str:
        return self.places.get(id(layer), "") + tree.label(layer)
