"""Reading weights under Keras' names: the arrays of a layer by name, lists of them, and whether there are any yet.

They are descriptors: a `__getattr__` would make every other attribute five times slower to read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .._typing import Array
from ..attributes import Shown
from ..errors import UndeclaredError
from . import tree
from .entries import Entry, entries

if TYPE_CHECKING:
    from ..layers.base import Layer


def arrays(chosen: Callable[[Entry], bool] = lambda entry: True) -> Shown[list[Array]]:
    """Return an attribute that lists some of a layer's arrays, in the order of `get_weights`."""
    return Shown(lambda layer: [entry.array for entry in entries(layer) if chosen(entry)], "use set_weights(...)")


def array(name: str) -> Shown[Array]:
    """Return an attribute that is one array of a layer."""

    def show(layer: Layer) -> Array:
        known: dict[str, Array] = {**vars(layer.params), **vars(layer.state)}
        if name not in known:
            arrays = ", ".join(known) or "none, before the network has an Input, or build is called"
            raise UndeclaredError(f"{tree.label(layer)} has no {name}; its arrays: {arrays}")
        return known[name]

    return Shown(show, f"write into the array, layer.params.{name}[...] = ..., or use set_weights(...)")


def show_arrays(cls: type, names: Iterable[str]) -> None:
    """Show arrays of a layer by name, where the class has no attribute of that name."""
    for name in names:
        if not hasattr(cls, name):
            setattr(cls, name, array(name))
