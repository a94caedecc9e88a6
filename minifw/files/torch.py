"""The arrays of a network as PyTorch names them and orders their axes, there and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .._typing import Array, Shape
from ..definitions import constructor
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..layers.activations import PReLU
from ..layers.dense import Dense
from ..layers.normalization import Normalizer
from ..network import tree
from ..network.entries import Entry
from ..network.network import Network
from .layout import Layouts, same

NAMES = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "scale": "weight", "alpha": "weight", "beta": "bias"}
NAMES |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""

IGNORED = "num_batches_tracked"
"""A count that BatchNorm keeps there, and nobody here."""

EPSILON = 1e-5
"""PyTorch's, where nobody has said another."""


class Turn(NamedTuple):
    """How an array is ordered there and here.

    Attributes:
        there: Its shape there.
        axes: In which order its axes come here; `None` if it is flattened instead.
        places: Where the numbers here lie in that.
    """

    there: Shape
    axes: tuple[int, ...] | None
    places: Any = ...

    def bring(self, array: Array) -> Array:
        """Return an array of PyTorch's as it is here."""
        found: Array = self._seen(array)[self.places]
        return found

    def send(self, array: Array) -> Array:
        """Return an array as it is in PyTorch, a copy."""
        sent = np.empty(self.there, array.dtype)
        self._seen(sent)[self.places] = array
        return sent

    def _seen(self, array: Array) -> Array:
        return array.reshape(-1) if self.axes is None else array.transpose(self.axes)


def turn(entry: Entry, layouts: Layouts) -> Turn:
    """Return how an array is ordered in PyTorch: an output axis first, and the places of what was flattened as there.

    Raises:
        ArgumentValueError: If that cannot be told.
    """
    layer, array, flow = entry.layer, entry.array, layouts.inputs[id(entry.layer)]
    shape, kernel, doubt = flow.places.shape, entry.key == "kernel", layouts.refused.get(id(layer), "")
    turned = Turn(array.shape, tuple(range(array.ndim)))
    if kernel:
        *window, inputs, outputs = array.shape
        turned = Turn((outputs, inputs, *window), (*range(2, array.ndim), 1, 0))
    elif isinstance(layer, PReLU) and len(shape) > 1:
        turned = Turn((array.size,), None, same(array.shape))
    if len(shape) == 1:
        along = array.size > 1 and entry.key != "bias"
    else:
        along = not kernel and (array.shape == shape or (array.ndim > 1 and isinstance(layer, Normalizer)))
    if along and not flow.has(same):
        fits = isinstance(layer, (Dense, Normalizer, PReLU)) and (kernel or array.shape == shape)
        doubt = doubt or flow.doubt or ("" if fits else tree.label(layer))
        there, axes = turned[:2] if kernel else ((shape[-1], *shape[:-1]), None)
        turned = Turn(there, axes, flow.places)
    if doubt:
        raise ArgumentValueError(
            f"{entry.name}: in which order PyTorch has it cannot be told: it depends on how {doubt} has its axes there; put "
            "it in order by hand, or say the order with Permute before the layer that flattens"
        )
    return turned


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
    sources, layouts = by_order(net, names), Layouts(net)
    arrays = {sources[entry.name]: turn(entry, layouts).send(entry.array) for entry in net.entries()}
    return {name: arrays[name] for name in names if name in arrays}


def warn_of_epsilon(layers: Iterable[Any]) -> None:
    """Warn once of layers that took weights from PyTorch and have this package's own epsilon, which is another."""
    which = ", ".join(
        f"{tree.label(layer)} has {layer.epsilon:g}"
        for layer in layers
        if vars(layer).get("epsilon", EPSILON) == constructor(type(layer)).get("epsilon") != EPSILON
    )
    if which:
        warnings.warn(
            f"load_weights: {which} as epsilon, its own default; PyTorch's is another, {EPSILON:g} in most layers, and not "
            "among the weights: make the layer with the module's, epsilon=...",
            stacklevel=4,
        )
