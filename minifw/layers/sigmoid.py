"""The sigmoid."""

from __future__ import annotations

from numpy import multiply, subtract
from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class Sigmoid(Elementwise):
    """`1 / (1 + exp(-x))`, slope `y * (1 - y)`.

    Example:
        >>> import numpy as np
        >>> Sigmoid()(np.array([[0.0]]))
        array([[0.5]])
    """

    @override
    def value(self, x: Array, out: Array | None = None, work: Array | None = None) -> Array:
        return ops.sigmoid(x, out, work)

    @override
    def slope(self, x: Array, y: Array, out: Array) -> Array:
        subtract(1.0, y, out)
        return multiply(out, y, out)
