"""Parameters that start at one value."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from .base import Initializer


class Constant(Initializer):
    """Every entry is one value.

    Args:
        value: The value.

    Example:
        >>> Constant(2.0).draw((2,), None)
        array([2., 2.])
    """

    def __init__(self, value: float = 0.0) -> None:
        arguments.number(self, "value", value)
        self.value = value

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.full(shape, self.value, dtype=np.float64)


class Zeros(Initializer):
    """Every entry is 0."""

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.zeros(shape)


class Ones(Initializer):
    """Every entry is 1."""

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.ones(shape)
