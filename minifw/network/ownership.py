"""Who belongs to which network: a layer has one owner, the nearest network around it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentTypeError, ArgumentValueError, UsageError, shown
from ..layers.base import Layer
from . import build, tree

if TYPE_CHECKING:
    from .network import Network


def members(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and what is inside it, but not the inside of a network: that has its own members."""
    yield layer
    if not layer.is_network:
        for _, child, _ in layer.children():
            yield from members(child)


def check(network: Network, layers: Sequence[Any]) -> None:
    """Raise if these cannot be the layers of a network.

    Raises:
        ArgumentTypeError: If one is no layer.
        UsageError: If one stands there twice, belongs to another network, or contains the network itself.
        ArgumentValueError: If one is a network of another dtype.
    """
    seen: set[int] = {id(network)}
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            got = f"{shown(layer)} ({type(layer).__name__}) at place {i}"
            raise ArgumentTypeError(f"{tree.label(network)}: wanted a layer, got {got}{_hint(layer)}")
        for inner in tree.walk(layer):
            if inner is network:
                raise UsageError(f"{tree.label(network)} cannot contain itself")
            if id(inner) in seen:
                raise build.twice(inner)
            seen.add(id(inner))
        for inner in members(layer):
            _check_member(network, inner)


def _hint(value: Any) -> str:
    """Return what to do about something that is no layer, as the end of a message."""
    if isinstance(value, type):
        return f"; make an instance of it: {value.__name__}()"
    if isinstance(value, str):
        return f"; a layer by its name is Activation({value!r})"
    if isinstance(value, tuple):
        return "; a layer has its name itself: Dense(3, name='hidden')"
    if type(value).__name__ == "Input":
        return "; an Input stands first, before all layers"
    return "; a function of arrays is a Lambda(function, gradient)" if callable(value) else ""


def claim(network: Network, before: Sequence[Layer], layers: Sequence[Layer]) -> None:
    """Make a network the owner of its layers, and let go those it no longer has."""
    kept = {id(layer) for layer in layers}
    for layer in before:
        if id(layer) not in kept:
            layer._given_name = None
            for inner in members(layer):
                inner._owner = None
                inner.needs_message = True
            vars(layer).pop("needs_message", None)
    for layer in layers:
        for inner in members(layer):
            inner._owner = weakref.ref(network)
            inner.needs_message = True
            if inner._trainable is None:
                inner.trainable = False
        # the layers of a chain stay in the chain, and it goes on wanting their messages
        layer._owner = weakref.ref(network, partial(_alone, weakref.ref(layer)))
    network._flags_changed()


def _alone(inside: weakref.ref[Layer], outer: weakref.ref[Network]) -> None:
    """The network around is gone: nobody upstream wants a message any more."""
    layer = inside()
    if layer is not None and layer._owner is outer:
        vars(layer).pop("needs_message", None)


def _check_member(network: Network, layer: Layer) -> None:
    other = tree.owner(layer)
    if other is not None and other is not network:
        raise UsageError(
            f"{tree.label(layer)} belongs to another network, {other.name}; give this one a copy, "
            "copy.deepcopy(layer), of several copy.deepcopy(net.layers[:-1]), or del the other network first"
        )
    if layer.is_network and tree.is_built(layer) and layer.dtype != network.dtype:  # type: ignore[attr-defined]
        raise ArgumentValueError(
            f"{tree.label(layer)} has dtype {layer.dtype}, "  # type: ignore[attr-defined]
            f"the network around it {network.dtype}; build both with the same"
        )
