"""How many of the predicted positives are right, and how many of the positives are found."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, ArrayLike
from ..errors import ArgumentValueError, ShapeError
from .confusion import CountMetric
from .sums import divided


class _Hits(CountMetric, registered=False):
    """Counts all outputs together, or one class of them, and perhaps only the best of each row."""

    direction = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        if top_k is not None:
            arguments.integer(self, "top_k", top_k)
        if class_id is not None:
            arguments.integer(self, "class_id", class_id, "[0, inf)")
        self.top_k, self.class_id = top_k, class_id
        self.wants = "probabilities" if thresholds is None and top_k is None else None
        super().__init__(thresholds, name, **options)

    @cached_property
    def cuts(self) -> Array:
        """The thresholds in rising order; with `top_k` alone every prediction that it leaves counts."""
        return np.array([-np.inf]) if self.top_k is not None and self.thresholds is None else super().cuts

    @override
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

    @override
    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        if self.top_k is not None:
            best = np.argsort(-y_pred, axis=-1, kind="stable")[..., : self.top_k]
            kept = np.full_like(y_pred, -np.inf)
            np.put_along_axis(kept, best, np.take_along_axis(y_pred, best, -1), -1)
            y_pred = kept
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

    @override
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

    @override
    def rate(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return divided(tp, tp + fn)
