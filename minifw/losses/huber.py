"""Squared where the error is small, straight where it is large."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from .elementwise import ElementwiseLoss


class HuberLoss(ElementwiseLoss, aliases=("Huber",)):
    """Mean of `e**2 / 2` where `|e| <= delta` and `delta (|e| - delta / 2)` beyond, with `e = y_pred - y_true`.

    The gradient is `e`, cut to `[-delta, delta]`, over the number of entries.
    From P. J. Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35 (1964).

    Args:
        delta: Where the parabola becomes a straight line; above 0.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If `delta` is not above 0.

    Example:
        >>> loss = HuberLoss()
        >>> loss.forward(np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))
        1.5
        >>> loss.backward()
        array([[0.5, 0.5]])
    """

    factor_text = "clip(ŷ - y, -{self.delta:g}, {self.delta:g}) / n"
    name = "huber_loss"

    def __init__(self, delta: float = 1.0, **options: Any) -> None:
        arguments.number(self, "delta", delta, "(0, inf)")
        self.delta = delta
        super().__init__(**options)

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        error: Array = y_pred - y_true
        cut = np.clip(error, -float(self.delta), self.delta)
        error -= 0.5 * cut
        error *= cut
        return error

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        error: Array = y_pred - y_true
        return np.clip(error, -float(self.delta), self.delta, out=error)
