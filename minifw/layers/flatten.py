"""Samples of any shape into vectors."""

from __future__ import annotations

import math
from typing import Any

from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from .base import Layer
from ..network.definition import LayerOptions


class Flatten(Layer):
    """Each sample as one vector, in C order.

    Args:
        data_format: `None` or `"channels_last"`; samples are channels-last here.
        options: As for every layer.

    Example:
        >>> Flatten().output_shape((8, 8))
        (64,)
    """

    factor_text = "the shape of before"

    def __init__(self, data_format: Any = None, **options: Unpack[LayerOptions]) -> None:
        arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self.data_format = data_format
        super().__init__(**options)

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        return (math.prod(input_shape),)

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        self.cache = x.shape
        return x.reshape(len(x), math.prod(x.shape[1:]))

    @override
    def backward(self, error_grad: Array) -> Array:
        return error_grad.reshape(self.cache)
