"""The cross-entropy between class numbers and predicted probabilities or scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments, ops
from .._typing import Array
from ..errors import ArgumentValueError, ShapeError
from .base import SILENT, Loss

EPSILON = 1e-7
"""Probabilities are clipped to `[EPSILON, 1 - EPSILON]`, as in Keras."""


class SparseCategoricalCrossentropyLoss(Loss, aliases=("SparseCategoricalCrossentropy",)):
    """`-log q[y]` for the class `y` of each sample.

    From scores `z` (`from_logits=True`) it is `-log_softmax(z)[y]`, with gradient `softmax(z) - onehot(y)`; no
    probability is formed, so nothing overflows. From probabilities `p` it is `-log(p[y] / sum(p))`, clipped to
    `[1e-7, 1 - 1e-7]`, with gradient `1 / sum(p) - onehot(y) / p[y]`, and 0 where it was clipped.

    Args:
        from_logits: Whether predictions are scores; put no softmax before it then.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> loss = SparseCategoricalCrossentropyLoss(from_logits=True)
        >>> loss.forward([0], np.array([[0.0, 0.0]])).__round__(6)
        0.693147
    """

    target_kind = "index"
    factor_text = "(1 / Σ ŷ - onehot(y) / ŷ) / n"

    def __init__(self, from_logits: bool = False, **options: Any) -> None:
        arguments.flag(self, "from_logits", from_logits)
        self.from_logits = from_logits
        if from_logits:
            self.factor_text = "(softmax(ŷ) - onehot(y)) / n"
        super().__init__(**options)

    @override
    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        if np.ndim(y_pred) < 2:
            raise ShapeError(
                f"{type(self).__name__}: predictions must be (n, classes), got {np.shape(y_pred)}",
                expected="(n, classes)",
                received=np.shape(y_pred),
            )
        labels, y_pred = super().admit(y_true, y_pred)
        classes = y_pred.shape[-1]
        if labels.size and not (labels.min() >= 0 and labels.max() < classes):
            raise ArgumentValueError(
                f"{type(self).__name__}: class numbers must be 0 to {classes - 1} for {classes} outputs, "
                f"got {labels.min()} to {labels.max()}"
            )
        return labels, y_pred

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        at = y_true[..., np.newaxis]
        if self.from_logits:
            log_share: Array = np.take_along_axis(ops.log_softmax(y_pred), at, -1)[..., 0]
        else:
            log_share = np.log(np.clip(_share(y_true, y_pred), EPSILON, 1 - EPSILON))
        return np.negative(log_share)

    @override
    @SILENT
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        at = y_true[..., np.newaxis]
        if self.from_logits:
            slopes = ops.softmax(y_pred)
            np.put_along_axis(slopes, at, np.take_along_axis(slopes, at, -1) - 1.0, -1)
            return slopes
        share = _share(y_true, y_pred)[..., np.newaxis]
        inside = ((share >= EPSILON) & (share <= 1 - EPSILON)).astype(y_pred.dtype)
        slopes = np.empty_like(y_pred)
        slopes[...] = inside / y_pred.sum(axis=-1, keepdims=True)
        own = np.take_along_axis(y_pred, at, -1)
        # a clipped probability may be 0, and its slope is 0 whatever we divide by
        own_slope = np.take_along_axis(slopes, at, -1) - inside / np.where(inside > 0, own, 1)
        np.put_along_axis(slopes, at, own_slope, -1)
        return slopes


def _share(y_true: Array, y_pred: Array) -> Array:
    """Return `p[y] / sum(p)`."""
    share: Array = np.take_along_axis(y_pred, y_true[..., np.newaxis], -1)[..., 0] / y_pred.sum(axis=-1)
    return share
