"""The mean squared error."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .._typing import Array, ArrayLike
from .base import SILENT, Loss

SMALL = 4096
"""Entries up to which one dot product sums as exactly as a pairwise sum, and three times as fast."""


class MSELoss(Loss, aliases=("mse", "MSE", "MeanSquaredError")):
    """Mean of `(y_pred - y_true)**2`; gradient `2 (y_pred - y_true) / N`, `N` the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = MSELoss()
        >>> loss.forward(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]]))
        2.0
        >>> loss.backward()
        array([[0., 2.]])
    """

    @override
    @SILENT
    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        target, y_pred = self.admit(y_true, y_pred)
        if sample_weight is not None or self.reduction != "sum_over_batch_size" or not 0 < y_pred.size <= SMALL:
            return super().forward(target, y_pred, sample_weight)
        self._seen = target, y_pred, None, (y_pred.shape[-1] if y_pred.ndim > 1 else 1) / y_pred.size
        error = (y_pred - target).ravel()
        return float(error.dot(error)) / error.size

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        error = y_pred - y_true
        values: Array = np.square(error) if error.ndim == 1 else np.vecdot(error, error) / error.shape[-1]
        return values

    @override
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self.scaled_slopes(y_true, y_pred, 1.0)

    @override
    def scaled_slopes(self, y_true: Array, y_pred: Array, factor: float) -> Array:
        slopes: Array = (y_pred - y_true) * (2.0 * factor / (y_pred.shape[-1] if y_pred.ndim > 1 else 1))
        return slopes
