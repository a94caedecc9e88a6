"""The loss of counts."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .._typing import Array
from .base import EPSILON
from .elementwise import ElementwiseLoss


class PoissonLoss(ElementwiseLoss, aliases=("Poisson",)):
    """Mean of `y_pred - y_true log(y_pred + 1e-7)`, the negative log-likelihood of counts but for a constant.

    The gradient is `1 - y_true / (y_pred + 1e-7)` over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = PoissonLoss()
        >>> round(loss.forward(np.array([[3.0]]), np.array([[1.0]])), 6)
        1.0
    """

    factor_text = "(1 - y / (ŷ + 1e-7)) / n"
    name = "poisson"

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        found = y_pred + EPSILON
        np.minimum(found, np.finfo(found.dtype).max, out=found)  # inf - inf would be NaN, and the loss is infinite
        np.log(found, found)
        found *= y_true
        return np.subtract(y_pred, found, found)

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = y_pred + EPSILON
        np.divide(y_true, slope, slope)
        return np.subtract(1.0, slope, slope)
