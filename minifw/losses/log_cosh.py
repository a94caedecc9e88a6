"""The logarithm of the hyperbolic cosine of the error."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .._typing import Array
from .elementwise import ElementwiseLoss


class LogCoshLoss(ElementwiseLoss, aliases=("LogCosh",)):
    """Mean of `log(cosh(e))` with `e = y_pred - y_true`: about `e**2 / 2` near 0 and `|e| - log(2)` far away.

    Calculated as `|e| + log1p(expm1(-2 |e|) / 2)`, which neither overflows nor loses small errors.
    The gradient is `tanh(e)` over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = LogCoshLoss()
        >>> round(loss.forward(np.array([[0.0]]), np.array([[1.0]])), 6)
        0.433781
    """

    factor_text = "tanh(ŷ - y) / n"
    name = "log_cosh"

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        size: Array = y_pred - y_true
        np.abs(size, size)
        rest = size * -2.0
        np.expm1(rest, rest)
        rest *= 0.5
        np.log1p(rest, rest)
        size += rest
        return size

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        error: Array = y_pred - y_true
        return np.tanh(error, error)
