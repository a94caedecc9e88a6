"""The arrays of a network as PyTorch names them and orders their axes, there and back."""

from __future__ import annotations

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
    both = layers_with_arrays(net), _modules(keys, ".")
    here, there = ({name: [*leaves] for name, leaves in modules.items()} for modules in both)
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
        modules.setdefault(module, {})[leaf] = name
    return modules


def to_torch(net: Network, names: Iterable[str]) -> dict[str, Array]:
    """Return all arrays under PyTorch's names; `Sequential.to_torch` says how."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ArgumentTypeError(f"to_torch: names must be module.state_dict() or its keys, got {shown(names)}")
    names = [name for name in names if not name.endswith(IGNORED)]
    sources, places = by_order(net, names), orders(net, net.entries())
    arrays = {sources[entry.name]: entry.array.take(places[entry.name]) for entry in net.entries()}
    return {name: arrays[name] for name in names}


def warn_of_epsilon(layers: Iterable[Any]) -> None:
    """Warn once of layers that took weights from PyTorch and have this package's own epsilon, which is another."""
    own = [e for e in layers if vars(e).get("epsilon", EPSILON) == constructor(type(e)).get("epsilon") != EPSILON]
    if own:
        which = ", ".join(f"{tree.label(layer)} has {layer.epsilon:g}" for layer in own)
        text = f"{which} as epsilon, its own default; PyTorch's is another, {EPSILON:g} in most layers"
        warnings.warn(f"load_weights: {text}: make the layer with the module's, epsilon=..., it is no weight", stacklevel=4)


# -- what flows between two layers: channels come first there ---------------------------------------------------------


def same(shape: Shape) -> Array:
    """Return the order of a sample that is the same in PyTorch."""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)


def first(shape: Shape) -> Array:
    """Return the order of a sample that has its channels first in PyTorch."""
    return np.moveaxis(same(shape), -1, 0)


class Flow(NamedTuple):
    """What flows between two layers.

    Attributes:
        shape: The shape of a sample here.
        order: Where the numbers of PyTorch's sample lie here, in its shape or in a row.
        doubt: What makes the order a guess, unless it is the same.
        along: The layers whose arrays lie along a vector that this is or was made from.
    """

    shape: Shape
    order: Array
    doubt: str = ""
    along: tuple[Layer, ...] = ()

    def lost(self, doubt: str) -> Flow:
        """Return this in an order that nobody knows."""
        return self._replace(order=np.array(-1), doubt=doubt)

    def has(self, order: Callable[[Shape], Array]) -> bool:
        """Whether the order is `same` or `first`."""
        return np.array_equal(self.order, order(self.shape))

    def after(self, layer: Layer, shape: Shape, known: bool) -> Flow:
        """Return what comes out of a layer: in the same order as there, or in one that nobody knows."""
        after = Flow(shape, same(shape), along=self.along)
        return after if known else after.lost(tree.label(layer))


def _walk(layer: Layer, flow: Flow, inputs: dict[int, Flow]) -> Flow:
    """Note what comes into a layer and all inside it, by its `id`, and return what goes out."""
    inputs[id(layer)] = flow
    out = tree.shape_after(layer, flow.shape)
    if isinstance(layer, Branches):
        return _joined(layer, out, [_walk(inner, flow, inputs) for inner in layer.layers])
    after = flow if isinstance(layer, Chain) else _after(layer, flow, out, inputs)
    if vars(layer.params) and len(flow.shape) == len(out) == 1:
        after = after._replace(along=(*after.along, layer))
    for _, inner, shape in layer.children(flow.shape):
        if isinstance(layer, (Chain, Activated, Activation)):
            after = _walk(inner, after, inputs)
        else:
            _walk(inner, flow.after(layer, shape or (), flow.has(same)), inputs)
    return _joined(layer, out, [flow, after]) if isinstance(layer, Residual) else after


def _after(layer: Layer, flow: Flow, out: Shape, inputs: dict[int, Flow]) -> Flow:
    """Return what a single layer makes of what comes in."""
    rank = len(flow.shape)
    axes = sample_axes(layer, "axis", layer.axis, rank + 1) if isinstance(layer, Normalizer) else ()
    channels_first = np.array_equal(flow.order.ravel(), first(flow.shape).ravel())
    if isinstance(layer, (Flatten, Reshape)):
        row, order = flow.order.ravel(), same(out) if flow.has(same) else first(out)
        return flow._replace(shape=out, order=order if np.array_equal(order.ravel(), row) else row)
    if hasattr(layer, "data_format") or (isinstance(layer, BatchNormalization) and rank > 1 and axes == (rank,)):
        if not channels_first:  # made from vectors, which PyTorch divides in another order
            inputs |= {id(before): inputs[id(before)].lost(tree.label(layer)) for before in flow.along}
        return Flow(out, first(out))
    if isinstance(layer, Permute):  # to channels first: so one says the order of a picture
        return flow.after(layer, out, channels_first and layer.dims == (rank, *range(1, rank)))
    if isinstance(layer, Dense) and rank == 1:
        return Flow(out, same(out))
    if layer.elementwise or isinstance(layer, Activation) or len(axes) == rank:
        return flow
    return flow.after(layer, out, flow.has(same))  # of which only this is known: it gives the same where it gets the same


def _joined(layer: Layer, out: Shape, ways: list[Flow]) -> Flow:
    """Return what is added or joined, where all have one order."""
    doubt = ways[0].doubt if all(way.doubt for way in ways) else ""  # one that knows says it for all
    joined = Flow(out, same(out), doubt, tuple(before for way in ways for before in way.along))
    for order in (same, first):
        if all(way.has(order) for way in ways):
            return joined._replace(order=order(out))
    return joined.lost(doubt or tree.label(layer))


# -- arrays -----------------------------------------------------------------------------------------------------------


def orders(net: Network, entries: Iterable[Entry]) -> dict[str, Array]:
    """Return by name how each array lies in PyTorch: an array of its shape there, with the places of the numbers here.

    An output axis comes first there, and what was flattened lies as it did there.

    Raises:
        ArgumentValueError: If that cannot be told.
    """
    root, inputs = net, dict[int, Flow]()
    while (around := tree.owner(root)) is not None:
        root = around
    shape = root.input_shape or ()
    flow = Flow(shape, same(shape)) if len(shape) < 3 else Flow(shape, first(shape), f"the input of {tree.label(root)}")
    _walk(root, flow, inputs)
    return {entry.name: _order(entry, inputs[id(entry.layer)]) for entry in entries}


def _order(entry: Entry, flow: Flow) -> Array:
    layer, array, rank, kernel = entry.layer, entry.array, len(flow.shape), entry.key == "kernel"
    places = same(array.shape)
    if rank == 1:
        along = array.size > 1 and entry.key not in ("bias", "embeddings")
    else:  # an array of several axes, but for one number a channel; and any, where the shape is not known there
        whole = array.size > array.shape[-1] and array.shape == flow.shape
        several = not kernel and (whole or (array.ndim > 1 and isinstance(layer, Normalizer)))
        along = several or flow.order.ndim == 1 < flow.order.size
    if along and not flow.has(same):
        fits = array.ndim == flow.order.ndim or (kernel and rank == 1)
        if flow.doubt or not (fits and isinstance(layer, (Dense, Normalizer, PReLU))):
            why = f"cannot be told: it depends on how {flow.doubt or tree.label(layer)} has its axes there"
            remedy = "put it in order by hand, or say the order with Permute before the layer that flattens"
            raise ArgumentValueError(f"{entry.name}: in which order PyTorch has it {why}; {remedy}")
        places = places[flow.order] if kernel else flow.order
    elif isinstance(layer, PReLU):
        places = places.reshape(-1)
    return places.transpose(-1, -2, *range(array.ndim - 2)) if kernel else places
