"""In which order PyTorch has the axes of what flows between two layers: channels first, where they are last here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._typing import Array, Shape
from ..layers.activated import Activated, Activation
from ..layers.base import Layer
from ..layers.batch_normalization import BatchNormalization
from ..layers.branches import Branches
from ..layers.chain import Chain
from ..layers.dense import Dense
from ..layers.normalization import Normalizer, sample_axes
from ..layers.residual import Residual
from ..layers.shapes import Flatten, Permute, Reshape
from ..network import tree
from ..network.network import Network


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
    if normalized or hasattr(layer, "data_format"):  # it has channels
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
