"""Metrics that are sums, and the mean, which is two of them: of what a subclass, a function or a loss says."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import numpy as np

from .._typing import Array, ArrayLike
from ..arrays import as_numbers, as_weights
from ..engine.errstate import silent
from ..engine.reductions import row_sums, total
from ..errors import ShapeError
from ..functions import OfFunctions
from ..network.names import snake_case
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

    @silent
    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        y_true, y_pred = self.admit(y_true, y_pred)
        if not len(y_pred):
            return
        more, sums = self._batch_sums(y_true, y_pred, sample_weight), self._sums
        if sums is not None and sums.shape != more.shape:
            text = f"predictions {y_pred.shape} give sums {more.shape}, the batches before them gave {sums.shape}"
            text = f"{type(self).__name__}: {text}; call reset_state() before data of another width"
            raise ShapeError(text, expected=sums.shape, received=more.shape)
        self._sums = more if sums is None else self.join(sums, more)

    def _batch_sums(self, y_true: Array, y_pred: Array, sample_weight: ArrayLike | None) -> Array:
        if sample_weight is None:
            weights = np.ones(y_pred.shape[:1] + (1,) * (y_pred.ndim - 1))
        else:
            weights = as_weights(sample_weight, np.broadcast_to(0.0, y_pred.shape), f"{type(self).__name__}: sample_weight")
        return self.sums(y_true, y_pred, weights)

    @silent
    def result(self) -> Any:
        if self._sums is None:
            return self.empty
        value = self.value(self._sums)
        return value if np.ndim(value) else float(value)

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


class MeanMetric(SumMetric, registered=False):
    """A weighted mean over samples, `sum(w v) / sum(w)`; a subclass writes `values`. 0 before the first batch.

    Args:
        name: The key in logs.

    Example:
        >>> class WithinTen(MeanMetric):
        ...     direction = "up"
        ...     def values(self, y_true, y_pred):
        ...         return (np.abs(y_pred - y_true) <= 10).mean(axis=-1)
        >>> WithinTen()([[0.0], [0.0]], [[5.0], [50.0]])
        0.5
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value a sample, shape `(n,)`; of `(n, t, ...)` the mean over all but the samples counts."""
        raise NotImplementedError(f"{type(self).__name__} must write values(self, y_true, y_pred)")

    def _batch_sums(self, y_true: Array, y_pred: Array, sample_weight: ArrayLike | None) -> Array:
        """Return `sum(w v)` and `sum(w)`, a sample at a time."""
        values = np.asarray(self.values(y_true, y_pred), dtype=np.float64)
        if values.shape[:1] not in (y_pred.shape[:1], ()):
            text = f"the values of predictions {y_pred.shape} must be one a sample, {y_pred.shape[:1]}, got {values.shape}"
            raise ShapeError(f"{type(self).__name__}: {text}", expected=y_pred.shape[:1], received=values.shape)
        samples = len(values) if values.ndim else 1  # one number for the whole batch counts once, as in Keras
        weights = self._weights(y_true, values, sample_weight)
        if weights is None:
            return np.array([total(values) * samples / values.size, samples])
        return np.array([total(values * weights), total(np.broadcast_to(weights, values.shape))]) / (values.size // samples)

    def value(self, sums: Array) -> Any:
        return sums[0] / sums[1] if sums[1] else 0.0

    def _weights(self, y_true: Array, values: Array, sample_weight: ArrayLike | None) -> Array | None:
        """Return what multiplies the values, `None` if nothing does."""
        if sample_weight is None:
            return None
        where = f"{type(self).__name__}: sample_weight"
        if not values.ndim:
            raise ShapeError(f"{where} needs one value a sample, not one for the batch", expected="(n,)", received=())
        return as_weights(sample_weight, values, where)


class Wrapped(MeanMetric, registered=False):
    """The mean over the samples of what `fn` says, a function or a loss."""

    fn: Any

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = self._numbers(y_true, "y_true"), self._numbers(y_pred, "y_pred").astype(np.float64, copy=False)
        if not hasattr(self.fn, "slopes"):
            return super().admit(true, pred) if true.size == pred.size else (true, pred)  # (n,) - (n, 1) would be (n, n)
        true, pred = self.fn.admit(true, pred)
        return (true, pred) if pred.ndim > 1 else (true.reshape(-1, 1), pred.reshape(-1, 1))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        # of a loss a copy works: what it remembers of a batch is for its own backward
        values: Array = copy.copy(self.fn).values(y_true, y_pred) if hasattr(self.fn, "slopes") else self.fn(y_true, y_pred)
        return values

    def _weights(self, y_true: Array, values: Array, sample_weight: ArrayLike | None) -> Array | None:
        weights = super()._weights(y_true, values, sample_weight)
        counts: Array | None = self.fn._counts(y_true) if hasattr(self.fn, "slopes") else None
        return weights if counts is None else counts * (1.0 if weights is None else weights)


class MeanMetricWrapper(OfFunctions, Wrapped):
    """The mean of a function or of a loss over the samples.

    `compile` makes one of a function or a loss that stands among the metrics.

    Args:
        fn: A function of `(y_true, y_pred)` that returns one value a sample, or a `Loss`. One that returns a single number
            counts once a batch, as in Keras.
        name: The key in logs; without one the name of the function or the loss, in snake case.

    Example:
        >>> def worst(y_true, y_pred):
        ...     return np.abs(y_pred - y_true).max(axis=-1)
        >>> MeanMetricWrapper(worst)([[0, 0], [0, 0]], [[1, -2], [4, 0]])
        3.0
    """

    _functions = {"fn": ("(y_true, y_pred) or a loss", "one value a sample")}  # noqa: RUF012 (never written to)

    def __init__(self, fn: Any, name: str | None = None, **options: Any) -> None:
        self._keep(fn=fn)
        if hasattr(fn, "slopes"):
            self.direction = "down"
        own = getattr(fn, "name", None) or snake_case(getattr(fn, "__name__", type(fn).__name__))
        super().__init__(name=name or own, **options)


class Mean(MeanMetric, registered=False):
    """The weighted mean of numbers that are handed in, such as the losses of batches in a loop of one's own.

    It takes no targets, so it has no place in `compile`.

    Args:
        name: A label.

    Example:
        >>> mean = Mean(name="train_loss")
        >>> mean.update_state([1.0, 2.0])
        >>> mean(6.0)
        3.0
    """

    kinds = ("mean",)

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        numbers = np.ravel(as_numbers(values, "Mean: values"))
        super().update_state(numbers, numbers, None if sample_weight is None else np.ravel(sample_weight))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_pred

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:  # type: ignore[override]
        """Take in some numbers and return the mean of all since the last reset."""
        self.update_state(values, sample_weight)
        return self.result()
