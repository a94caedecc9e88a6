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
from .layout import FIRST, SAME, VIEWED, Layout, Layouts

NAMES = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "scale": "weight", "alpha": "weight", "beta": "bias"}
NAMES |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""

IGNORED = "num_batches_tracked"
"""A count that BatchNorm keeps there, and nobody here."""

EPSILON = 1e-5
"""PyTorch's, where nobody has said another."""


class Turn(NamedTuple):
    """How the axes of an array are ordered there and here.

    Attributes:
        there: Its shape there.
        apart: The same with the axes apart that are one in a vector that was flattened.
        axes: In which order those come here.
        here: Its shape here.
    """

    there: Shape
    apart: Shape
    axes: tuple[int, ...]
    here: Shape

    def bring(self, array: Array) -> Array:
        """Return an array of PyTorch's as it is here."""
        return array.reshape(self.apart).transpose(self.axes).reshape(self.here)

    def send(self, array: Array) -> Array:
        """Return an array as it is in PyTorch, a copy."""
        apart = array.reshape([self.apart[axis] for axis in self.axes])
        return np.array(apart.transpose(np.argsort(self.axes)).reshape(self.there), order="C")


def turn(entry: Entry, layouts: Layouts) -> Turn:
    """Return how an array is ordered in PyTorch.

    Raises:
        ArgumentValueError: If that cannot be told.
    """
    shape, layout = layouts.inputs[id(entry.layer)]
    if id(entry.layer) in layouts.refused:
        raise _untold(entry, layouts.refused[id(entry.layer)])
    if entry.key == "kernel":
        along_input = isinstance(entry.layer, Dense) and len(shape) == 1
        return _kernel(entry.array, _flattened(entry, layout) if along_input else ())
    if len(shape) == 1 and entry.key != "bias" and entry.array.size > 1:
        return _channels_first(entry.array, _flattened(entry, layout))
    if isinstance(entry.layer, PReLU):
        return _slopes(entry, layout)
    if entry.array.ndim > 1 and isinstance(entry.layer, Normalizer) and layout not in (SAME, VIEWED):
        if layout != FIRST or entry.array.ndim < len(shape):
            raise _untold(entry, layout.reason or f"it has shape {entry.array.shape} for samples of {shape}")
        return _channels_first(entry.array, entry.array.shape)
    return _unturned(entry.array)


def _flattened(entry: Entry, layout: Layout) -> Shape:
    """Return what was flattened to the vectors that come into a layer, or nothing."""
    if layout.kind == "unknown":
        raise _untold(entry, layout.reason)
    if layout.kind == "flat" and not isinstance(entry.layer, (Dense, Normalizer, PReLU)):
        raise _untold(entry, f"nothing is known of {tree.label(entry.layer)}, and {layout.shape} was flattened before it")
    return layout.shape


def _untold(entry: Entry, why: str) -> ArgumentValueError:
    return ArgumentValueError(
        f"{entry.name}: in which order PyTorch has it cannot be told: {why}; put it in order by hand, or say the "
        "order with Permute before the layer that flattens"
    )


def _unturned(array: Array) -> Turn:
    return Turn(array.shape, array.shape, tuple(range(array.ndim)), array.shape)


def _kernel(array: Array, flattened: Shape) -> Turn:
    """`(inputs, outputs)` is `(outputs, inputs)` there, `(height, width, in, out)` is `(out, in, height, width)`."""
    *window, inputs, outputs = array.shape
    there = (outputs, inputs, *window)
    apart = (outputs, flattened[-1], *flattened[:-1]) if flattened else there
    return Turn(there, apart, (*range(2, len(apart)), 1, 0), array.shape)


def _channels_first(array: Array, shape: Shape) -> Turn:
    """Numbers for all places of samples of a shape, `(height, width, channels)`, are `(channels, height, width)` there."""
    if not shape:
        return _unturned(array)
    apart = (shape[-1], *shape[:-1])
    return Turn(apart if array.ndim > 1 else array.shape, apart, (*range(1, len(apart)), 0), array.shape)


def _slopes(entry: Entry, layout: Layout) -> Turn:
    """PyTorch has one slope for all, or one for each channel."""
    array = entry.array
    if array.size > 1 and (layout != FIRST or array.size > array.shape[-1]):
        raise _untold(entry, f"PyTorch has one for all or one for each channel, and here it has shape {array.shape}")
    return Turn((array.size,), array.shape, tuple(range(array.ndim)), array.shape)


# -- modules and layers -----------------------------------------------------------------------------------------------


def is_foreign(key: str, source: str) -> bool:
    """Whether an array comes from a module of PyTorch, as its name there says."""
    leaf = source.rpartition(".")[2]
    return leaf != key and leaf == NAMES.get(key)


def by_order(net: Network, keys: Iterable[str]) -> dict[str, str]:
    """Return the name in a state dict for each array of a network, module by module in order.

    Raises:
        ArgumentValueError: If modules and layers do not agree; it shows both lists.
    """
    layers, modules = layers_with_arrays(net), _modules(keys)
    here = [{NAMES.get(entry.key, entry.key): entry.name for entry in layer} for layer in layers.values()]
    if [leaves.keys() for leaves in here] != [leaves.keys() for leaves in modules.values()]:
        raise ArgumentValueError(f"{tree.label(net)}: the modules are no match for the layers; {lists(net, keys)}")
    pairs = zip(here, modules.values(), strict=True)
    return {name: theirs[leaf] for ours, theirs in pairs for leaf, name in ours.items()}


def lists(net: Network, keys: Iterable[str]) -> str:
    """Return which arrays the layers here have, and which the modules there, in order, for a message."""
    layers = layers_with_arrays(net).items()
    here = [f"{name} ({', '.join(NAMES.get(entry.key, entry.key) for entry in layer)})" for name, layer in layers]
    there = [f"{name or 'the module'} ({', '.join(leaves)})" for name, leaves in _modules(keys).items()]
    return f"here are {', '.join(here) or 'none'}, there {', '.join(there) or 'none'}"


def layers_with_arrays(net: Network) -> dict[str, list[Entry]]:
    """Return the arrays of each layer that has some."""
    layers: dict[str, list[Entry]] = {}
    for entry in net.entries():
        layers.setdefault(entry.name.rpartition("/")[0], []).append(entry)
    return layers


def _modules(keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the keys of a state dict by module and by what is behind the last dot."""
    modules: dict[str, dict[str, str]] = {}
    for key in keys:
        module, _, leaf = key.rpartition(".")
        if leaf != IGNORED:
            modules.setdefault(module, {})[leaf] = key
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
    differing = {
        tree.label(layer): epsilon
        for layer in layers
        if (epsilon := vars(layer).get("epsilon", EPSILON)) == constructor(type(layer)).get("epsilon") != EPSILON
    }
    if differing:
        which = ", ".join(f"{label} has {epsilon:g}" for label, epsilon in differing.items())
        warnings.warn(
            f"load_weights: {which} as epsilon, its own default; PyTorch's is another, {EPSILON:g} in most layers, and not "
            "among the weights: make the layer with the module's, epsilon=...",
            stacklevel=4,
        )
