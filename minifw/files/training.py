"""What a training in progress is, as plain values and named arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..engine.buffers import aligned_empty
from ..errors import ArgumentTypeError, ArgumentValueError, MinifwError, shown
from ..network import tree
from ..optimizers import binding
from . import architecture, tensors
from .architecture import RefusedError

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
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [encoded(item, arrays) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encoded(item, arrays) for key, item in value.items()}}
    raise ArgumentTypeError(
        f"a checkpoint keeps numbers, strings, arrays, None, and lists and dictionaries of them, not {shown(value)}"
    )


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


def written(net: Sequential, counts: Mapping[str, int] | None) -> dict[str, Any]:
    """Return all of it as plain data.

    Args:
        net: The network.
        counts: Those of its optimizer, if that has made a step and so has arrays.
    """
    compiled = None
    if net.metrics is not None:
        compiled = {
            "optimizer": architecture.written(net, net.optimizer),
            "loss": architecture.written(net, net.loss),
            "metrics": [[key, architecture.written(net, metric)] for key, metric in net.metrics.plain.items()],
            "weighted_metrics": [[key, architecture.written(net, metric)] for key, metric in net.metrics.weighted.items()],
            "counts": counts,
        }
    generators = {path: _generator(layer) for path, layer in tree.paths(net)}
    return {"compiled": compiled, "shuffles": net.shuffles, "generators": generators}


def _generator(layer: Layer) -> dict[str, Any]:
    """Return where a layer's generator stands, and its flags: in a configuration those of layers made by layers are lost."""
    seeds, rng = layer._seeds, vars(layer).get("rng")
    assert seeds is not None
    found: dict[str, Any] = {"entropy": str(seeds.entropy), "spawn_key": list(seeds.spawn_key), "state": None}
    found["flags"] = [layer.trainable, layer.learning_rate_multiplier]
    if layer.owns_vectors:
        own = layer.seeds  # type: ignore[attr-defined]
        found |= {"own_entropy": str(own.entropy), "taken": own.taken}
    if rng is not None:
        state = rng.bit_generator.state
        if state["bit_generator"] != "PCG64":
            raise ArgumentValueError(
                f"{tree.label(layer)}: cannot be saved: its generator is {state['bit_generator']}, a file keeps PCG64, "
                "which np.random.default_rng makes"
            )
        inner = [state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]]
        found["state"] = [str(number) for number in inner]
    return found


def compile_as(net: Sequential, value: Any, custom_objects: Mapping[str, Any]) -> None:
    """Compile an unbuilt network as another was.

    Raises:
        RefusedError: If the optimizer, the loss or a metric cannot be made.
    """
    if value is None:
        return
    loss = value["loss"]
    made = architecture.made
    metrics, weighted = (_metrics(value[name], custom_objects, name) for name in ("metrics", "weighted_metrics"))
    optimizer = made("optimizer", value["optimizer"], custom_objects, "the optimizer")
    made_loss = None if loss is None else made("loss", loss, custom_objects, "the loss")
    try:
        net.compile(optimizer, made_loss, list(metrics.values()), list(weighted.values()))
    except MinifwError as error:
        raise RefusedError(str(error)) from error
    assert net.metrics is not None
    net.metrics.plain, net.metrics.weighted = metrics, weighted  # under the keys they had


def _metrics(value: Any, custom_objects: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = {key: architecture.made("metric", item, custom_objects, f"{name}: {shown(key)}") for key, item in value}
    if len(found) != len(value) or not all(isinstance(key, str) for key in found):
        raise RefusedError(f"{name}: the keys must be different names")
    return found


def expected(net: Sequential, value: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return shape and dtype of every array that the optimizer must find in the file.

    Args:
        net: The network.
        value: What `written` made of its compilation.
        params: Shape and dtype of its parameters by name.
    """
    if value is None or value["counts"] is None:
        return {}
    return {f"{slot}/{name}": wanted for slot in binding.vector_names(net.optimizer) for name, wanted in params.items()}


def reserve(net: Sequential, value: Any) -> dict[str, Array]:
    """Give the optimizer its counts and its vectors, and return the parts of these that are to be read into."""
    if value is None or value["counts"] is None:
        return {}
    counts = {name: _whole(value["counts"][name], 1 << 63) for name in binding.COUNTS}
    size = tree.vectors(net).params.size
    vectors = {slot: aligned_empty((size,), net._dtype) for slot in binding.vector_names(net.optimizer)}
    binding.restore(net.optimizer, net.identity, counts, vectors)
    return {f"{slot}/{name}": part for slot, vector in vectors.items() for name, part in tensors.cut(net, vector)}


def restore_generators(net: Sequential, value: Any) -> None:
    """Put the generators of a built network where they stood, and the flags of its layers.

    Raises:
        RefusedError: If one is no state of a PCG64, or the layers are others.
    """
    layers, generators = dict(tree.paths(net)), value["generators"]
    if generators.keys() != layers.keys():
        raise RefusedError(f"generators of other layers: {shown(sorted(generators.keys() ^ layers.keys()))}")
    net.shuffles = _whole(value["shuffles"], 1 << 63)
    for path, layer in layers.items():
        given = generators[path]
        key = tuple(_whole(number, 1 << 32) for number in given["spawn_key"])
        if len(key) > 32:
            raise RefusedError("a spawn_key of more than 32 numbers")
        layer._seeds = np.random.SeedSequence(_digits(given["entropy"]), spawn_key=key)
        if layer.owns_vectors:
            own = layer.seeds  # type: ignore[attr-defined]
            own.entropy, own.taken = _digits(given["own_entropy"]), _whole(given["taken"], 1 << 32)
        trainable, multiplier = given.get("flags", (layer.trainable, layer.learning_rate_multiplier))  # the first had none
        layer._trainable = arguments.flag(layer, "trainable", trainable)
        layer._multiplier = float(arguments.number(layer, "learning_rate_multiplier", multiplier, "[0, inf)"))
        vars(layer).pop("rng", None)
        if given["state"] is not None:
            state, inc, has, rest = (_digits(number) for number in given["state"])
            if has > 1 or rest >= 1 << 32 or not inc % 2:
                raise RefusedError("no state of a PCG64")
            layer.rng.bit_generator.state = {
                "bit_generator": "PCG64",
                "state": {"state": state, "inc": inc},
                "has_uint32": has,
                "uinteger": rest,
            }
    net._flags_changed()


def _whole(value: Any, below: int) -> int:
    number = arguments.integer("the state", "a count", value, "[0, inf)")
    if number >= below:
        raise RefusedError(f"a count of {number}")
    return number


def _digits(value: Any) -> int:
    """Return a whole number of up to 128 bits from its decimal digits: in JSON it would be rounded by others."""
    if not isinstance(value, str) or not 0 < len(value) < 40 or not (value.isascii() and value.isdigit()):
        raise RefusedError(f"no whole number: {shown(value)}")
    number = int(value)
    if number >> 128:
        raise RefusedError(f"no number of 128 bits: {value}")
    return number
