"""The harmonic mean of precision and recall."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, ArrayLike
from .confusion import binary
from .sums import SumMetric, down, matrix

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
        if threshold is not None:
            arguments.number(self, "threshold", threshold, "(0, 1]")
        self.average, self.threshold = average, threshold
        super().__init__(name=name, **options)

    @override
    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        matrix(self, pred)
        return binary(self, true).astype(np.float64), pred if pred.dtype.kind == "f" else pred.astype(np.float64)

    @override
    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        """Return, one row each: true positives, predicted positives, positives."""
        if self.threshold is None:
            chosen = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            chosen = y_pred > self.threshold
        chosen = chosen * weights
        return np.stack([down(chosen * y_true), down(chosen), down(weights * y_true)])

    @override
    def value(self, sums: Array) -> Any:
        right, predicted, positive = sums.sum(axis=1) if self.average == "micro" else sums
        precision, recall = right / (predicted + EPSILON), right / (positive + EPSILON)
        score = 2 * precision * recall / (precision + recall + EPSILON)
        if self.average == "weighted":
            return (score * positive).sum() / (positive.sum() + EPSILON)
        return score if self.average is None else score.mean()
