"""Errors of predictions that are numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from .mean import MeanMetric, SumMetric, down


def _difference(y_true: Array, y_pred: Array) -> Array:
    return y_pred.astype(np.float64) - y_true


class MeanSquaredError(MeanMetric, aliases=("mse", "MSE")):
    """Mean of `(y_pred - y_true)**2`.

    Args:
        name: The key in logs.

    Example:
        >>> metric = MeanSquaredError()
        >>> metric.update_state([[1.0]], [[3.0]])
        >>> metric.result()
        4.0
    """

    direction = "down"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(_difference(y_true, y_pred))


class MeanAbsoluteError(MeanMetric, aliases=("mae", "MAE")):
    """Mean of `|y_pred - y_true|`.

    Args:
        name: The key in logs.

    Example:
        >>> metric = MeanAbsoluteError()
        >>> metric.update_state([[1.0]], [[3.0]])
        >>> metric.result()
        2.0
    """

    direction = "down"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.abs(_difference(y_true, y_pred))


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

    def value(self, sums: Array) -> Any:
        return math.sqrt(super().value(sums))


class R2Score(SumMetric):
    """`1 - sum(w (y - y_pred)**2) / sum(w (y - m)**2)` for each output, `m` the weighted mean of its targets.

    The batches' own means and squared deviations are joined (T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae
    and a pairwise algorithm for computing sample variances", 1979), so targets far from 0 lose no digits. An output whose
    targets are all equal has 0, or NaN if the predictions are exact too. NaN without samples.

    Args:
        class_aggregation: `"uniform_average"` gives the mean over the outputs, `"variance_weighted_average"` their mean
            weighted by the variance of the targets, `None` one value an output.
        num_regressors: The number of explaining variables `p`, to adjust for: `1 - (1 - R2) (n - 1) / (n - p - 1)`, `n` the
            number of target values as in Keras; not adjusted while `n <= p + 1`.
        name: The key in logs.

    Example:
        >>> R2Score()([[1.0], [2.0], [3.0]], [[1.0], [2.0], [4.0]])
        0.5
    """

    direction = "up"
    empty = float("nan")

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str | None = None,
        **options: Any,
    ) -> None:
        known = "uniform_average", "variance_weighted_average", None
        self.class_aggregation = arguments.choice(self, "class_aggregation", class_aggregation, known)
        self.num_regressors = arguments.integer(self, "num_regressors", num_regressors, "[0, inf)")
        super().__init__(name=name, **options)

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        self._want(pred.ndim == 2, "(n, outputs)", pred)
        return true.astype(np.float64, copy=False), pred

    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        """Return, one row each: weight, origin, mean from there, squared deviations, squared errors, number of targets."""
        weights = np.broadcast_to(weights, y_true.shape)
        weight = down(weights)
        # measured from a target that counts, equal targets are exact zeros and far ones lose no digits
        origin = np.take_along_axis(y_true, (weights > 0).argmax(axis=0)[np.newaxis], axis=0)[0]
        apart = y_true - origin
        mean = down(weights * apart) / np.where(weight > 0, weight, 1.0)
        deviations = down(weights * np.square(apart - mean))
        errors = down(weights * np.square(y_true - y_pred))
        return np.stack([weight, origin, mean, deviations, errors, np.full_like(weight, y_true.size)])

    def join(self, sums: Array, more: Array) -> Array:
        joined = sums + more
        share = more[0] / np.where(joined[0] > 0, joined[0], 1.0)
        apart = (more[1] - sums[1]) + (more[2] - sums[2])
        joined[1:3] = np.where(sums[0] > 0, [sums[1], sums[2] + apart * share], more[1:3])
        joined[3] += np.square(apart) * share * sums[0]
        return joined

    def value(self, sums: Array) -> Any:
        _, _, _, deviations, errors, values = sums
        scores = 1 - errors / deviations
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (deviations * scores).sum() / deviations.sum()
        n, p = values[0], self.num_regressors
        return 1 - (1 - scores) * (n - 1) / (n - p - 1) if 0 < p < n - 1 else scores
