"""Listening to a network: what came to each layer and what it sent, forwards and backwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from ..layers.base import Layer
from . import tree

_LOCKS: WeakKeyDictionary[Layer, Any] = WeakKeyDictionary()
"""A network, with all inside it, is heard by one thread at a time; in a team of threads each waits there for the others."""


class Hop(NamedTuple):
    """One layer, passed in one direction."""

    layer: Layer
    direction: str
    came: Any
    sent: Any


@contextmanager
def tap(root: Layer, passed: Callable[[Hop], None]) -> Iterator[None]:
    """Call `passed` behind each forward and backward of a layer inside another, innermost first.

    A layer with an activation of its own is heard without it: the activation is a layer inside.

    Args:
        root: The layer or network; not heard itself.
        passed: Gets every `Hop`.
    """

    def listening(layer: Layer, direction: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(came: Any, *args: Any, **keywords: Any) -> Any:
            sent = method(came, *args, **keywords)
            passed(Hop(layer, direction, came, sent))
            return sent

        return call

    with _LOCKS.setdefault(tree.owner(root) or root, threading.RLock()):
        layers = list(tree.walk(root))[1:]
        before = [{name: vars(layer)[name] for name in layer.steps if name in vars(layer)} for layer in layers]
        for layer in layers:
            for direction, name in zip(("forward", "backward"), layer.steps, strict=True):
                vars(layer)[name] = listening(layer, direction, getattr(layer, name))
        try:
            yield
        finally:
            for layer, had in zip(layers, before, strict=True):
                for name in layer.steps:
                    del vars(layer)[name]
                vars(layer).update(had)


class Hops(list[Hop]):
    """All hops of a pass; a composite that sends on what came from inside it adds nothing and is left out."""

    def __init__(self) -> None:
        self._adds: dict[int, bool] = {}
        self._latest: Any = None

    def __call__(self, hop: Hop) -> None:
        if self.take(hop):
            self.append(hop)

    def take(self, hop: Hop) -> bool:
        """Return whether a hop counts; it is decided on the way forward, where a layer goes both ways."""
        layer = hop.layer
        if id(layer) not in self._adds:
            empty = getattr(layer, "layers", None) == ()
            opens = layer.steps[0] == "forward" and (empty or bool(layer.children()))
            self._adds[id(layer)] = not (opens and hop.sent is (hop.came if empty else self._latest))
        if self._adds[id(layer)]:
            self._latest = hop.sent
        return self._adds[id(layer)]
