"""The sigmoid."""

from __future__ import annotations

import numpy as np
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

    factor_text = "σ(z) (1 - σ(z))"

    @override
    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        return ops.sigmoid(x, out, work)

    @override
    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        if work is None:
            work = np.empty_like(x)
            ops.sigmoid(x, out, work)
        return divide(y, work, out)
