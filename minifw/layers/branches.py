"""Several ways from one input, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .._typing import Array, Shape
from ..engine.buffers import buffers
from ..errors import ArgumentValueError, ShapeError, UsageError
from ..network import tree
from ..network.definition import LayerOptions
from ..network.views import Param
from .base import Layer
from .chain import Chain


class Branches(Chain):
    """Every branch gets the same `x`, and their outputs are joined on the last axis; what goes back is the sum.

    It holds, names and checks its layers as a chain does, but lets them stand side by side: each branch gets its part
    of the error gradient, and dLoss/dx is the sum of what they send back.

    Args:
        layers: One entry a branch: a layer, or a list of layers one after another. An empty list passes `x` on.
        options: As for every layer.

    Raises:
        ArgumentValueError: If there is no branch.
        ShapeError: When it is built, if two outputs differ in another axis than the last.

    Example:
        >>> import minifw
        >>> both = Branches([[minifw.Dense(3), minifw.Tanh()], minifw.Dense(2)])
        >>> both.output_shape((5,))
        (5,)
    """

    _place = "branch"
    gives = None
    factor_text = "the sum over the branches"

    def __init__(self, layers: Sequence[Any] | Layer, **options: Unpack[LayerOptions]) -> None:
        if isinstance(layers, (list, tuple)):
            layers = [Chain(layer) if isinstance(layer, (list, tuple)) else layer for layer in layers]
        super().__init__(layers, **options)
        if not self.layers:
            raise ArgumentValueError("Branches: layers must hold at least one branch, got none")

    def build(self, input_shape: Shape) -> dict[str, Param]:
        if len({layer.input_kind for layer in self.layers}) > 1:
            raise UsageError(f"{tree.label(self)}: either all branches begin with a layer that takes whole numbers, or none")
        return {}

    def children(self, input_shape: Shape | None = None) -> list[tuple[str, Layer, Shape | None]]:
        return [(layer.name, layer, input_shape) for layer in self.layers]

    def output_shape(self, input_shape: Shape) -> Shape:
        shapes = []
        for layer in self.layers:
            shapes.append(tree.shape_after(layer, input_shape))
        for i, shape in enumerate(shapes):
            if not shape or shape[:-1] != shapes[0][:-1]:
                first, other = (f"branch {k}, {tree.label(self.layers[k])}, gives {shapes[k]}" for k in (0, i))
                rule = f"{tree.label(self)}: outputs are joined on the last axis and must agree in all others"
                text = f"{rule}, but from samples of shape {input_shape} {first}" + (f", and {other}" if i else "")
                raise ShapeError(text, expected=(*shapes[0][:-1], "any"), received=shape)
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def forward(self, x: Array, training: bool = False) -> Array:
        outputs: list[Array] = []
        for layer in self.layers:
            outputs.append(layer.forward(x, training))
        ends = list(accumulate(y.shape[-1] for y in outputs))
        shape = *outputs[0].shape[:-1], ends[-1]
        out, message = buffers(self, outputs[0].dtype, shape, x.shape) if training else (None, None)
        self.cache = ends, message
        return np.concatenate(outputs, axis=-1, out=out)

    def backward(self, error_grad: Array) -> Array | None:
        ends, message = self.cache
        parts = [error_grad[..., begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        total: Array | None = None
        for layer, error_grad in zip(self.layers[::-1], parts[::-1], strict=True):
            sent: Any = layer.backward(error_grad)
            if self.needs_message:
                total = sent if total is None else np.add(total, sent, message)
        return total

    def want_messages(self, wanted: bool) -> None:
        for layer in self.layers:
            tree.want_message(layer, wanted)
