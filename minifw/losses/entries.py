"""Losses that look at one target and its prediction at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._typing import Array
from .base import EPSILON, ElementwiseLoss


class PoissonLoss(ElementwiseLoss, aliases=("Poisson",)):
    """Mean of `y_pred - y_true log(y_pred + 1e-7)`, the negative log-likelihood of counts but for a constant.

    The gradient is `1 - y_true / (y_pred + 1e-7)` over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = PoissonLoss()
        >>> round(loss.forward(np.array([[3.0]]), np.array([[1.0]])), 6)
        1.0
    """

    factor_text = "(1 - y / (ŷ + 1e-7)) / n"
    name = "poisson"

    def each(self, y_true: Array, y_pred: Array) -> Array:
        found = y_pred + EPSILON
        np.minimum(found, np.finfo(found.dtype).max, out=found)  # inf - inf would be NaN, and the loss is infinite
        np.log(found, found)
        found *= y_true
        return np.subtract(y_pred, found, found)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = y_pred + EPSILON
        np.divide(y_true, slope, slope)
        return np.subtract(1.0, slope, slope)


class KLDivergenceLoss(ElementwiseLoss, aliases=("kld", "KLD", "KLDivergence")):
    """Sum over the last axis of `y_true (log(y_true) - log(y_pred))`, both clipped to `[1e-7, 1]`.

    The gradient is `-y_true / y_pred`, and 0 where `y_pred` was clipped.
    From S. Kullback and R. A. Leibler, "On Information and Sufficiency", Annals of Mathematical Statistics 22 (1951).

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = KLDivergenceLoss()
        >>> round(loss.forward(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])), 6)
        0.143841
    """

    factor_text = "-y / ŷ / n"
    name = "kl_divergence"
    _mean = False

    def each(self, y_true: Array, y_pred: Array) -> Array:
        y_true = np.clip(y_true, EPSILON, 1.0)
        found: Array = np.clip(y_pred, EPSILON, 1.0)
        np.log(found, found)
        np.subtract(np.log(y_true), found, found)
        found *= y_true
        return found

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        share: Array = np.clip(y_pred, EPSILON, 1.0)
        inside = np.equal(share, y_pred)
        np.divide(np.clip(y_true, EPSILON, 1.0), share, share)
        np.negative(share, share)
        share *= inside
        return share


class HingeLoss(ElementwiseLoss, aliases=("Hinge",)):
    """Mean of `max(1 - y_true y_pred, 0)`, for labels -1 and 1; a batch of only 0 and 1 is read as -1 and 1.

    The gradient is `-y_true` where `y_true y_pred < 1`, else 0, over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = HingeLoss()
        >>> loss.forward(np.array([[-1.0, 1.0]]), np.array([[0.5, 3.0]]))
        0.75
        >>> loss.backward()
        array([[0.5, 0. ]])
    """

    factor_text = "(-y if y ŷ < 1 else 0) / n"
    name = "hinge"
    takes_logarithm = False

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if np.equal(y_true * y_true, y_true).all():
            y_true = 2.0 * y_true - 1.0
        return y_true, y_pred

    def each(self, y_true: Array, y_pred: Array) -> Array:
        found: Array = y_true * y_pred
        np.subtract(1.0, found, found)
        np.maximum(found, 0.0, out=found)
        return found

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = np.multiply(y_true * y_pred < 1.0, y_true)
        return np.subtract(0.0, slope, slope)
