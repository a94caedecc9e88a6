"""Shares of predictions that are right."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from .mean import MeanMetric


class BinaryAccuracy(MeanMetric):
    """The share of outputs for which `(y_pred > threshold) == y_true`.

    Args:
        name: The key in logs.
        threshold: Above it, strictly, a prediction counts as 1; 0 for a network that ends in scores.

    Example:
        >>> metric = BinaryAccuracy()
        >>> metric.update_state([[1], [0]], [[0.9], [0.6]])
        >>> metric.result()
        0.5
    """

    direction = "up"

    def __init__(self, name: str | None = None, threshold: float = 0.5, **options: Any) -> None:
        self.threshold = arguments.number(self, "threshold", threshold)
        self.wants = "probabilities" if threshold == 0.5 else None
        super().__init__(name=name, **options)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.equal(y_pred > self.threshold, y_true)


class _Categorical(MeanMetric, registered=False):
    """The base of metrics that want the predictions of several classes, whatever the targets are."""

    direction = "up"

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = super().admit(y_true, y_pred)
        self._want(pred.ndim > 1, "(n, classes)", pred)
        return true, pred


class CategoricalAccuracy(_Categorical):
    """The share of samples whose largest prediction stands where the largest entry of a one-hot target does.

    Of equal entries the first is the largest.

    Args:
        name: The key in logs.

    Example:
        >>> metric = CategoricalAccuracy()
        >>> metric.update_state([[0, 1]], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)  # type: ignore[no-any-return]


class SparseCategoricalAccuracy(_Categorical):
    """The share of samples whose largest prediction, of equal ones the first, stands at the number of their class.

    Args:
        name: The key in logs.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> metric = SparseCategoricalAccuracy()
        >>> metric.update_state([1], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    target_kind = "index"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return y_true == y_pred.argmax(axis=-1)  # type: ignore[no-any-return]


def accuracy_for(y_true: Shape, y_pred: Shape) -> MeanMetric:
    """Return what the word "accuracy" means for targets and predictions of these shapes, as Keras decides it.

    Predictions of one axis are one output; Keras would look for the largest of the batch.
    """
    if y_pred[-1:] == (1,) or len(y_pred) < 2:
        return BinaryAccuracy()
    if len(y_true) < len(y_pred) or y_true[-1:] == (1,):
        return SparseCategoricalAccuracy()
    return CategoricalAccuracy()


class Accuracy(MeanMetric, aliases=("acc",)):
    """The accuracy that fits the shapes of the first batch: binary, categorical or sparse categorical.

    Predictions that are one whole number a sample are class numbers already, and compared as they are.

    Args:
        name: The key in logs.

    Example:
        >>> metric = Accuracy()
        >>> metric.update_state([1], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    direction = "up"
    wants = "one probability"
    _chosen: MeanMetric | None = None

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        true, pred = self._numbers(y_true, "y_true"), self._numbers(y_pred, "y_pred")
        if self._chosen is None or self._sums is None or not self._sums[1]:  # a batch that was refused has chosen nothing
            labels = pred.dtype.kind != "f" and pred.shape[1:] in ((), (1,))
            self._chosen = _Equal() if labels else accuracy_for(true.shape, pred.shape)
        self._chosen._ignored = self._ignored
        return self._chosen.admit(true, pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        assert self._chosen is not None
        return self._chosen.values(y_true, y_pred)

    def reset_state(self) -> None:
        super().reset_state()
        self._chosen = None


class _Equal(MeanMetric, registered=False):
    """The share of predicted class numbers that equal their targets."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return np.equal(y_true, y_pred)


class SparseTopKCategoricalAccuracy(_Categorical):
    """The share of samples for which fewer than `k` predictions are larger than that of their class.

    Equal predictions count as found.

    Args:
        k: How many predictions are looked at.
        name: The key in logs.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([2, 0], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]])
        0.5
    """

    target_kind = "index"

    def __init__(self, k: int = 5, name: str | None = None, **options: Any) -> None:
        self.k = arguments.integer(self, "k", k)
        super().__init__(name=name, **options)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        known = np.clip(y_true, 0, y_pred.shape[-1] - 1)
        of_class = np.take_along_axis(y_pred, known[..., np.newaxis], axis=-1)
        if of_class.dtype.kind == "f":
            of_class = np.fmax(of_class, -np.inf)  # NaN is larger than nothing
        found = np.greater(y_pred, of_class).sum(axis=-1) < self.k
        return found & (known == y_true)  # type: ignore[no-any-return]  # an ignored class may be out of range


class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """The share of samples for which fewer than `k` predictions are larger than that of the largest one-hot target.

    Equal predictions count as found; of equal targets the first is the largest.

    Args:
        k: How many predictions are looked at.
        name: The key in logs.

    Example:
        >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1], [1, 0, 0]], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]])
        0.5
    """

    target_kind = "float"

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return super().values(y_true.argmax(axis=-1), y_pred)
