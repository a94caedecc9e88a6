"""The rectifier without its kink."""

from __future__ import annotations

from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class Softplus(Elementwise):
    """`log(1 + exp(x))`; its slope is the sigmoid.

    Example:
        >>> import numpy as np
        >>> Softplus()(np.array([[0.0, 100.0]])).round(6)
        array([[  0.693147, 100.      ]])
    """

    factor_text = "σ(z)"

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.softplus(x, out, slope)
