"""The mean squared error."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .._typing import Array
from .base import Loss


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
    def values(self, y_true: Array, y_pred: Array) -> Array:
        if y_pred.ndim == 1:
            return np.square(y_pred - y_true)
        error = y_pred - y_true
        return np.vecdot(error, error) / error.shape[-1]

    @override
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return (y_pred - y_true) * (2.0 / (y_pred.shape[-1] if y_pred.ndim > 1 else 1))
