"""The arrays of a network as PyTorch names them and orders their axes, there and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._typing import Array
from ..definitions import constructor
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..layers.activations import PReLU
from ..layers.dense import Dense
from ..layers.normalization import Normalizer
from ..network import tree
from ..network.entries import Entry
from ..network.network import Network
from .layout import Flow, flows, same

NAMES = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "scale": "weight", "alpha": "weight", "beta": "bias"}
NAMES |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""

IGNORED = "num_batches_tracked"
"""A count that BatchNorm keeps there, and nobody here."""

EPSILON = 1e-5
"""PyTorch's, where nobody has said another."""


def orders(net: Network, entries: Iterable[Entry]) -> dict[str, Array]:
    """Return by name how each array lies in PyTorch: an array of its shape there, with the places of the numbers here.

    An output axis comes first there, and what was flattened lies as it did there.

    Raises:
        ArgumentValueError: If that cannot be told.
    """
    inputs = flows(net)
    return {entry.name: _order(entry, inputs[id(entry.layer)]) for entry in entries}


def _order(entry: Entry, flow: Flow) -> Array:
    layer, array, shape, kernel = entry.layer, entry.array, flow.places.shape, entry.key == "kernel"
    places = same(array.shape)
    if len(shape) == 1:
        along = array.size > 1 and entry.key != "bias"
    else:
        along = not kernel and (array.shape == shape or (array.ndim > 1 and isinstance(layer, Normalizer)))
    if along and not flow.has(same):
        fits = isinstance(layer, (Dense, Normalizer, PReLU)) and (kernel or array.shape == shape)
        if flow.doubt or not fits:
            why = f"cannot be told: it depends on how {flow.doubt or tree.label(layer)} has its axes there"
            remedy = "put it in order by hand, or say the order with Permute before the layer that flattens"
            raise ArgumentValueError(f"{entry.name}: in which order PyTorch has it {why}; {remedy}")
        rows = np.argsort(flow.places, axis=None)
        places = places[rows] if kernel else rows.reshape(shape[-1], *shape[:-1])
    elif isinstance(layer, PReLU):
        places = places.reshape(-1)
    return places.transpose(-1, -2, *range(array.ndim - 2)) if kernel else places


# -- modules and layers -----------------------------------------------------------------------------------------------


def by_order(net: Network, keys: Iterable[str]) -> dict[str, str]:
    """Return the name in a state dict for each array of a network, module by module in order.

    Raises:
        ArgumentValueError: If modules and layers do not agree; it shows both lists.
    """
    here, there = list(layers_with_arrays(net).values()), list(_modules(keys, ".").values())
    if [ours.keys() for ours in here] != [theirs.keys() for theirs in there]:
        raise ArgumentValueError(f"{tree.label(net)}: the modules are no match for the layers; {lists(net, keys)}")
    return {name: theirs[leaf] for ours, theirs in zip(here, there, strict=True) for leaf, name in ours.items()}


def lists(net: Network, keys: Iterable[str]) -> str:
    """Return which arrays the layers here have, and which the modules there, in order, for a message."""
    here, there = (
        ", ".join(f"{name or 'the module'} ({', '.join(leaves)})" for name, leaves in modules.items()) or "none"
        for modules in (layers_with_arrays(net), _modules(keys, "."))
    )
    return f"here are {here}, there {there}"


def layers_with_arrays(net: Network) -> dict[str, dict[str, str]]:
    """Return the names of all arrays by layer and by what PyTorch calls them."""
    layers = _modules([entry.name for entry in net.entries()], "/")
    return {layer: {NAMES.get(key, key): name for key, name in arrays.items()} for layer, arrays in layers.items()}


def _modules(names: Iterable[str], mark: str) -> dict[str, dict[str, str]]:
    """Return names by what is before the last mark and what is behind it."""
    modules: dict[str, dict[str, str]] = {}
    for name in names:
        module, _, leaf = name.rpartition(mark)
        if leaf != IGNORED:
            modules.setdefault(module, {})[leaf] = name
    return modules


def to_torch(net: Network, names: Iterable[str]) -> dict[str, Array]:
    """Return all arrays under PyTorch's names; `Sequential.to_torch` says how."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ArgumentTypeError(f"to_torch: names must be module.state_dict() or its keys, got {shown(names)}")
    names = list(names)
    sources, places = by_order(net, names), orders(net, net.entries())
    arrays = {sources[entry.name]: entry.array.take(places[entry.name]) for entry in net.entries()}
    return {name: arrays[name] for name in names if name in arrays}


def warn_of_epsilon(layers: Iterable[Any]) -> None:
    """Warn once of layers that took weights from PyTorch and have this package's own epsilon, which is another."""
    defaults = {layer: constructor(type(layer)).get("epsilon", EPSILON) for layer in layers}
    own = [layer for layer, default in defaults.items() if vars(layer).get("epsilon") == default != EPSILON]
    if own:
        which = ", ".join(f"{tree.label(layer)} has {layer.epsilon:g}" for layer in own)
        remedy = "make the layer with the module's, epsilon=..., which is not among the weights"
        text = f"{which} as epsilon, its own default; PyTorch's is another, {EPSILON:g} in most layers"
        warnings.warn(f"load_weights: {text}: {remedy}", stacklevel=4)
