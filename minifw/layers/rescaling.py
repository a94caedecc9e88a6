"""One line for all values."""

from __future__ import annotations

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .base import Layer
from ..network.definition import LayerOptions


class Rescaling(Layer):
    """`y = x * scale + offset`, in training and in inference.

    Args:
        scale: The factor, such as `1 / 255` for bytes.
        offset: What is added.
        options: As for every layer.

    Example:
        >>> Rescaling(1 / 5, offset=-1)(np.array([[0.0, 10.0]]))
        array([[-1.,  1.]])
    """

    factor_text = "{self.scale:g}"
    takes_any_size = True
    elementwise = True

    def __init__(self, scale: float, offset: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        for name, value in (("scale", scale), ("offset", offset)):
            arguments.number(self, name, value)
        self.scale, self.offset = scale, offset
        super().__init__(**options)

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            y: Array = x * float(self.scale)
            y += float(self.offset)
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return error_grad * float(self.scale)
