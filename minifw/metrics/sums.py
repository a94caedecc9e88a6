"""Whatever can be told from sums over samples."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from .._typing import Array, ArrayLike
from ..data import as_weights
from ..errors import ShapeError
from ..engine.errstate import SILENT
from ..engine.rows import row_sums
from .base import Metric


class SumMetric(Metric, registered=False):
    """A function of sums over samples; a subclass writes `sums` and `value`. 0 before the first batch.

    Args:
        name: The key in logs.

    Example:
        >>> class Bias(SumMetric):
        ...     def sums(self, y_true, y_pred, weights):
        ...         return np.array([(weights * (y_pred - y_true)).sum(), weights.sum()])
        ...     def value(self, sums):
        ...         return sums[0] / sums[1]
        >>> Bias()([[1.0], [2.0]], [[2.0], [2.0]])
        0.5
    """

    empty: ClassVar[float] = 0.0
    """The result before the first batch."""

    _sums: Array | None = None

    def sums(self, y_true: Array, y_pred: Array, weights: Array) -> Array:
        """Return the sums over one batch as one array.

        Args:
            y_true: The targets.
            y_pred: The predictions.
            weights: float64, shaped to multiply predictions: `(n, 1, ...)` or like `y_pred`; ones without weights.
        """
        raise NotImplementedError(f"{type(self).__name__} must write sums(self, y_true, y_pred, weights)")

    def value(self, sums: Array) -> Any:
        """Return the result from the sums over all batches."""
        raise NotImplementedError(f"{type(self).__name__} must write value(self, sums)")

    def join(self, sums: Array, more: Array) -> Array:
        """Return the sums of earlier batches together with those of another; never writes into either."""
        return sums + more

    @override
    @SILENT
    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        y_true, y_pred = self.admit(y_true, y_pred)
        if not len(y_pred):
            return
        if sample_weight is None:
            weights = np.ones(y_pred.shape[:1] + (1,) * (y_pred.ndim - 1))
        else:
            weights = as_weights(sample_weight, np.broadcast_to(0.0, y_pred.shape), f"{type(self).__name__}: sample_weight")
        more, sums = self.sums(y_true, y_pred, weights), self._sums
        if sums is not None and sums.shape != more.shape:
            raise ShapeError(
                f"{type(self).__name__}: predictions {y_pred.shape} give sums {more.shape}, the batches before them gave "
                f"{sums.shape}; call reset_state() before data of another width",
                expected=sums.shape,
                received=more.shape,
            )
        self._sums = more if sums is None else self.join(sums, more)

    @override
    @SILENT
    def result(self) -> Any:
        if self._sums is None:
            return self.empty
        found = self.value(self._sums)
        return found if np.ndim(found) else float(found)

    @override
    def reset_state(self) -> None:
        self._sums = None


def divided(above: Array, below: Array) -> Array:
    """Return `above / below`, and 0 where `below` is 0.

    Example:
        >>> divided(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
        array([0.5, 0. ])
    """
    return above / np.where(below == 0, np.inf, below)


def down(array: Array) -> Array:
    """Return the sums of columns; down a long column NumPy itself adds one by one.

    Example:
        >>> down(np.ones((2, 3)))
        array([2., 2., 2.])
    """
    return row_sums(np.ascontiguousarray(array.T))


def matrix(metric: Metric, y_pred: Array) -> None:
    """Raise a `ShapeError` unless predictions have one axis for samples and one for outputs."""
    if y_pred.ndim != 2:
        hint = "; for one output pass y_pred[:, np.newaxis]" if y_pred.ndim == 1 else ""
        raise ShapeError(
            f"{type(metric).__name__}: predictions must be (n, outputs), got {y_pred.shape}{hint}",
            expected="(n, outputs)",
            received=y_pred.shape,
        )
