"""The cross-entropy of a yes or no, output by output."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments, ops
from .._typing import Array
from ..errors import ArgumentValueError
from .base import EPSILON, ElementwiseLoss
from .crossentropy import _Crossentropy


class BinaryCrossentropyLoss(_Crossentropy, ElementwiseLoss, aliases=("bce", "BCE", "BinaryCrossentropy")):
    """Mean of `-(y log(p) + (1 - y) log(1 - p))` over the outputs, for targets `y` in [0, 1].

    From scores `z` (`from_logits=True`), with `p = sigmoid(z)`, it is `([z > 0] - y) z + log1p(exp(-|z|))`, whose terms
    are never negative, so nothing overflows or cancels; the gradient is `sigmoid(z) - y`. Probabilities are clipped to
    `[1e-7, 1 - 1e-7]`; their gradient is `(p - y) / (p (1 - p))`, and 0 where they were clipped.

    Args:
        from_logits: Whether predictions are scores; put no sigmoid before it then.
        label_smoothing: `s` in [0, 1]; `y` becomes `y (1 - s) + s / 2`.
        axis: Over which axis the mean of a sample's outputs is taken.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If a target is outside [0, 1].

    Example:
        >>> loss = BinaryCrossentropyLoss()
        >>> loss.forward([[1.0]], np.array([[0.5]])).__round__(6)
        0.693147
    """

    factor_text = "(ŷ - y) / (ŷ (1 - ŷ)) / n"
    name = "binary_crossentropy"
    wants = "probabilities"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **options: Any) -> None:
        arguments.number(self, "label_smoothing", label_smoothing, "[0, 1]")
        self.label_smoothing = label_smoothing
        if from_logits:
            self.factor_text = "(σ(ŷ) - y) / n"
        super().__init__(from_logits, **options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if y_true.size and not (y_true.min() >= 0 and y_true.max() <= 1):
            raise ArgumentValueError(
                f"{type(self).__name__}: targets must be in [0, 1], got {y_true.min()} to {y_true.max()}; "
                "map labels -1 and 1 by (y + 1) / 2 or use HingeLoss; for numbers of several classes there is "
                "SparseCategoricalCrossentropyLoss"
            )
        if self.label_smoothing:
            y_true = y_true * (1.0 - self.label_smoothing) + 0.5 * self.label_smoothing
        return y_true, y_pred

    def _mismatch(self, target: Array, y_pred: Array) -> str:
        return "; give the last layer one unit a target; for numbers of classes there is SparseCategoricalCrossentropyLoss"

    def each(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_logits:
            rest: Array = np.abs(y_pred)
            np.negative(rest, rest)
            np.exp(rest, rest)
            np.log1p(rest, rest)
            found: Array = np.greater(y_pred, 0).astype(y_pred.dtype)
            found -= y_true
            found *= y_pred
            rest += np.fmax(found, 0.0, out=found)  # 0 * inf is NaN, and the limit is 0
            return rest
        share = np.clip(y_pred, EPSILON, 1 - EPSILON)
        found = np.log(share)
        found *= y_true
        np.negative(share, share)
        np.log1p(share, share)
        share *= 1.0 - y_true
        found += share
        return np.negative(found, found)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_logits:
            slope = ops.sigmoid(y_pred)
            slope -= y_true
            return slope
        share: Array = np.clip(y_pred, EPSILON, 1 - EPSILON)
        inside = np.equal(share, y_pred)
        slope = np.subtract(share, y_true)
        slope /= share
        np.subtract(1.0, share, share)
        slope /= share
        slope *= inside
        return slope
