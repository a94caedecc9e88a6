"""How far predictions lie from their targets."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .._typing import Array
from .base import MeanMetric


class _Difference(MeanMetric, registered=False):
    """The mean over a sample's outputs of a function of the difference."""

    direction = "down"

    def of(self, error: Array) -> Array:
        raise NotImplementedError

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        apart = self.of(y_pred.astype(np.float64) - y_true)
        return apart.mean(axis=-1) if apart.ndim > 1 else apart


class MeanSquaredError(_Difference, aliases=("mse", "MSE")):
    """Mean of `(y_pred - y_true)**2`.

    Args:
        name: The key in logs.

    Example:
        >>> metric = MeanSquaredError()
        >>> metric.update_state([[1.0]], [[3.0]])
        >>> metric.result()
        4.0
    """

    def __init__(self, name: str = "mean_squared_error", **options: Any) -> None:
        super().__init__(name=name, **options)

    @override
    def of(self, error: Array) -> Array:
        return np.square(error)


class MeanAbsoluteError(_Difference, aliases=("mae", "MAE")):
    """Mean of `|y_pred - y_true|`.

    Args:
        name: The key in logs.

    Example:
        >>> metric = MeanAbsoluteError()
        >>> metric.update_state([[1.0]], [[3.0]])
        >>> metric.result()
        2.0
    """

    def __init__(self, name: str = "mean_absolute_error", **options: Any) -> None:
        super().__init__(name=name, **options)

    @override
    def of(self, error: Array) -> Array:
        return np.abs(error)
