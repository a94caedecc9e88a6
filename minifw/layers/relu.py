"""The rectifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments, ops
from .._typing import Array
from .definition import LayerOptions
from .elementwise import Elementwise


class ReLU(Elementwise):
    """`x if x > threshold else negative_slope * (x - threshold)`, then at most `max_value`.

    At a bend the slope is that of the flatter side: `negative_slope` at the threshold, 0 at `max_value`.

    Args:
        max_value: The largest output, or `None`.
        negative_slope: The slope up to the threshold.
        threshold: Where the line begins.
        options: As for every layer.

    Example:
        >>> ReLU()(np.array([[-1.0, 2.0]]))
        array([[0., 2.]])
    """

    factor_text = "1 if z > {self.threshold:g} else {self.negative_slope:g}"
    quick_slope = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        given: dict[str, Any] = {"negative_slope": negative_slope, "threshold": threshold}
        for name, value in given.items() if max_value is None else [("max_value", max_value), *given.items()]:
            arguments.number(self, name, value, "[0, inf)")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold
        if max_value is not None:
            self.factor_text = f"({self.factor_text}), 0 from {{self.max_value:g}} on"
        super().__init__(**options)

    @override
    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        if self.max_value is None and not self.negative_slope and not self.threshold:
            return np.maximum(x, 0.0, out=out)
        return ops.relu(x, self.max_value, float(self.negative_slope), float(self.threshold))

    @override
    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        np.greater(x, self.threshold, out=out)
        if self.negative_slope:
            low = np.subtract(1.0, out)
            low *= float(self.negative_slope)
            out += low
        if self.max_value is not None:
            np.multiply(out, y < self.max_value, out=out)
        return out
