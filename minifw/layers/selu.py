"""The exponential unit that keeps mean and variance."""

from __future__ import annotations

from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class SELU(Elementwise):
    """`scale * (x if x > 0 else alpha * (exp(x) - 1))`, scale 1.0507009873554805, alpha 1.6732632423543772.

    Weights should start as `"lecun_normal"` or alike, of variance `1 / inputs`.

    Source:
        Klambauer et al., Self-normalizing neural networks (2017).

    Example:
        >>> import numpy as np
        >>> SELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-1.111331,  2.101402]])
    """

    factor_text = "1.0507 if z > 0 else 1.7581 exp(z)"

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.selu(x, out, slope)
