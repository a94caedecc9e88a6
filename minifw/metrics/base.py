"""A metric is a number for people, collected batch by batch; nothing is trained by it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..config import Configurable, constructor
from ..data import as_weights
from ..errors import ShapeError


class Metric(Configurable, registered=False):
    """The base of all metrics; a subclass writes `update_state`, `result` and `reset_state`.

    Args:
        name: The key in logs and history.
    """

    kinds = ("metric",)
    name: str | None = None
    direction: ClassVar[str] = ""
    """`"up"` if a larger value is better, `"down"` if a smaller one is; callbacks that look for the best ask."""

    def __init__(self, *, name: str | None = None, **unknown: Any) -> None:
        arguments.refuse_unknown(self, unknown, constructor(type(self)))
        self.name = name

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch."""
        raise NotImplementedError(f"{type(self).__name__} must write update_state(self, y_true, y_pred, sample_weight=None)")

    def result(self) -> Any:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must write result(self)")

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} must write reset_state(self)")


class MeanMetric(Metric, registered=False):
    """A weighted mean of one value a sample; a subclass writes `values`. 0 before the first batch."""

    _total: float = 0.0
    _weight: float = 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value a sample, shape `(n,)`, or `(n, t, ...)` for more."""
        raise NotImplementedError(f"{type(self).__name__} must write values(self, y_true, y_pred)")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        values = np.asarray(self.values(*self.admit(np.asarray(y_true), np.asarray(y_pred))), dtype=np.float64)
        if sample_weight is None:
            self._total += float(values.sum())
            self._weight += values.size
            return
        weights = as_weights(sample_weight, values, f"{self.name or type(self).__name__}: sample_weight")
        self._total += float((values * weights).sum())
        self._weight += float(np.broadcast_to(weights, values.shape).sum())

    def result(self) -> float:
        return self._total / self._weight if self._weight else 0.0

    def reset_state(self) -> None:
        self._total = self._weight = 0.0

    def admit(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Return targets shaped like the predictions."""
        if y_true.size == y_pred.size and y_true.shape in ((*y_pred.shape, 1), y_pred.shape[:-1]):  # (n,) and (n, 1)
            y_true = y_true.reshape(y_pred.shape)
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{type(self).__name__}: y_true has shape {y_true.shape}, the predictions {y_pred.shape}",
                expected=y_pred.shape,
                received=y_true.shape,
            )
        return y_true, y_pred
