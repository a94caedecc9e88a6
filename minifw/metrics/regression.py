"""How far predictions lie from their targets."""

from __future__ import annotations

import math

import numpy as np
from typing_extensions import override

from .._typing import Array
from .mean import MeanMetric


class _Difference(MeanMetric, registered=False):
    """The mean over a sample's outputs of a function of the difference."""

    direction = "down"

    def of(self, error: Array) -> Array:
        raise NotImplementedError

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.of(y_pred.astype(np.float64) - y_true)


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

    @override
    def of(self, error: Array) -> Array:
        return np.abs(error)


class RootMeanSquaredError(MeanSquaredError):
    """Square root of the mean of `(y_pred - y_true)**2` over all batches, which is not the mean of their roots.

    Args:
        name: The key in logs.

    Example:
        >>> metric = RootMeanSquaredError()
        >>> metric.update_state([[1.0]], [[3.0]])
        >>> metric.result()
        2.0
    """

    @override
    def result(self) -> float:
        return math.sqrt(super().result())
