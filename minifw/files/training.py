"""What a training in progress is, as plain values and named arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..engine.buffers import aligned_empty
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..network import tree
from ..optimizers import binding
from . import weights
from .json import RefusedError

if TYPE_CHECKING:
    from ..layers.base import Layer
    from ..sequential import Sequential


PREFIX = "train/kept."


def encoded(value: Any, arrays: dict[str, Array]) -> Any:
    """Return a value as plain data; its arrays go into a dictionary, under names that the data hold.

    Raises:
        ArgumentTypeError: If it is made of anything but numbers, strings, arrays, `None`, lists and dictionaries.

    Example:
        >>> arrays = {}
        >>> decoded(encoded({"a": [1.0, np.ones(2), math.inf]}, arrays), arrays)
        {'a': [1.0, array([1., 1.]), inf]}
    """
    if isinstance(value, np.ndarray):
        name = f"{PREFIX}{len(arrays)}"
        arrays[name] = value.copy()
        return {"array": name}
    value = arguments.plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [encoded(item, arrays) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encoded(item, arrays) for key, item in value.items()}}
    kept = "numbers, strings, arrays, None, and lists and dictionaries of them"
    raise ArgumentTypeError(f"a checkpoint keeps {kept}, not {shown(value)}")


def decoded(value: Any, arrays: Mapping[str, Array]) -> Any:
    """Return what `encoded` was given; tuples come back as lists."""
    if isinstance(value, list):
        return [decoded(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "array":
        return arrays[inner]
    return float(inner) if kind == "float" else {key: decoded(item, arrays) for key, item in inner.items()}


def generators(net: Sequential) -> dict[str, Any]:
    """Return where the generators of a network and of all layers inside it stand, as plain data."""
    return {"shuffles": net.shuffles, "generators": {path: _generator(layer) for path, layer in tree.paths(net)}}


def _generator(layer: Layer) -> dict[str, Any]:
    """Return where a layer's generator stands, and its flags: in a configuration those of layers made by layers are lost."""
    seeds, rng = layer._seeds, vars(layer).get("rng")
    assert seeds is not None
    position: dict[str, Any] = {"entropy": str(seeds.entropy), "spawn_key": list(seeds.spawn_key), "state": None}
    position["flags"] = [layer.trainable, layer.learning_rate_multiplier]
    if layer.is_network:
        children: Any = layer.seeds  # type: ignore[attr-defined]
        position |= {"own_entropy": str(children.entropy), "taken": children.taken}
    if rng is not None:
        state = rng.bit_generator.state
        if state["bit_generator"] != "PCG64":
            why = f"its generator is {state['bit_generator']}, a file keeps PCG64, which np.random.default_rng makes"
            raise ArgumentValueError(f"{tree.label(layer)}: cannot be saved: {why}")
        inner = [state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]]
        position["state"] = [str(number) for number in inner]
    return position


def reserve(net: Sequential, counts: Any) -> dict[str, Array]:
    """Give the optimizer its counts, if it has any, and its vectors; return the parts of these that are to be read into."""
    if counts is None:
        return {}
    counts = {name: _whole(counts[name], 1 << 63) for name in binding.COUNTS}
    size = tree.vectors(net).params.size
    vectors = {slot: aligned_empty((size,), net._dtype) for slot in binding.vector_names(net.optimizer)}
    binding.restore(net.optimizer, net.identity, counts, vectors)
    return weights.slots(net, vectors)


def restore_generators(net: Sequential, value: Any) -> None:
    """Put the generators of a built network where they stood, and the flags of its layers.

    Raises:
        RefusedError: If one is no state of a PCG64, or the layers are others.
    """
    layers, positions = dict(tree.paths(net)), value["generators"]
    if positions.keys() != layers.keys():
        raise RefusedError(f"generators of other layers: {shown(sorted(positions.keys() ^ layers.keys()))}")
    net.shuffles = _whole(value["shuffles"], 1 << 63)
    for path, layer in layers.items():
        position = positions[path]
        key = tuple(_whole(number, 1 << 32) for number in position["spawn_key"])
        if len(key) > 32:
            raise RefusedError("a spawn_key of more than 32 numbers")
        layer._seeds = np.random.SeedSequence(_digits(position["entropy"]), spawn_key=key)
        if layer.is_network:
            children: Any = layer.seeds  # type: ignore[attr-defined]
            children.entropy, children.taken = _digits(position["own_entropy"]), _whole(position["taken"], 1 << 32)
        # the first files had no flags
        trainable, multiplier = position.get("flags", (layer.trainable, layer.learning_rate_multiplier))
        layer._trainable = arguments.flag(layer, "trainable", trainable)
        layer._multiplier = float(arguments.number(layer, "learning_rate_multiplier", multiplier, "[0, inf)"))
        vars(layer).pop("rng", None)
        if position["state"] is not None:
            state, inc, has, rest = (_digits(number) for number in position["state"])
            if has > 1 or rest >= 1 << 32 or not inc % 2:
                raise RefusedError("no state of a PCG64")
            inner = {"state": state, "inc": inc}
            layer.rng.bit_generator.state = {"bit_generator": "PCG64", "state": inner, "has_uint32": has, "uinteger": rest}
    net._flags_changed()


def _whole(value: Any, below: int) -> int:
    return arguments.integer("the state", "a count", value, f"[0, {below})")


def _digits(value: Any) -> int:
    """Return a whole number of up to 128 bits from its decimal digits: in JSON it would be rounded by others."""
    sound = isinstance(value, str) and len(value) < 40 and value.isascii() and value.isdigit()
    if not sound or int(value) >> 128:
        raise RefusedError(f"no whole number of at most 128 bits: {shown(value)}")
    return int(value)
