"""How often a prediction above a threshold is right or wrong, counted for positive and for negative targets."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, ArrayLike
from ..errors import ArgumentValueError
from .base import Metric
from .sums import SumMetric


def binary(metric: Metric, y_true: Array) -> Array:
    """Return targets of two classes, or raise an `ArgumentValueError` for one outside [0, 1]."""
    if y_true.size and not (y_true.min() >= 0 and y_true.max() <= 1):
        raise ArgumentValueError(
            f"{type(metric).__name__}: targets must be between 0 and 1, got {y_true.min()} to {y_true.max()}; "
            "write 0 for one class and 1 for the other"
        )
    return y_true


class _ThresholdMetric(SumMetric, registered=False):
    """The base of what is counted above and below thresholds.

    The sums are a table of weights: by how many thresholds lie strictly below a prediction, by target (0, or 1 for any
    other), and by output where each has a curve of its own. From it all four counts follow for every threshold.

    Args:
        thresholds: Numbers in [0, 1], one or several; 0.5 without any.
        name: The key in logs.
    """

    def __init__(self, thresholds: Any = None, name: str | None = None, **options: Any) -> None:
        several = isinstance(thresholds, (list, tuple))
        for threshold in thresholds if several else () if thresholds is None else (thresholds,):
            arguments.number(self, "thresholds", threshold, "[0, 1]")
        if several and not thresholds:
            raise ArgumentValueError(f"{arguments.named(self)}: thresholds must hold at least one number, got none")
        self.thresholds = thresholds
        super().__init__(name=name, **options)

    @cached_property
    def cuts(self) -> Array:
        """The thresholds in rising order."""
        given = 0.5 if self.thresholds is None else self.thresholds
        return np.sort(np.atleast_1d(np.asarray(given, dtype=np.float64)))

    @override
    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        return binary(self, true), pred if pred.dtype.kind == "f" else pred.astype(np.float64)

    @override
    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        weights = np.broadcast_to(weights, y_pred.shape)
        return self.table(y_true.reshape(-1, 1), y_pred.reshape(-1, 1), weights.reshape(-1, 1))

    def table(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        """Return the table of samples `(n, outputs)`, shape `(thresholds + 1, 2, outputs)`."""
        cuts = self.cuts.astype(y_pred.dtype)  # a tie in the network's dtype stays one
        bins = np.searchsorted(cuts, np.fmax(y_pred, -np.inf))  # NaN is above nothing
        outputs = y_pred.shape[1]
        cells = ((2 * bins + (y_true != 0)) * outputs + np.arange(outputs)).ravel()
        shape = (len(cuts) + 1, 2, outputs)
        return np.bincount(cells, weights.ravel(), minlength=shape[0] * 2 * outputs).reshape(shape)


def counts(table: Array) -> tuple[Array, Array, Array, Array]:
    """Return true positives, false positives, false negatives and true negatives at each cut, shape `(cuts, outputs)`."""
    above, below = table[::-1].cumsum(axis=0)[-2::-1], table.cumsum(axis=0)[:-1]
    return above[:, 1], above[:, 0], below[:, 1], below[:, 0]


class CountMetric(_ThresholdMetric, registered=False):
    """A function of the four counts at each threshold; a subclass writes `rate`.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        name: The key in logs.

    Example:
        >>> class Specificity(CountMetric):
        ...     def rate(self, tp, fp, fn, tn):
        ...         return tn / (tn + fp)
        >>> Specificity()([[1], [0], [0]], [[0.9], [0.3], [0.8]])
        0.5
    """

    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        """Return one value a threshold from the true and false positives and negatives."""
        raise NotImplementedError(f"{type(self).__name__} must write rate(self, tp, fp, fn, tn)")

    @override
    def value(self, sums: Array) -> Any:
        found = self.rate(*(count[:, 0] for count in counts(sums)))
        return found[0] if len(found) == 1 else found[np.searchsorted(self.cuts, self.thresholds)]

    @override
    def result(self) -> Any:
        if self._sums is None and len(self.cuts) > 1:
            return np.zeros(len(self.cuts))
        return super().result()


class TruePositives(CountMetric):
    """The weight of the positive targets whose prediction is above the threshold.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        name: The key in logs.

    Example:
        >>> TruePositives()([[1], [1], [0]], [[0.9], [0.5], [0.8]])
        1.0
    """

    @override
    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return tp


class FalsePositives(CountMetric):
    """The weight of the negative targets whose prediction is above the threshold.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        name: The key in logs.

    Example:
        >>> FalsePositives(thresholds=[0.7, 0.9])([[1], [1], [0]], [[0.9], [0.5], [0.8]])
        array([1., 0.])
    """

    @override
    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return fp


class FalseNegatives(CountMetric):
    """The weight of the positive targets whose prediction is not above the threshold.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        name: The key in logs.

    Example:
        >>> FalseNegatives()([[1], [1], [0]], [[0.9], [0.5], [0.8]])
        1.0
    """

    @override
    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return fn


class TrueNegatives(CountMetric):
    """The weight of the negative targets whose prediction is not above the threshold.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        name: The key in logs.

    Example:
        >>> TrueNegatives()([[1], [1], [0]], [[0.9], [0.5], [0.8]])
        0.0
    """

    @override
    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return tn
