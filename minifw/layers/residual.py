"""A chain with a shortcut around it."""

from __future__ import annotations

import numpy as np

from .._typing import Array, Shape
from ..engine.buffers import buffers
from ..errors import ShapeError
from ..network import tree
from .chain import Chain


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

    gives = None
    factor_text = "g + f.backward(g)"

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = super().output_shape(input_shape)
        if shape != input_shape:
            text = f"samples of shape {input_shape} come out of its layers as {shape}"
            text = f"x + f(x) needs both of one shape, but {text}; end them with one that gives {input_shape} again"
            raise ShapeError(f"{tree.label(self)}: {text}", expected=input_shape, received=shape)
        return shape

    def forward(self, x: Array, training: bool = False) -> Array:
        y = super().forward(x, training)
        out, self.cache = buffers(self, x.dtype, x.shape, x.shape) if training else (None, None)
        return np.add(x, y, out=out)  # type: ignore[no-any-return]

    def backward(self, error_grad: Array) -> Array | None:
        message = super().backward(error_grad)
        return None if message is None else np.add(error_grad, message, self.cache)
