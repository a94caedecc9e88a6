"""A chain with a shortcut around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy import add
from typing_extensions import override

from .._typing import Array, Shape
from ..errors import ShapeError
from ..packing import Param
from . import tree
from .base import Layer
from .chain import Chain
from ..engine.buffers import buffers


class Residual(Chain):
    """`y = x + f(x)`, with `f` the layers one after another; what goes back is `g + f.backward(g)`.

    Args:
        layers: The layers of `f`, input side first; a single one needs no list. `f(x)` has the shape of `x`.
        options: As for every layer.

    Raises:
        ShapeError: When it is built, if `f` changes the shape.

    Source:
        He et al., Deep residual learning for image recognition (2015).

    Example:
        >>> import minifw, numpy as np
        >>> block = Residual([minifw.Dense(3), minifw.ReLU(), minifw.Dense(2, kernel_initializer="zeros")])
        >>> block(np.array([[1.0, -2.0]]))
        array([[ 1., -2.]])
    """

    factor_text = "g + f.backward(g)"

    @override
    def build(self, input_shape: Shape) -> dict[str, Param]:
        self.output_shape(input_shape)
        return {}

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        shape = super().output_shape(input_shape)
        if shape != input_shape:
            raise ShapeError(
                f"{tree.label(self)}: x + f(x) needs both of one shape, but samples of shape {input_shape} come out of its "
                f"layers as {shape}; end them with one that gives {input_shape} again",
                expected=input_shape,
                received=shape,
            )
        return shape

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        return self._sum(x, super().forward(x, training), training)

    @override
    def backward(self, error_grad: Array) -> Array | None:
        message = super().backward(error_grad)
        return None if message is None else add(error_grad, message, self.cache)

    @override
    def outputs(self, x: Array, training: bool = False, inside: bool = False) -> Iterator[tuple[Layer, Array]]:
        y = x
        for hop in super().outputs(x, training, inside):
            yield hop
            y = hop[1]
        yield self, self._sum(x, y, training)

    @override
    def messages(self, error_grad: Array, inside: bool = False) -> Iterator[tuple[Layer, Any]]:
        message: Any = error_grad
        for hop in super().messages(error_grad, inside):
            yield hop
            message = hop[1]
        yield self, add(error_grad, message, self.cache)

    def _sum(self, x: Array, y: Array, training: bool) -> Array:
        out, self.cache = buffers(self, x.dtype, x.shape, x.shape) if training else (None, None)
        total: Array = add(x, y, out)
        return total
