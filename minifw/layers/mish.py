"""A smooth relative of SiLU."""

from __future__ import annotations

from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class Mish(Elementwise):
    """`x * tanh(log(1 + exp(x)))`.

    Source:
        Misra, Mish: a self regularized non-monotonic activation function (2019).

    Example:
        >>> import numpy as np
        >>> Mish()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.303401,  1.943959]])
    """

    factor_text = "t + z (1 - t²) σ(z), t = tanh(log(1 + exp(z)))"

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.mish(x, out, slope)
