"""The Gaussian error linear unit."""

from __future__ import annotations

from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array
from .definition import LayerOptions
from .elementwise import Elementwise


class GELU(Elementwise):
    """`x * Φ(x)`, with `Φ` the standard normal distribution function.

    Args:
        approximate: Whether `x * (1 + tanh(sqrt(2/π) (x + 0.044715 x**3))) / 2` is used instead, as some published
            models do; it costs about as much.
        options: As for every layer.

    Source:
        Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> import numpy as np
        >>> GELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.158655,  1.9545  ]])
    """

    factor_text = "Φ(z) + z φ(z)"

    def __init__(self, approximate: bool = False, **options: Unpack[LayerOptions]) -> None:
        arguments.flag(self, "approximate", approximate)
        self.approximate = approximate
        if approximate:
            self.factor_text = "(1 + t + z (1 - t²) u') / 2, t = tanh(u), u = √(2/π) (z + 0.044715 z³)"
        super().__init__(**options)

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.gelu(x, self.approximate, out, slope)
