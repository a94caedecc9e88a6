"""Scores into probabilities."""

from __future__ import annotations

from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array, Shape
from ..errors import ShapeError
from ..packing import Param
from .base import Layer
from .definition import LayerOptions


class Softmax(Layer):
    """`y = exp(x) / sum(exp(x))` along an axis; `backward` is `y * (g - sum(g * y))`.

    Args:
        axis: The axis whose values sum to 1; any but the batch axis, 0.
        options: As for every layer.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.array([[1.0, 1.0]]))
        array([[0.5, 0.5]])
    """

    kinds = ("layer", "activation")
    factor_text = "s (g - Σ g s), s = softmax(z)"

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        arguments.integer(self, "axis", axis, "(-inf, inf)")
        self.axis = axis
        super().__init__(**options)

    @override
    def build(self, input_shape: Shape) -> dict[str, Param]:
        rank = len(input_shape) + 1
        if not -rank < self.axis < rank or self.axis == 0:
            raise ShapeError(
                f"Softmax: axis={self.axis} is none of the sample axes of an input of rank {rank}",
                expected=f"1 to {rank - 1}, or negative",
                received=self.axis,
            )
        return {}

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        y = self.cache = ops.softmax(x, self.axis)
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        y = self.cache
        message: Array = error_grad - (error_grad * y).sum(axis=self.axis, keepdims=True)
        message *= y
        return message
