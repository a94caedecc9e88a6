"""A whole network in one file: its configuration, weights, state, and how far its training has come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..config import Configurable, resolve, revived
from ..errors import ArgumentTypeError, ArgumentValueError, UsageError, shown
from ..network import build, tree
from ..optimizers import binding
from . import json, training, weights
from .json import RefusedError
from .safetensors import MAX_HEADER, Packed, Reader
from .weights import FORMAT

if TYPE_CHECKING:
    from ..network.network import Network
    from ..sequential import Sequential

LONGEST, MOST_LAYERS = 1_000_000, 10_000
"""The longest configuration that is read, and the most objects in it."""

METRICS = ("metrics", "weighted_metrics")


def save(self: Sequential, filepath: Any, overwrite: bool = True) -> None:
    """Save the network to one file: architecture, weights, state, and if compiled the optimizer, loss and metrics.

    A crash or a full disk leaves the old file or the new one, never half of one. A network that was loaded goes on
    training with the same bits.

    Args:
        filepath: The file; by custom its name ends in `.safetensors`.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        UsageError: If the network is not built, or part of another.
        ArgumentTypeError: If it holds what cannot be written down, such as a lambda, or a class of your own that is named
            like a built-in one; `save_weights` still works.
        OSError: If the file cannot be written; what was there before is untouched then.

    Example:
        >>> import minifw, os, tempfile
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)], seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(os.path.join(folder, "net.safetensors"))
        ...     same = minifw.load_model(os.path.join(folder, "net.safetensors"))
        >>> same.fingerprint() == net.fingerprint()
        True
    """
    arguments.flag("save", "overwrite", overwrite)
    packed(self).write(filepath, overwrite)


def fingerprint(self: Sequential) -> str:
    """Return one hash over weights, state, optimizer, generators and configuration: 64 hexadecimal digits.

    Two networks with the same fingerprint go on with the same bits. It is the digest of the file that `save` writes.
    """
    return packed(self).digest()


def packed(net: Sequential, more: Mapping[str, str] | None = None, beside: Mapping[str, Array] | None = None) -> Packed:
    """Return the file of a network, with some more strings and arrays in it."""
    if tree.owner(net) is not None:
        raise UsageError(f"{tree.label(net)} is part of another network; save that one, or copy.deepcopy this one")
    arrays = weights.views(net)
    if wrong := misfits(net, _planned(net, net.input_shape or ()), None, arrays):
        raise UsageError(f"{tree.label(net)}: cannot be saved: an attribute that build() reads was changed since: {wrong}")
    counts, vectors = binding.saved(net.optimizer, net.identity) if net.metrics is not None else (None, {})
    metadata = {
        "format": "np", "minifw.format": str(FORMAT), "minifw.config": json.written(written(net, net)),
        "minifw.training": json.written({"compiled": compilation(net, counts), **training.generators(net)}),
        **(more or {}),
    }
    return Packed({**arrays, **weights.slots(net, vectors), **(beside or {})}, metadata)


def written(owner: Network, value: Configurable | None) -> Any:
    """Return a configuration as plain data, checked for what a reader would refuse.

    Raises:
        ArgumentTypeError: If it holds what cannot be written down, such as a lambda.
        ArgumentValueError: If it is too deep or too long, or holds a NaN or an infinity.
    """
    try:
        return None if value is None else json.read(json.written(value._written()), longest=LONGEST)
    except RefusedError as error:
        text = f"{tree.label(owner)}: cannot be saved: the configuration of {value!r} is {error}"
        raise ArgumentValueError(text) from error


def compilation(net: Sequential, counts: Mapping[str, int] | None) -> dict[str, Any] | None:
    """Return what a network was compiled with as plain data.

    Args:
        net: The network.
        counts: Those of its optimizer, if that has made a step and so has arrays.
    """
    if net.metrics is None:
        return None
    metrics = zip(METRICS, (net.metrics.plain, net.metrics.weighted), strict=True)
    return {
        "optimizer": written(net, net.optimizer), "loss": written(net, net.loss), "counts": counts,
        **{name: [[key, written(net, metric)] for key, metric in group.items()] for name, group in metrics},
    }


def load_model(
    filepath: Any, custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True, max_header: int = MAX_HEADER,  # noqa: A002 (Keras' name)
) -> Sequential:
    """Return the network that a file holds. Nothing in the file is ever run, imported or opened.

    Args:
        filepath: What `net.save` wrote.
        custom_objects: Classes and functions of your own by name; they come before those of minifw.
        compile: Whether to restore optimizer, loss, metrics and generators too.
        max_header: The longest header that is read, in bytes.

    Raises:
        ModelFormatError: If the file is no sound model file; it carries `path`, `offset` and `reason`.
        OSError: If it cannot be read.
    """
    arguments.flag("load_model", "compile", compile)
    arguments.integer("load_model", "max_header", max_header)
    if not isinstance(custom_objects, (Mapping, NoneType)):
        wanted = "load_model: custom_objects must be a dictionary of classes by name, such as {'Mine': Mine}"
        raise ArgumentTypeError(f"{wanted}, got {shown(custom_objects)}")
    with Reader(filepath, max_header) as file, file.described():
        check_format(file)
        net = _loaded(file, custom_objects or {}, compile)
    weights.warn_of_nonfinite(f"load_model: {file.path}", weights.views(net))
    return net


def check_format(file: Reader) -> None:
    """Raise a `ModelFormatError` unless this is a file that `net.save` of this version or an older one wrote."""
    number = file.metadata.get("minifw.format", "")
    if not number or "minifw.config" not in file.metadata:
        raise file.fail("it holds arrays but no network; build the network and use net.load_weights", 8)
    if not number.isascii() or not number.isdigit() or len(number) > 9 or int(number) < 1:
        raise file.fail("minifw.format is no number", 8)
    if int(number) > FORMAT:
        raise file.fail(f"written by format {number}, this minifw reads <= {FORMAT}; install a newer one", 8)


def progress_of(file: Reader) -> dict[str, Any]:
    """Return what a file says of training."""
    progress = json.read(file.metadata.get("minifw.training", "{}"))
    if not isinstance(progress, dict):
        raise RefusedError("minifw.training is no object")
    return progress


def misfits(net: Sequential, shapes: Mapping[str, tuple[Shape, bool]], counts: Any, arrays: Mapping[str, Any]) -> str:
    """Return which arrays of a network's file are missing, too much or of another shape or dtype; nothing if all fit.

    Args:
        net: The network.
        shapes: The shape of each of its arrays by name, and whether that is a parameter.
        counts: Those of its optimizer, if that had made a step and so had arrays.
        arrays: What there is, arrays or tensors of a file.
    """
    slots = binding.vector_names(net.optimizer) if counts is not None else ()
    expected = {name: shape for name, (shape, _) in shapes.items()}
    expected |= {f"{slot}/{name}": shape for slot in slots for name, (shape, trained) in shapes.items() if trained}
    lines = [f"{name} is missing" for name in expected if name not in arrays]
    lines += [f"{shown(name)} is too much" for name in arrays if name not in expected]
    for name, array in arrays.items():
        if name in expected and (array.shape != expected[name] or array.dtype != net.dtype):
            lines.append(f"{name} is {array.dtype.name} {array.shape}, not {net.dtype} {expected[name]}")
    return weights.listed(lines, "; ")


def _planned(net: Sequential, input_shape: Shape) -> dict[str, tuple[Shape, bool]]:
    return {name: (param.shape, param.trainable) for name, param in build.declared(build.plan(net, input_shape))}


def _loaded(file: Reader, custom_objects: Mapping[str, Any], trained: bool) -> Sequential:
    """Build the network, once every array is known to lie in the file, and read into it."""
    net, shape = _network(json.read(file.metadata["minifw.config"], longest=LONGEST), custom_objects)
    progress = progress_of(file) if trained else {"compiled": None}
    compiled = progress["compiled"]
    if compiled is not None:
        _compile(net, compiled, custom_objects)
    counts = compiled and compiled["counts"]
    tensors = weights.tensors(file, training.PREFIX if trained else weights.BESIDE)  # without those of a checkpoint
    if wrong := misfits(net, _planned(net, shape), counts, tensors):
        raise file.fail(f"the arrays do not fit the network: {wrong}")
    build.build(net, shape, np.dtype(net.dtype), net.seeds, initialize=False)
    file.read({**weights.views(net), **training.reserve(net, counts)})
    if trained:
        training.restore_generators(net, progress)
    return net


def _network(value: Any, custom_objects: Mapping[str, Any]) -> tuple[Sequential, Shape]:
    """Return an unbuilt network and the shape of the samples it was built for.

    Raises:
        RefusedError: If the configuration is that of no network, or wrong anywhere; it names the place then.
    """
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise RefusedError(f"no configuration: {shown(value)}")
    net = _made("layer", value, custom_objects, "the network")
    if not net.is_network or not hasattr(net, "compile"):
        raise RefusedError(f"{shown(value.get('class'))} is a layer, not a network")
    return net, arguments.shape(net, "input_shape", value["config"].get("input_shape"))


def _compile(net: Sequential, value: Any, custom_objects: Mapping[str, Any]) -> None:
    """Compile an unbuilt network as another was."""
    loss = value["loss"] if value["loss"] is None else _made("loss", value["loss"], custom_objects, "the loss")
    optimizer = _made("optimizer", value["optimizer"], custom_objects, "the optimizer")
    groups = []
    for name in METRICS:
        groups.append({key: _made("metric", metric, custom_objects, f"{name}: {shown(key)}") for key, metric in value[name]})
        if len(groups[-1]) != len(value[name]) or not all(isinstance(key, str) for key in groups[-1]):
            raise RefusedError(f"{name}: the keys must be different names")
    net.compile(optimizer, loss, *(list(group.values()) for group in groups))
    assert net.metrics is not None
    net.metrics.plain, net.metrics.weighted = groups  # under the keys they had


def _made(kind: str, value: Any, custom_objects: Mapping[str, Any], where: str) -> Any:
    """Return the object that a configuration describes; networks inside it stay unbuilt.

    Raises:
        RefusedError: If there is no such class, or the class refuses its arguments.
        MinifwError: If it is no object of that kind.
    """
    make = partial(_object, layers_left=iter(range(MOST_LAYERS)))
    return resolve(kind, revived(value, custom_objects, where, make), where)


def _object(value: dict[str, Any], custom: Mapping[str, Any], where: str, layers_left: Iterator[int]) -> Any:
    """Return one object; those among its arguments are there already."""
    if next(layers_left, None) is None:
        raise RefusedError(f"more than {MOST_LAYERS:,} layers")
    kind, name, config = value["kind"], value["class"], value["config"]
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(config, dict):
        raise RefusedError(f"{where}: kind and class must be names and config an object, got {shown(value)}")
    try:
        if kind == "layer" and config.keys() >= {"layers", "dtype", "seed"}:
            return _unbuilt(value, custom)
        rate = config.get("learning_rate")  # a function is written down by its name: only the caller can say which one
        known = {"learning_rate": custom[rate]} if isinstance(rate, str) and rate in custom else {}
        return resolve(kind, {**value, "config": {**config, **known}}, "", custom)
    except Exception as error:  # whatever a constructor says to wrong arguments
        hint = ""
        if name not in custom and "unknown" in str(error).split(shown(name))[0]:
            hint = f"; for a class of your own pass custom_objects={{{shown(name)}: ...}}"
        message = str(error) if len(str(error)) <= 300 else f"{str(error)[:297]}..."
        raise RefusedError(f"{where}: {shown(name)}: {message}{hint}") from error


def _unbuilt(value: dict[str, Any], custom: Mapping[str, Any]) -> Any:
    """Return a network; one that knows its shape would build itself, with whatever sizes the file claims."""
    config, layers = value["config"], value["config"]["layers"]
    empty = {**config, "layers": [], "input_shape": None, "input_dim": None}
    net: Any = resolve("layer", {**value, "config": empty}, "", custom)
    if not net.is_network or not isinstance(layers, list):
        raise RefusedError("no network, or its layers are no list")
    net._replace_layers(tuple(layers))
    return net
