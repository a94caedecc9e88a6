"""Counts of right and wrong decisions, and what is made of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..arrays import as_floats
from ..errors import ArgumentValueError, ShapeError
from .base import Metric
from .mean import SumMetric, divided, down


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
        thresholds = 0.5 if self.thresholds is None else self.thresholds
        return np.sort(np.atleast_1d(np.asarray(thresholds, dtype=np.float64)))

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        return binary(self, true), as_floats(pred)

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

    def value(self, sums: Array) -> Any:
        rates = self.rate(*(count[:, 0] for count in counts(sums)))
        return rates[0] if len(rates) == 1 else rates[np.searchsorted(self.cuts, self.thresholds)]

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

    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return tn


class _Hits(CountMetric, registered=False):
    """Counts all outputs together, or one class of them, and perhaps only the best of each row."""

    direction = "up"

    def __init__(
        self, thresholds: Any = None, top_k: int | None = None, class_id: int | None = None,
        name: str | None = None, **options: Any,
    ) -> None:
        self.top_k = arguments.optional(arguments.integer, self, "top_k", top_k)
        self.class_id = arguments.optional(arguments.integer, self, "class_id", class_id, "[0, inf)")
        self.wants = "probabilities" if thresholds is None and top_k is None else None
        super().__init__(thresholds, name, **options)

    @cached_property
    def cuts(self) -> Array:
        """The thresholds in rising order; with `top_k` alone every prediction that it leaves counts."""
        return np.array([-np.inf]) if self.top_k is not None and self.thresholds is None else super().cuts

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        if pred.ndim < 2 and (self.top_k is not None or self.class_id is not None):
            raise ShapeError(
                f"{type(self).__name__}: top_k and class_id need predictions (n, classes), got {pred.shape}",
                expected="(n, classes)",
                received=pred.shape,
            )
        if self.class_id is not None and self.class_id >= pred.shape[-1]:
            raise ArgumentValueError(
                f"{type(self).__name__}: class_id must be below the number of outputs, {pred.shape[-1]}, got {self.class_id}"
            )
        return true, pred

    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        if self.top_k is not None:
            best = np.argsort(-y_pred, axis=-1, kind="stable")[..., : self.top_k]
            outside = np.full_like(y_pred, -np.inf)
            np.put_along_axis(outside, best, np.take_along_axis(y_pred, best, -1), -1)
            y_pred = outside
        if self.class_id is not None:
            weights = np.broadcast_to(weights, y_pred.shape)[..., self.class_id]
            y_true, y_pred = y_true[..., self.class_id], y_pred[..., self.class_id]
        return super().sums(y_true, y_pred, weights)


class Precision(_Hits):
    """The share of the predicted positives that are positive, `tp / (tp + fp)`; 0 where nothing is predicted positive.

    A prediction is positive if it is above the threshold. All outputs are counted together.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        top_k: Only the `k` best of a row can be positive, of equal ones the first; without `thresholds` they all are.
        class_id: The only output that is counted.
        name: The key in logs.

    Example:
        >>> Precision()([[1], [1], [0]], [[0.9], [0.5], [0.8]])
        0.5
    """

    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return divided(tp, tp + fp)


class Recall(_Hits):
    """The share of the positives that are predicted positive, `tp / (tp + fn)`; 0 where there is no positive.

    A prediction is positive if it is above the threshold. All outputs are counted together.

    Args:
        thresholds: One number in [0, 1], or several for as many results; 0.5 without any.
        top_k: Only the `k` best of a row can be positive, of equal ones the first; without `thresholds` they all are.
        class_id: The only output that is counted.
        name: The key in logs.

    Example:
        >>> Recall(top_k=1)([[1, 0, 0], [1, 1, 0]], [[0.4, 0.3, 0.3], [0.2, 0.1, 0.7]]).__round__(3)
        0.333
    """

    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return divided(tp, tp + fn)


EPSILON = 1e-7
"""Added to each divisor, as in Keras."""


class F1Score(SumMetric):
    """`2 P R / (P + R)` with `P = tp / (tp + fp)` and `R = tp / (tp + fn)`, 1e-7 added to each divisor.

    Args:
        average: `None` gives one score an output; `"macro"` their mean, `"weighted"` their mean weighted by how often an
            output is positive, `"micro"` the score of all outputs counted together.
        threshold: Above it, strictly, an output is positive. Without one the largest of a row is, and all that equal it, but
            none within 1e-9 of 0: so a single output is always positive, and needs a threshold.
        name: The key in logs.

    Example:
        >>> F1Score(threshold=0.5)([[1, 0], [1, 1]], [[0.9, 0.2], [0.6, 0.7]]).round(3)
        array([1., 1.])
    """

    direction = "up"

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str | None = None, **options: Any
    ) -> None:
        arguments.choice(self, "average", average, (None, "micro", "macro", "weighted"))
        arguments.optional(arguments.number, self, "threshold", threshold, "(0, 1]")
        self.average, self.threshold = average, threshold
        super().__init__(name=name, **options)

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        self._want(pred.ndim == 2, "(n, outputs)", pred)
        return binary(self, true).astype(np.float64), as_floats(pred)

    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        """Return, one row each: true positives, predicted positives, positives."""
        if self.threshold is None:
            chosen = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        chosen = chosen * weights
        return np.stack([down(chosen * y_true), down(chosen), down(weights * y_true)])

    def value(self, sums: Array) -> Any:
        right, predicted, positive = sums.sum(axis=1) if self.average == "micro" else sums
        precision, recall = right / (predicted + EPSILON), right / (positive + EPSILON)
        score = 2 * precision * recall / (precision + recall + EPSILON)
        if self.average == "weighted":
            return (score * positive).sum() / (positive.sum() + EPSILON)
        return score if self.average is None else score.mean()
