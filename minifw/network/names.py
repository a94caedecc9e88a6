"""What things are called: layers by a name of their own or by class and position, others by a label."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Never

from ..arguments import refuse_unknown
from ..attributes import assign
from ..config import Configurable
from ..definitions import constructor
from ..errors import ArgumentValueError, shown
from . import tree

if TYPE_CHECKING:
    from ..layers.base import Layer

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
TAKEN = ("opt", "train")
"""What a model file keeps beside the layers."""


def check_name(owner: str, value: Any) -> None:
    """Raise an `ArgumentValueError` unless this can be a layer's name."""
    if not isinstance(value, str) or not NAME.fullmatch(value) or value in TAKEN:
        raise ArgumentValueError(
            f"{owner}: a name is 1 to 64 letters, digits, '_', '.' or '-', and neither 'opt' nor 'train'; got {shown(value)}"
        )


def rename(layer: Layer, name: str | None) -> None:
    """Give a layer a name of its own; the network it belongs to deals the others' names anew.

    Raises:
        ArgumentValueError: If it cannot be a name, or a layer beside it brought the same. Nothing has changed then.
    """
    if name is not None:
        check_name(type(layer).__name__, name)
    before, layer._own_name = layer._own_name, name
    network = tree.owner(layer)
    if network is None:
        return
    try:
        deal_all_names(network.layers)
    except ArgumentValueError:
        layer._own_name = before
        raise
    network._flags_changed()


def snake_case(name: str) -> str:
    """Return a class name as Keras writes it in layer names.

    Example:
        >>> snake_case("LeakyReLU"), snake_case("Conv2D")
        ('leaky_re_lu', 'conv2d')
    """
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", name).strip("_") or "layer"
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()[:60]


def deal_all_names(layers: Sequence[Layer]) -> None:
    """Name the layers of a container, and those of the containers inside."""
    for inner in (inner for layer in layers for inner in tree.walk(layer)):
        deal_names(getattr(inner, "layers", ()))
    deal_names(layers)


def deal_names(layers: Sequence[Layer]) -> None:
    """Name the layers of a container by class and position; names of their own are dealt first and skipped.

    Raises:
        ArgumentValueError: If two layers brought the same name.
    """
    taken, counts = set[str](), Counter[str]()
    for own in [layer._own_name for layer in layers if layer._own_name is not None]:
        if own in taken:
            raise ArgumentValueError(f"two layers are named {own!r}; names must differ within a network")
        taken.add(own)
    for layer in layers:
        base = name = snake_case(type(layer).__name__)
        while name in taken and layer._own_name is None:
            counts[base] += 1
            name = f"{base}_{counts[base]}"
        layer._given_name = name if layer._own_name is None else None
        taken.add(layer._own_name or name)


class Labelled(Configurable, registered=False):
    """An object with a label, which is its class's name in snake case until somebody gives it one."""

    name: str | None = None

    def __init__(self, name: str | None = None, **unknown: Never) -> None:
        refuse_unknown(self, unknown, constructor(type(self)))
        if name is not None:
            assign(self, "name", name)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = snake_case(cls.__name__)

    def _argument(self, name: str) -> Any:
        return vars(self).get(name) if name == "name" else super()._argument(name)
