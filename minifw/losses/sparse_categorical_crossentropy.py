"""The cross-entropy between class numbers and predicted shares or scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from ..errors import ArgumentValueError
from ..engine.rows import total
from .crossentropy import _Categorical

IGNORED = -1


class SparseCategoricalCrossentropyLoss(_Categorical, aliases=("SparseCategoricalCrossentropy",)):
    """`-log q[y]` for the class `y` of each sample.

    From scores `z` (`from_logits=True`) it is `-log_softmax(z)[y]`, with gradient `softmax(z) - onehot(y)`; no
    logarithm of a softmax is formed, so nothing overflows. From shares `p` it is `-log(p[y] / sum(p))`, clipped to
    `[1e-7, 1 - 1e-7]`, with gradient `1 / sum(p) - onehot(y) / p[y]`, and 0 where it was clipped.

    Args:
        from_logits: Whether predictions are scores; put no softmax before it then.
        ignore_class: A label, in or out of range, whose samples count for nothing: value and gradient are 0, and a mean
            is taken over the others.
        axis: Where the classes lie in the predictions; targets lack that axis.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> loss = SparseCategoricalCrossentropyLoss(from_logits=True)
        >>> loss.forward([0], np.array([[0.0, 0.0]])).__round__(6)
        0.693147
    """

    name = "sparse_categorical_crossentropy"
    target_kind = "index"
    factor_text = "(1 / Σ ŷ - onehot(y) / ŷ) / n"

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **options: Any) -> None:
        if ignore_class is not None:
            arguments.integer(self, "ignore_class", ignore_class, "(-inf, inf)")
        self.ignore_class = ignore_class
        if from_logits:
            self.factor_text = "(softmax(ŷ) - onehot(y)) / n"
        super().__init__(from_logits, **options)

    @override
    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        labels, y_pred = super().admit(y_true, y_pred)
        classes = y_pred.shape[-1]
        known = labels if self.ignore_class is None else labels[labels != self.ignore_class]
        if known.size and not (known.min() >= 0 and known.max() < classes):
            raise ArgumentValueError(
                f"{type(self).__name__}: class numbers must be 0 to {classes - 1} for {classes} outputs, "
                f"got {known.min()} to {known.max()}; number the classes from 0, or give the last layer one unit a class"
            )
        if known.size < labels.size:
            labels = np.where(labels == self.ignore_class, IGNORED, labels)
        return labels, y_pred

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self._without_ignored(y_true, super().values(y_true, y_pred))

    @override
    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        return self._without_ignored(y_true, super()._scaled_slopes(y_true, y_pred, scale))

    def _without_ignored(self, y_true: Array, found: Array) -> Array:
        if self.ignore_class is not None:
            found[y_true == IGNORED] = 0.0
        return found

    @override
    def _counts(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != IGNORED

    @override
    def _divisor(self, y_true: Array, values: Array, weights: Array | None) -> float:
        counts = self._counts(y_true)
        if counts is None or self.reduction in ("sum", "none", None):
            return super()._divisor(y_true, values, weights)
        weighted = self.reduction == "mean_with_sample_weight" and weights is not None
        return total(counts * weights) if weighted else float(counts.sum())

    @override
    def _mismatch(self, target: Array, y_pred: Array) -> str:
        if target.shape == y_pred.shape:
            return "; these look like one-hot rows: use CategoricalCrossentropyLoss or y.argmax(axis=-1)"
        return "; give one class number a sample"

    @override
    def _chosen(self, y_true: Array, rows: Array) -> Array:
        return rows[np.arange(len(rows)), y_true][:, np.newaxis]

    @override
    def _dot(self, y_true: Array, chosen: Array) -> Array:
        return chosen[:, 0]

    @override
    def _take_off(self, y_true: Array, rows: Array, amount: Any) -> None:
        rows[np.arange(len(rows)), y_true] -= amount if isinstance(amount, float) else amount[:, 0]
