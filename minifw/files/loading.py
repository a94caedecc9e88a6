"""Weights into a network: from a file, of PyTorch or Keras too, or from a dictionary of arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, DType, Shape
from ..arrays import as_numbers
from ..errors import ArgumentTypeError, ArgumentValueError, ModelFormatError, nearest, shown
from ..network.network import Network
from . import keras, torch
from .safetensors import OTHERS, Reader
from .weights import listed, tensors, views, warn_of_nonfinite


def load_weights(net: Network, filepath: Any, skip_mismatch: bool, mapping: Mapping[str, str] | None) -> None:
    """Load parameters and state; `Sequential.load_weights` says how."""
    arguments.flag("load_weights", "skip_mismatch", skip_mismatch)
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ArgumentTypeError(f"load_weights: mapping must be {{name here: name there}}, got {shown(mapping)}")
    arrays, in_dictionary = views(net), isinstance(filepath, Mapping)
    place = "the dictionary" if in_dictionary else "the file"
    path = place if in_dictionary else arguments.path("load_weights", "filepath", filepath)
    of_keras = OTHERS.get("." + path.rpartition(".")[2]) == "Keras"
    there = keras.read(path) if of_keras else _read(filepath)
    ordered = in_dictionary and mapping is None and not arrays.keys() & there.keys()
    sources = torch.by_order(net, there) if ordered else _sources(net, of_keras, mapping or {})
    foreign = [e for e in net.entries() if sources[e.name].rpartition(".")[2] == torch.NAMES.get(e.key)]
    orders = torch.orders(net, foreign) if foreign else {}
    wrong = {}
    for name, source in sources.items():
        if why := _mismatch(there.get(source), orders.get(name, arrays[name]).shape, arrays[name].dtype):
            wrong[name] = f"{name if source == name else f'{name}, {shown(source)} in {place},'} {why}"
    extra = [] if mapping is not None else [f"{shown(name)} is too much" for name in there.keys() - {*sources.values()}]
    if misfits := listed([*wrong.values(), *sorted(extra)], "; "):
        reason = f"the arrays do not fit the network: {misfits}" + (f"; {torch.lists(net, there)}" if ordered else "")
        if not skip_mismatch:
            kind = ArgumentValueError if in_dictionary else ModelFormatError
            raise kind(f"load_weights: {path}: {reason}", path=path, offset=None, reason=reason)
        warnings.warn(f"load_weights: {path}: left alone: {misfits}", stacklevel=3)
    taken = {name: there[source] for name, source in sources.items() if name not in wrong}
    with np.errstate(over="ignore"):
        for name, value in taken.items():
            arrays[name].reshape(-1)[orders[name].ravel() if name in orders else slice(None)] = value.ravel()
    torch.warn_of_epsilon({entry.layer: None for entry in foreign if entry.name in taken})
    warn_of_nonfinite(f"load_weights: {path}", {name: arrays[name] for name in taken}, stacklevel=4)


def _read(source: Any) -> dict[str, Array]:
    """Return copies of the arrays in a safetensors file or a dictionary."""
    if not isinstance(source, Mapping):
        with Reader(source) as file:
            return file.read({name: np.empty(tensor.shape, tensor.dtype) for name, tensor in tensors(file).items()})
    kept = {str(name): value for name, value in source.items() if not str(name).endswith(torch.IGNORED)}
    return {name: as_numbers(value, f"load_weights: {shown(name)}").copy() for name, value in kept.items()}


def _sources(net: Network, of_keras: bool, mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the name there for each array of the network."""
    layers = torch.layers_with_arrays(net)
    sources = {entry.name: entry.name for entry in net.entries()}
    for here in mapping.keys() - (known := {*sources, *layers}):
        raise ArgumentValueError(f"load_weights: mapping: no array or layer {shown(here)}{nearest(str(here), known)}")
    modules = {**(keras.groups(net) if of_keras else {}), **mapping}
    for layer in layers.keys() & modules.keys():
        for number, (leaf, name) in enumerate(layers[layer].items()):
            sources[name] = f"{modules[layer]}/vars/{number}" if of_keras else f"{modules[layer]}.{leaf}"
    return sources | {here: there for here, there in mapping.items() if here in sources}


def _mismatch(found: Array | None, shape: Shape, dtype: DType) -> str:
    """Return why what is there cannot become an array of the network, or nothing."""
    if found is None or found.shape != shape:
        return "is missing" if found is None else f"has shape {found.shape}, not {shape}"
    return "" if found.dtype.kind == "f" else f"has dtype {found.dtype.name}, not {dtype.name}"
