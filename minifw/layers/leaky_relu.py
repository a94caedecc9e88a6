"""A line with a bend at zero."""

from __future__ import annotations

import numpy as np
from numpy import maximum, multiply
from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array
from .definition import LayerOptions
from .elementwise import Elementwise


class LeakyReLU(Elementwise, aliases={"leaky_relu": {"negative_slope": 0.2}}):
    """`x if x > 0 else negative_slope * x`; at 0 the slope is `negative_slope`.

    Args:
        negative_slope: The slope for `x <= 0`. The layer's default is 0.3, the string `"leaky_relu"` means 0.2,
            as in Keras.
        options: As for every layer.

    Example:
        >>> LeakyReLU(0.1)(np.array([[-1.0, 2.0]]))
        array([[-0.1,  2. ]])
    """

    factor_text = "1 if z > 0 else {self.negative_slope:g}"
    quick_slope = True

    def __init__(self, negative_slope: float = 0.3, **options: Unpack[LayerOptions]) -> None:
        arguments.number(self, "negative_slope", negative_slope)
        self.negative_slope = negative_slope
        super().__init__(**options)

    @override
    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        bend = float(self.negative_slope)
        if work is None or not 0.0 < bend <= 1.0:
            return ops.leaky_relu(x, bend, out)
        maximum(ops.above_zero(x, work), bend, out=work)  # the slope: value and message are one product each
        return multiply(x, work, out)

    @override
    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        bend = float(self.negative_slope)
        if 0.0 < bend <= 1.0:
            return maximum(ops.above_zero(x, out), bend, out=out) if work is None else work
        np.copyto(out, np.where(x > 0, 1.0, bend))
        return out
