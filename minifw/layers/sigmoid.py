"""The sigmoid."""

from __future__ import annotations

from numpy import divide
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
    def value(self, x: Array, out: Array, work: Array) -> Array:
        return ops.sigmoid(x, out, work)

    @override
    def slope(self, x: Array, y: Array, work: Array, out: Array) -> Array:
        return divide(y, work, out)
