"""In which order PyTorch has the axes of what flows between two layers: channels first, where they are last here."""

from __future__ import annotations

import math
from functools import reduce
from typing import NamedTuple

from .._typing import Shape
from ..config import is_built_in
from ..layers.activated import Activated, Activation
from ..layers.base import Layer
from ..layers.batch_normalization import BatchNormalization
from ..layers.branches import Branches
from ..layers.chain import Chain
from ..layers.convolution import Convolution
from ..layers.dense import Dense
from ..layers.embedding import Embedding
from ..layers.enlarging import UpSampling, ZeroPadding
from ..layers.lambda_ import Lambda
from ..layers.normalization import Normalizer, sample_axes
from ..layers.pooling import GlobalPooling, Pooling
from ..layers.residual import Residual
from ..layers.shapes import Flatten, Permute, Reshape
from ..network import tree
from ..network.network import Network

OWN = "what it does to the order is not known"
SPATIAL = Convolution, Pooling, GlobalPooling, ZeroPadding, UpSampling
"""Layers that have channels, which PyTorch has first."""


class Layout(NamedTuple):
    """How PyTorch has a batch.

    Attributes:
        kind: `"same"` as here; `"first"`, channels first; `"open"`, samples of the input that no layer has made one of these
            yet; `"viewed"`, the same as here, but made from vectors; `"flat"`, a vector that was `shape` here and was
            flattened channels first there; `"unknown"`.
        shape: What was flattened.
        reason: Why it is unknown.
        divided: Whether an unknown one was made from a vector.
    """

    kind: str
    shape: Shape = ()
    reason: str = ""
    divided: bool = False


SAME, FIRST, OPEN, VIEWED = (Layout(kind) for kind in ("same", "first", "open", "viewed"))


class Layouts:
    """What comes into each layer of a network, as PyTorch has it.

    Args:
        net: A built network; what it is part of says what comes into it.

    Attributes:
        inputs: The shape of a sample and its layout, by the layer's `id`.
        refused: Why nothing of a layer can be taken over, by its `id`.
    """

    def __init__(self, net: Network) -> None:
        self.inputs: dict[int, tuple[Shape, Layout]] = {}
        self.refused: dict[int, str] = {}
        self._since: list[Layer] = []
        """Whose arrays lie along the axis that flows here: the last layer with a kernel, and those behind it."""
        while (around := tree.owner(net)) is not None:
            net = around
        shape = net.input_shape or ()
        self._walk(net, shape, OPEN if len(shape) > 1 else SAME)

    def _walk(self, layer: Layer, shape: Shape, layout: Layout) -> Layout:
        """Note what comes into a layer and all inside it, and return what goes out."""
        self.inputs[id(layer)] = shape, layout
        before = self._since
        if isinstance(layer, Branches):
            ways, since = [], []
            for inner in layer.layers:
                self._since = before
                ways.append(self._walk(inner, shape, layout))
                since += self._since
            self._since, joined = since, reduce(_joined, ways)
            return _unknown(layer, "it joins vectors that were flattened") if joined.kind == "flat" else joined
        if isinstance(layer, Chain):
            after = layout
            for _, inner, inner_shape in layer.children(shape):
                after = self._walk(inner, inner_shape or (), after)
            if isinstance(layer, Residual):
                self._since, after = [*before, *self._since], _joined(layout, after)
            return after
        after = self._after(layer, shape, layout)
        if vars(layer.params):
            self._since = [layer] if "kernel" in vars(layer.params) else [*self._since, layer]
        for _, inner, inner_shape in layer.children(shape):
            known = isinstance(layer, (Activated, Activation)) or after == SAME
            after = self._walk(inner, inner_shape or (), after if known else _unknown(layer, OWN))
        return after

    def _after(self, layer: Layer, shape: Shape, layout: Layout) -> Layout:
        """Return what a single layer makes of a layout."""
        out = tree.shape_after(layer, shape)
        by_channel = isinstance(layer, BatchNormalization) and len(shape) > 1 and _axes(layer, shape) == (len(shape),)
        if isinstance(layer, SPATIAL) or by_channel:
            self._check_origin(layer, shape, layout)
            return FIRST if len(out) > 1 else SAME
        if isinstance(layer, (Flatten, Reshape)):
            return self._reshaped(layer, shape, out, layout)
        if isinstance(layer, (Dense, Embedding)) or (isinstance(layer, Normalizer) and len(shape) > 1):
            return _of_features(layer, shape, layout)
        if isinstance(layer, Permute) and layout.kind != "unknown":
            return _permuted(layer, layout)
        moves_entries = isinstance(layer, Lambda) or not (layer.elementwise or is_built_in(type(layer).__module__))
        if layout == SAME or (out == shape and not (len(shape) == 1 and moves_entries)):
            return layout
        return _unknown(layer, OWN, len(shape) == 1)

    def _reshaped(self, layer: Layer, shape: Shape, out: Shape, layout: Layout) -> Layout:
        """Return what a layer makes of a layout that leaves numbers where they are here."""
        if shape == out or layout.kind == "unknown":
            return layout
        if len(out) < 2:
            if layout == FIRST and _matters(shape):
                return Layout("flat", shape)
            if layout == OPEN and len(shape) > 2 and _matters(shape):
                return _unknown(layer, f"it flattens samples of {shape} which may have been channels first there")
            return SAME
        if layout.kind == "flat":
            return FIRST if out == layout.shape else _unknown(layer, "it divides a vector that was flattened", True)
        if layout == FIRST:
            return _unknown(layer, "it shapes anew what is channels first there") if _matters(shape) else FIRST
        return OPEN if layout in (SAME, OPEN) and not self._since else VIEWED

    def _check_origin(self, layer: Layer, shape: Shape, layout: Layout) -> None:
        """Refuse the arrays before channels that were made from a vector: PyTorch divides it in another order."""
        if (layout == VIEWED or layout.divided) and _matters(shape):
            why = f"{tree.label(layer)} takes its output as samples of {shape}, which PyTorch may have channels first"
            self.refused |= {id(before): why for before in self._since}


def _permuted(layer: Permute, layout: Layout) -> Layout:
    """Return what a layer makes of a layout that says itself in which order the axes come."""
    rank = len(layer.dims)
    if layout in (OPEN, FIRST) and layer.dims == (rank, *range(1, rank)):
        return SAME  # channels first here, too
    return layout if layer.dims == tuple(range(1, rank + 1)) else _unknown(layer, "it moves axes")


def _of_features(layer: Layer, shape: Shape, layout: Layout) -> Layout:
    """Return what a layer makes of a layout that looks at some axes only."""
    if len(shape) < 2 or isinstance(layer, Embedding):
        return SAME
    if _axes(layer, shape) != (len(shape),):
        return layout
    if layout == FIRST:
        return _unknown(layer, "it works on the channels, which come first there before it and perhaps not behind it")
    return SAME


def _axes(layer: Layer, shape: Shape) -> tuple[int, ...]:
    """Return the axes of a batch that a layer works along."""
    return sample_axes(layer, "axis", getattr(layer, "axis", -1), len(shape) + 1)


def _joined(one: Layout, other: Layout) -> Layout:
    """Return the layout of what is added or joined."""
    if one == other or other == OPEN:
        return one
    if one == OPEN or {one, other} == {SAME, VIEWED}:
        return other
    if "unknown" in (one.kind, other.kind):
        return one if one.kind == "unknown" else other
    return Layout("unknown", (), "two ways with different orders meet before it")


def _unknown(layer: Layer, why: str, divided: bool = False) -> Layout:
    return Layout("unknown", (), f"{tree.label(layer)}: {why}", divided)


def _matters(shape: Shape) -> bool:
    """Whether channels first is another order than channels last."""
    return len(shape) > 1 and shape[-1] > 1 and math.prod(shape[:-1]) > 1
