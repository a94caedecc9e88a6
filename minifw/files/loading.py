"""Weights into a network: from a file, of PyTorch or Keras too, or from a dictionary of arrays."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..errors import ArgumentTypeError, ArgumentValueError, ModelFormatError, nearest, shown
from ..network.network import Network
from . import keras, torch
from .layout import Layouts
from .safetensors import Reader, Tensor
from .weights import listed, tensors, views, warn_of_nonfinite


def load_weights(net: Network, filepath: Any, skip_mismatch: bool, mapping: Mapping[str, str] | None) -> None:
    """Load parameters and state; `Sequential.load_weights` says how."""
    arguments.flag("load_weights", "skip_mismatch", skip_mismatch)
    arrays = views(net)
    with _opened(filepath) as file:
        there = tensors(file)
        sources = _sources(net, file, mapping)
        turns = _turns(net, sources)
        wrong = {name: _mismatch(name, source, file, turns.get(name), arrays[name]) for name, source in sources.items()}
        wrong = {name: why for name, why in wrong.items() if why}
        extra = [] if mapping is not None else [f"{shown(name)} is too much" for name in set(there) - {*sources.values()}]
        misfits = listed([*wrong.values(), *sorted(extra)], "; ")
        if misfits and not skip_mismatch:
            both = f"; {torch.lists(net, there)}" if _is_ordered(net, file, mapping) else ""
            raise file.fail(f"the arrays do not fit the network: {misfits}{both}")
        fitting = {name: source for name, source in sources.items() if name not in wrong}
        values = file.read({source: np.empty(there[source].shape, there[source].dtype) for source in fitting.values()})
    if misfits:
        warnings.warn(f"load_weights: {file.path}: left alone: {misfits}", stacklevel=3)
    with np.errstate(over="ignore"):
        for name, source in fitting.items():
            value = values[source]
            arrays[name][...] = turns[name].bring(value) if name in turns else value
    torch.warn_of_epsilon({entry.layer: None for entry in net.entries() if entry.name in turns and entry.name in fitting})
    warn_of_nonfinite(f"load_weights: {file.path}", {name: arrays[name] for name in fitting}, stacklevel=4)


class Arrays:
    """Arrays in memory, which are read as those of a file are.

    Args:
        values: The arrays by name, or what NumPy can make one of, such as a tensor of PyTorch.
        path: The file of Keras that they come from, if they come from one.

    Raises:
        ArgumentTypeError: If a name or an array is none.
    """

    def __init__(self, values: Mapping[Any, Any], path: str = "") -> None:
        self._arrays = {name: _as_array(name, value) for name, value in values.items() if not _is_count(name)}
        self.tensors = {name: Tensor(array.dtype, array.shape, 0, 0) for name, array in self._arrays.items()}
        self.path, self.kind = path or "the dictionary", "keras" if path else "dictionary"

    def fail(self, reason: str) -> ArgumentValueError | ModelFormatError:
        """Return the error for these arrays."""
        if self.kind == "dictionary":
            return ArgumentValueError(f"load_weights: {self.path}: {reason}")
        return ModelFormatError(f"{self.path}: {reason}", path=self.path, offset=None, reason=reason)

    def read(self, into: Mapping[str, Array]) -> dict[str, Array]:
        """Return copies of some arrays."""
        return {name: self._arrays[name].copy() for name in into}


def _opened(filepath: Any) -> AbstractContextManager[Reader | Arrays]:
    """Return a dictionary or a file, of whichever kind it is, as something that is read alike."""
    if isinstance(filepath, Mapping):
        return nullcontext(Arrays(filepath))
    path = os.fsdecode(filepath)
    return nullcontext(Arrays(keras.read(path), path)) if keras.recognized(path) else Reader(path)


def _kind(file: Reader | Arrays) -> str:
    return file.kind if isinstance(file, Arrays) else "safetensors"


def _is_count(name: Any) -> bool:
    if not isinstance(name, str):
        raise ArgumentTypeError(f"load_weights: the names in a dictionary of arrays are strings, got {shown(name)}")
    return name.rpartition(".")[2] == torch.IGNORED


def _as_array(name: str, value: Any) -> Array:
    try:
        return np.asarray(value.detach() if hasattr(value, "detach") else value)  # a parameter of PyTorch has a gradient
    except Exception as error:  # whatever another library says to a dtype or a device that NumPy has not
        raise ArgumentTypeError(
            f"load_weights: {shown(name)} cannot be made an array of NumPy: {error}; for a tensor of PyTorch try "
            "module.float().cpu().state_dict()"
        ) from error


def _sources(net: Network, file: Reader | Arrays, mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Return the name there for each array of the network."""
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ArgumentTypeError(f"load_weights: mapping must be {{name here: name there}}, got {shown(mapping)}")
    if _is_ordered(net, file, mapping):
        return torch.by_order(net, file.tensors)
    layers = torch.layers_with_arrays(net)
    sources = {entry.name: entry.name for layer in layers.values() for entry in layer}
    modules: dict[str, str] = keras.groups(net) if _kind(file) == "keras" else {}
    modules = {layer: module for layer, module in modules.items() if layer in layers}
    for here, there in (mapping or {}).items():
        if here not in sources and here not in layers:
            names = {*sources, *layers}
            raise ArgumentValueError(f"load_weights: mapping: no array or layer {shown(here)}{nearest(str(here), names)}")
        if here in layers:
            modules[here] = there
    for layer, module in modules.items():
        for number, entry in enumerate(layers[layer]):
            leaf = f"/vars/{number}" if _kind(file) == "keras" else f".{torch.NAMES.get(entry.key, entry.key)}"
            sources[entry.name] = f"{module}{leaf}"
    return sources | {here: there for here, there in (mapping or {}).items() if here in sources}


def _is_ordered(net: Network, file: Reader | Arrays, mapping: Mapping[str, str] | None) -> bool:
    """Whether modules match layers by order: in a dictionary that knows no name of the network."""
    return _kind(file) == "dictionary" and mapping is None and not {e.name for e in net.entries()} & file.tensors.keys()


def _turns(net: Network, sources: Mapping[str, str]) -> dict[str, torch.Turn]:
    """Return how the axes are ordered there, for all arrays that come from PyTorch."""
    foreign = [entry for entry in net.entries() if torch.is_foreign(entry.key, sources[entry.name])]
    layouts = Layouts(net) if foreign else None
    return {entry.name: torch.turn(entry, layouts) for entry in foreign} if layouts is not None else {}


def _mismatch(name: str, source: str, file: Reader | Arrays, turn: torch.Turn | None, array: Array) -> str:
    """Return why what is there cannot become an array of the network, or nothing."""
    tensor, place = file.tensors.get(source), "dictionary" if _kind(file) == "dictionary" else "file"
    at = name if source == name else f"{name}, {shown(source)} in the {place},"
    if tensor is None:
        return f"{at} is missing"
    shape = array.shape if turn is None else turn.there
    if tensor.shape != shape:
        return f"{at} has shape {tensor.shape}, not {shape}"
    return "" if tensor.dtype.kind == "f" else f"{at} has dtype {tensor.dtype.name}, not {array.dtype.name}"
