"""A line that bends into an exponential."""

from __future__ import annotations

from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array
from .definition import LayerOptions
from .elementwise import Elementwise


class ELU(Elementwise):
    """`x if x > 0 else alpha * (exp(x) - 1)`; at 0 the slope is `alpha`.

    Args:
        alpha: The limit at `-inf` is `-alpha`; above 0.
        options: As for every layer.

    Source:
        Clevert et al., Fast and accurate deep network learning by exponential linear units (2016).

    Example:
        >>> import numpy as np
        >>> ELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.632121,  2.      ]])
    """

    factor_text = "1 if z > 0 else {self.alpha:g} exp(z)"

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        arguments.number(self, "alpha", alpha, "(0, inf)")
        self.alpha = alpha
        super().__init__(**options)

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.elu(x, float(self.alpha), out, slope)
