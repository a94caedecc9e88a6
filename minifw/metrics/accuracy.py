"""The share of samples that are classified right."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from ..errors import ShapeError
from .base import MeanMetric


class BinaryAccuracy(MeanMetric):
    """The share of outputs for which `(y_pred > threshold) == y_true`.

    Args:
        name: The key in logs.
        threshold: Above it a prediction counts as 1; 0 for a network that ends in scores.

    Example:
        >>> metric = BinaryAccuracy()
        >>> metric.update_state([[1], [0]], [[0.9], [0.6]])
        >>> metric.result()
        0.5
    """

    direction = "up"

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5, **options: Any) -> None:
        arguments.number(self, "threshold", threshold)
        self.threshold = threshold
        super().__init__(name=name, **options)

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = np.equal(y_pred > self.threshold, y_true)
        return np.mean(right, axis=-1) if right.ndim > 1 else right


class CategoricalAccuracy(MeanMetric):
    """The share of samples whose largest prediction stands where the largest entry of a one-hot target does.

    Args:
        name: The key in logs.

    Example:
        >>> metric = CategoricalAccuracy()
        >>> metric.update_state([[0, 1]], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    direction = "up"

    def __init__(self, name: str = "categorical_accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = np.equal(y_true.argmax(axis=-1), y_pred.argmax(axis=-1))
        return right


class SparseCategoricalAccuracy(MeanMetric):
    """The share of samples whose largest prediction stands at the number of their class.

    Args:
        name: The key in logs.

    Example:
        >>> metric = SparseCategoricalAccuracy()
        >>> metric.update_state([1], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    direction = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    @override
    def admit(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        if y_true.shape == (*y_pred.shape[:-1], 1):
            y_true = y_true[..., 0]
        if y_true.shape != y_pred.shape[:-1]:
            raise ShapeError(
                f"{type(self).__name__}: y_true has shape {y_true.shape}, the predictions {y_pred.shape} want "
                f"{y_pred.shape[:-1]}",
                expected=y_pred.shape[:-1],
                received=y_true.shape,
            )
        return y_true, y_pred

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        right: Array = np.equal(y_true, y_pred.argmax(axis=-1))
        return right


def accuracy_for(y_true: Shape, y_pred: Shape) -> MeanMetric:
    """Return what the word "accuracy" means for targets and predictions of these shapes, as Keras decides it."""
    if y_pred[-1:] == (1,):
        return BinaryAccuracy()
    if len(y_true) < len(y_pred) or (y_true[-1:] == (1,) and y_pred[-1] > 1):
        return SparseCategoricalAccuracy()
    return CategoricalAccuracy()


class Accuracy(MeanMetric, aliases=("acc",)):
    """The accuracy that fits the shapes of the first batch: binary, categorical or sparse categorical.

    Args:
        name: The key in logs.

    Example:
        >>> metric = Accuracy()
        >>> metric.update_state([1], [[0.2, 0.8]])
        >>> metric.result()
        1.0
    """

    direction = "up"
    _chosen: MeanMetric | None = None

    def __init__(self, name: str = "accuracy", **options: Any) -> None:
        super().__init__(name=name, **options)

    @override
    def admit(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        if self._chosen is None:
            self._chosen = accuracy_for(y_true.shape, y_pred.shape)
        return self._chosen.admit(y_true, y_pred)

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        if self._chosen is None:
            self._chosen = accuracy_for(y_true.shape, y_pred.shape)
        return self._chosen.values(y_true, y_pred)

    @override
    def reset_state(self) -> None:
        super().reset_state()
        self._chosen = None
