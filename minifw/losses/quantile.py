"""The pinball loss, whose best constant prediction is a quantile."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from .elementwise import ElementwiseLoss


class QuantileLoss(ElementwiseLoss, aliases=("Quantile",)):
    """Mean of `max(q (y_true - y_pred), (q - 1) (y_true - y_pred))`, the pinball loss of the quantile `q`.

    The gradient is `1 - q` where the prediction is too high, `-q` where it is too low, and `1/2 - q` where it is
    exact, over the number of entries; with `q = 1/2` all is half the mean absolute error.
    From R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46 (1978).

    Args:
        quantile: The share of targets that shall lie below the prediction, in (0, 1); one for all outputs.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If `quantile` is outside (0, 1).

    Example:
        >>> loss = QuantileLoss(0.75)
        >>> loss.forward(np.array([[4.0, 4.0]]), np.array([[0.0, 8.0]]))
        2.0
        >>> loss.backward()
        array([[-0.375,  0.125]])
    """

    factor_text = "((1 + sign(ŷ - y)) / 2 - {self.quantile:g}) / n"
    name = "quantile"

    def __init__(self, quantile: float = 0.5, **options: Any) -> None:
        arguments.number(self, "quantile", quantile, "(0, 1)")
        self.quantile = quantile
        super().__init__(**options)

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        error: Array = y_pred - y_true
        low: Array = error * -self.quantile
        error *= 1.0 - self.quantile
        np.maximum(low, error, out=low)
        return low

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope: Array = np.sign(y_pred - y_true)  # in place it takes ten times as long
        slope *= 0.5
        slope += 0.5  # 1, 1/2 or 0, without rounding
        slope -= self.quantile
        return slope
