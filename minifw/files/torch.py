"""The arrays of a network as PyTorch names them and orders their axes, there and back."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from .._typing import Array, Shape
from ..definitions import constructor
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..layers.activated import Activated, Activation
from ..layers.activations import PReLU
from ..layers.base import Layer
from ..layers.batch_normalization import BatchNormalization
from ..layers.branches import Branches
from ..layers.chain import Chain
from ..layers.dense import Dense
from ..layers.normalization import Normalizer, sample_axes
from ..layers.residual import Residual
from ..layers.shapes import Flatten, Permute, Reshape
from ..network import tree
from ..network.entries import Entry
from ..network.network import Network

NAMES = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "scale": "weight", "alpha": "weight", "beta": "bias"}
NAMES |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""

IGNORED = "num_batches_tracked"
"""A count that BatchNorm keeps there, and nobody here."""

EPSILON = 1e-5
"""PyTorch's, where nobody has said another."""


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


# -- what flows between two layers: channels come first there ---------------------------------------------------------


def same(shape: Shape) -> Array:
    """Return the places of a sample that is the same in PyTorch."""
    return np.arange(math.prod(shape)).reshape(shape)


def first(shape: Shape) -> Array:
    """Return the places of a sample that has its channels first in PyTorch."""
    return np.moveaxis(same((shape[-1], *shape[:-1])), 0, -1)


class Flow(NamedTuple):
    """What flows between two layers.

    Attributes:
        places: Where each number of a sample here lies in a sample of PyTorch's, once that is flattened.
        channels: Whether the last axis here are channels, which come first there.
        doubt: What makes the places a guess, unless they are the same in both.
        along: The layers whose arrays lie along a vector that this is or was made from.
    """

    places: Array
    channels: bool = False
    doubt: str = ""
    along: tuple[Layer, ...] = ()

    def has(self, order: Callable[[Shape], Array]) -> bool:
        """Whether the places are `same` or `first`, which is the same for one channel or one place."""
        return np.array_equal(self.places, order(self.places.shape))

    def lost(self, layer: Layer, shape: Shape) -> Flow:
        """Return what comes out of a layer that leaves nothing known."""
        return Flow(np.full(shape, -1), doubt=tree.label(layer), along=self.along)

    def through(self, layer: Layer, shape: Shape) -> Flow:
        """Return what comes out of a layer of which only this is known: it gives the same where it gets the same."""
        known = self.has(same) and not self.channels
        return Flow(same(shape), along=self.along) if known else self.lost(layer, shape)


def flows(net: Network) -> dict[int, Flow]:
    """Return what comes into each layer of a built network, by its `id`; what the network is part of says what comes in."""
    while (around := tree.owner(net)) is not None:
        net = around
    shape, inputs = net.input_shape or (), dict[int, Flow]()
    _walk(net, Flow(first(shape), True, f"the input of {tree.label(net)}") if len(shape) > 2 else Flow(same(shape)), inputs)
    return inputs


def _walk(layer: Layer, flow: Flow, inputs: dict[int, Flow]) -> Flow:
    """Note what comes into a layer and all inside it, and return what goes out."""
    inputs[id(layer)], shape = flow, flow.places.shape
    if isinstance(layer, Branches):
        return _joined(layer, flow, [_walk(inner, flow, inputs) for inner in layer.layers])
    after = flow if isinstance(layer, Chain) else _after(layer, flow, inputs)
    if vars(layer.params) and len(shape) == after.places.ndim == 1:
        after = after._replace(along=(*after.along, layer))
    for _, inner, inner_shape in layer.children(shape):
        if isinstance(layer, (Chain, Activated, Activation)):
            after = _walk(inner, after, inputs)
        else:
            _walk(inner, flow.through(layer, inner_shape or ()), inputs)
    return _joined(layer, flow, [flow, after]) if isinstance(layer, Residual) else after


def _after(layer: Layer, flow: Flow, inputs: dict[int, Flow]) -> Flow:
    """Return what a single layer makes of what comes in."""
    shape = flow.places.shape
    out, rank = tree.shape_after(layer, shape), len(shape)
    axes = sample_axes(layer, "axis", layer.axis, rank + 1) if isinstance(layer, Normalizer) else ()
    if isinstance(layer, (Flatten, Reshape)):
        return flow._replace(places=flow.places.reshape(out), channels=flow.channels and len(out) > 1)
    normalized = isinstance(layer, BatchNormalization) and rank > 1 and axes == (rank,)
    if normalized or hasattr(layer, "data_format"):  # as all have whose last axis are channels
        if not flow.has(first):  # made from a vector, which PyTorch divides in another order
            inputs |= {id(before): flow.lost(layer, inputs[id(before)].places.shape) for before in flow.along}
        return Flow(first(out), len(out) > 1)
    if isinstance(layer, Permute):
        turned = Flow(flow.places.transpose([axis - 1 for axis in layer.dims]), along=flow.along)
        return turned if turned.has(same) else flow.lost(layer, out)
    if isinstance(layer, Dense) and rank == 1:
        return Flow(same(out))
    if layer.elementwise or isinstance(layer, Activation) or len(axes) == rank:
        return flow
    return flow.through(layer, out)


def _joined(layer: Layer, flow: Flow, ways: list[Flow]) -> Flow:
    """Return what is added or joined, where all have one order."""
    out = tree.shape_after(layer, flow.places.shape)
    along = tuple(before for way in ways for before in way.along)
    doubt = ways[0].doubt if all(way.doubt for way in ways) else ""
    for order, channels in ((same, False), (first, True)):
        if all(way.has(order) and way.channels == channels for way in ways):
            return Flow(order(out), channels, doubt, along)
    return ways[0]._replace(along=along).lost(layer, out)


# -- arrays -----------------------------------------------------------------------------------------------------------


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
