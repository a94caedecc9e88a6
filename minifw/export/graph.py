"""The graph of an ONNX file while it is made: nodes, the arrays they hold, and transposes that cancel one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from .._typing import Array, Shape
from ..errors import UsageError, shown
from ..layers.base import Layer
from ..network import tree

Writer = Callable[["Graph", Any, str, Shape], str]
"""What adds a layer: `writer(graph, layer, x, input_shape)` returns the name of its output."""

CALLED = "function(graph, layer, x, input_shape)"
"""How messages show a writer."""

HARMLESS = {"backward", "build", "config", "from_config"}
"""Methods that a subclass may write anew without another inference."""


class Graph:
    """Nodes and arrays. A value that flows from node to node is known by its name, its first axis is the batch.

    Args:
        onnx: The module.
        writers: A function for each class of layers; the one of the nearest class is taken.

    Attributes:
        opset: The lowest version of ONNX's operators that has all those in the graph.
        nodes: The nodes, each behind those it reads.
        arrays: The arrays by name.
        shapes: What comes out of each layer, a sample's shape by the name of the value.
    """

    def __init__(self, onnx: Any, writers: Mapping[type, Writer]) -> None:
        self.onnx, self.writers = onnx, writers
        self.opset = 17  # the first with LayerNormalization
        self.nodes: list[Any] = []
        self.arrays: dict[str, Array] = {}
        self.shapes: dict[str, Shape] = {}
        self._path: tuple[str, ...] = ()
        self._names = {"x", "y"}
        self._turned: dict[tuple[str, tuple[int, ...]], str] = {}

    def add(self, operator: str, *inputs: Any, opset: int = 1, **attributes: Any) -> str:
        """Add a node and return the name of its output.

        Args:
            operator: The operator's name, such as `"Mul"`.
            inputs: Names of values, and numbers, tuples or arrays that the file is to hold.
            opset: The version of ONNX's operators that the node needs.
            attributes: The node's attributes.
        """
        self.opset = max(self.opset, opset)
        names = [item if isinstance(item, str) else self.array(f"{operator}_{i}", item) for i, item in enumerate(inputs)]
        y = self._unique(operator)
        self.nodes.append(self.onnx.helper.make_node(operator, names, [y], y, **attributes))
        return y

    def array(self, name: str, value: Any) -> str:
        """Let the file hold numbers, a tuple or array of integers as int64 and all else as float32; return their name."""
        whole = isinstance(value, (tuple, np.ndarray)) and np.asarray(value).dtype.kind in "iu"
        name = self._unique(name)
        self.arrays[name] = np.array(value, np.int64 if whole else np.float32, order="C")
        return name

    def transpose(self, x: str, order: tuple[int, ...]) -> str:
        """Order the axes anew, the batch's among them; what turns a transposed value back is that value itself."""
        if order == tuple(range(len(order))):
            return x
        if (x, order) not in self._turned:
            y = self.add("Transpose", x, perm=order)
            self._turned[x, order], self._turned[y, inverse(order)] = y, x
        return self._turned[x, order]

    def add_layer(self, layer: Layer, x: str, input_shape: Shape, name: str | None = None) -> str:
        """Add a layer and all inside it, and return the name of its output.

        Args:
            layer: The layer.
            x: The name of its input.
            input_shape: The shape of one sample of it.
            name: What the names of its nodes begin with, instead of its own.

        Raises:
            UsageError: If there is no function for its class.
        """
        writer, before = self._writer(layer), self._path
        self._path = (*before, name or layer.name)
        y = writer(self, layer, x, input_shape)
        self._path = before
        if not isinstance(y, str) or y not in self._names:
            wanted = "must return what graph.add returned, the name of the layer's output"
            raise UsageError(f"export: the function for {tree.label(layer)} {wanted}, got {shown(y)}")
        self.shapes[y] = tree.shape_after(layer, input_shape)
        return y

    def _writer(self, layer: Layer) -> Writer:
        """Return the function of the nearest class that has one, if no class in between calculates in another way."""
        cls = type(layer)
        nearest = next((base for base in cls.__mro__ if base in self.writers), Layer)
        names = {"forward"} if layer.is_network else {name for name in dir(nearest) if not name.startswith("__")} - HARMLESS
        methods = [name for name in names if isinstance(getattr(nearest, name, None), (FunctionType, property))]
        if nearest is not Layer and all(getattr(cls, name) is getattr(nearest, name) for name in methods):
            return self.writers[nearest]
        call = f"export(..., custom={{{cls.__name__}: function}}), where {CALLED} returns graph.add(operator, x)"
        raise UsageError(f"export: nothing says what {tree.label(layer)} is in ONNX; pass a function that adds it: {call}")

    def _unique(self, name: str) -> str:
        """Return a name within the layer that is written, with a number behind it if it is taken."""
        name = "/".join((*self._path[1:], name))
        unique, count = name, 0
        while unique in self._names:
            count += 1
            unique = f"{name}_{count}"
        self._names.add(unique)
        return unique


def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """Return the order of axes that undoes another.

    Example:
        >>> inverse((0, 3, 1, 2))
        (0, 2, 3, 1)
    """
    return tuple(order.index(axis) for axis in range(len(order)))
