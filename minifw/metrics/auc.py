"""The area under a curve that a threshold draws while it moves from 0 to 1."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from .. import arguments, ops
from .._typing import Array, ArrayLike
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from .counts import _ThresholdMetric, counts
from .mean import divided

EPSILON = 1e-7
"""The outermost thresholds lie this far outside [0, 1], as in Keras."""


class AUC(_ThresholdMetric):
    """The area under the ROC or the precision-recall curve, from the counts of `y_pred > t` at `num_thresholds` thresholds.

    The thresholds are `i / (num_thresholds - 1)`, the outermost a little outside [0, 1]. Under the ROC curve, recall over
    false positive rate, trapezoids are summed. Under the precision-recall curve true positives and positives are
    interpolated: between neighbours with `q = tp + fp`, `k = dtp / dq` and `c = tp1 - k q1`, of which 1 has the higher
    threshold, lies `k (dtp + c log(q0 / q1)) / (tp + fn)` (J. Davis and M. Goadrich, "The relationship between
    precision-recall and ROC curves", 2006). 0 as long as one of the two classes has not been seen.

    Args:
        num_thresholds: How many; more of them come nearer to the exact area.
        curve: `"ROC"` or `"PR"`.
        summation_method: `"interpolation"` as above; `"minoring"` and `"majoring"` take the lower and the higher end of each
            step of the curve.
        name: The key in logs.
        thresholds: Thresholds of one's own in [0, 1], between the outermost; `num_thresholds` means nothing then.
        multi_label: Whether each output has a curve of its own, and the result is the mean of the areas.
        num_labels: The number of outputs, to be checked; only with `multi_label`.
        label_weights: One weight an output; with `multi_label` for the mean, without for the counts.
        from_logits: Whether predictions are scores; a sigmoid makes them probabilities.

    Example:
        >>> AUC(num_thresholds=3)([[0], [0], [1], [1]], [[0.0], [0.5], [0.3], [0.9]])
        0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
        **options: Any,
    ) -> None:
        if thresholds is not None and not isinstance(thresholds, (list, tuple)):
            raise ArgumentTypeError(f"AUC: thresholds must be a list of numbers in [0, 1], got {shown(thresholds)}")
        self.num_thresholds = arguments.integer(self, "num_thresholds", num_thresholds, "[2, inf)")
        self.curve = arguments.choice(self, "curve", curve, ("ROC", "PR"))
        methods = "interpolation", "minoring", "majoring"
        self.summation_method = arguments.choice(self, "summation_method", summation_method, methods)
        self.multi_label = arguments.flag(self, "multi_label", multi_label)
        self.num_labels = arguments.optional(arguments.integer, self, "num_labels", num_labels)
        if num_labels is not None and not multi_label:
            raise ArgumentValueError(f"AUC: num_labels={shown(num_labels)} means nothing without multi_label=True")
        for weight in label_weights if label_weights is not None else ():
            arguments.number(self, "label_weights", weight, "[0, inf)")
        self.label_weights, self.from_logits = label_weights, arguments.flag(self, "from_logits", from_logits)
        super().__init__(thresholds, name=name, **options)

    @cached_property
    def cuts(self) -> Array:
        """The thresholds in rising order, the outermost included."""
        last = self.num_thresholds - 1
        inner = np.arange(1, last) / last if self.thresholds is None else np.sort(self.thresholds)
        return np.concatenate([[-EPSILON], inner, [1 + EPSILON]])

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        labels = self.num_labels if self.label_weights is None else len(self.label_weights)
        if (self.multi_label and pred.ndim != 2) or (labels is not None and pred.shape[1:] != (labels,)):
            self._want(False, f"(n, {'labels' if labels is None else labels})", pred)
        return true, ops.sigmoid(pred) if self.from_logits else pred

    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        y_pred = np.fmin(np.fmax(y_pred, 0), 1)  # all lie between the outermost thresholds
        if self.multi_label:
            return self.table(y_true, y_pred, np.broadcast_to(weights, y_pred.shape))
        if self.label_weights is not None:
            weights = weights * np.asarray(self.label_weights, dtype=np.float64)
        return super().sums(y_true, y_pred, weights)

    def value(self, sums: Array) -> Any:
        tp, fp, fn, tn = counts(sums)
        if self.curve == "PR" and self.summation_method == "interpolation":
            areas = _under_precision(tp, tp + fp, tp + fn)
        else:
            recall = divided(tp, tp + fn)
            x, y = (divided(fp, fp + tn), recall) if self.curve == "ROC" else (recall, divided(tp, tp + fp))
            ends = y[:-1], y[1:]
            height = {"interpolation": sum(ends) / 2, "minoring": np.minimum(*ends), "majoring": np.maximum(*ends)}
            areas = (x[:-1] - x[1:]) * height[self.summation_method]
        by_label = areas.sum(axis=0)
        if self.multi_label and self.label_weights is not None:
            weights = np.asarray(self.label_weights, dtype=np.float64)
            return divided((by_label * weights).sum(), weights.sum())
        return by_label.mean()


def _under_precision(tp: Array, q: Array, positives: Array) -> Array:
    """Return the areas between neighbours under the precision-recall curve."""
    slope = divided(tp[:-1] - tp[1:], q[:-1] - q[1:])
    start = tp[1:] - slope * q[1:]
    ratio = np.where(q[1:] > 0, divided(q[:-1], q[1:]), 1.0)
    return divided(slope * (tp[:-1] - tp[1:] + start * np.log(ratio)), positives[1:])
