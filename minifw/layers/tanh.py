"""The hyperbolic tangent."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class Tanh(Elementwise):
    """`tanh(x)`, slope `1 - y**2`.

    Example:
        >>> Tanh()(np.array([[0.0]]))
        array([[0.]])
    """

    factor_text = "1 - tanh(z)²"
    quick_slope = True

    @override
    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        return ops.tanh(x, out)

    @override
    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        np.multiply(y, y, out=out)
        return np.subtract(1.0, out, out=out)
