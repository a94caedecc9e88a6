"""Losses that look at one target and its prediction at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from .._typing import Array, Shape
from ..arrays import outside
from .base import EPSILON, ElementwiseLoss
from .crossentropy import _Smoothed


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
        logs = y_pred + EPSILON
        np.minimum(logs, np.finfo(logs.dtype).max, out=logs)  # inf - inf would be NaN, and the loss is infinite
        np.multiply(y_true, np.log(logs, logs), logs)
        return np.subtract(y_pred, logs, logs)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = y_pred + EPSILON
        return np.subtract(1.0, np.divide(y_true, slope, slope), slope)


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
        p: Array = np.clip(y_true, EPSILON, 1.0)
        q: Array = np.clip(y_pred, EPSILON, 1.0)
        np.subtract(np.log(p), np.log(q, q), q)
        return np.multiply(p, q, q)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        q: Array = np.clip(y_pred, EPSILON, 1.0)
        slope: Array = np.clip(y_true, EPSILON, 1.0)
        slope /= q
        slope *= q == y_pred
        return np.negative(slope, slope)


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
        margin: Array = y_true * y_pred
        return np.maximum(np.subtract(1.0, margin, margin), 0.0, out=margin)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = np.multiply(y_true * y_pred < 1.0, y_true)
        return np.subtract(0.0, slope, slope)


class SquaredHingeLoss(HingeLoss, aliases=("SquaredHinge",)):
    """Mean of `max(1 - y_true y_pred, 0)**2`, for labels as in `HingeLoss`.

    The gradient is `-2 y_true max(1 - y_true y_pred, 0)` over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = SquaredHingeLoss()
        >>> loss.forward(np.array([[-1.0, 1.0]]), np.array([[1.0, 3.0]]))
        2.0
    """

    factor_text = "-2 y max(1 - y ŷ, 0) / n"
    name = "squared_hinge"

    def each(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(super().each(y_true, y_pred))

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope: Array = y_true * super().each(y_true, y_pred)
        return -2.0 * slope


class MAPELoss(ElementwiseLoss, aliases=("mape", "MAPE", "MeanAbsolutePercentageError")):
    """Mean of `100 |y_pred - y_true| / max(|y_true|, 1e-7)`, the error in percent of the target.

    The gradient is `100 sign(y_pred - y_true) / max(|y_true|, 1e-7)` over the number of entries. Targets near 0 are worth
    more than all others together.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = MAPELoss()
        >>> loss.forward(np.array([[4.0, 10.0]]), np.array([[5.0, 10.0]]))
        12.5
    """

    factor_text = "100 sign(ŷ - y) / |y| / n"
    name = "mean_absolute_percentage_error"
    takes_logarithm = False

    def each(self, y_true: Array, y_pred: Array) -> Array:
        share: Array = (y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)
        return 100.0 * np.abs(share)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope: Array = 100.0 * np.sign(y_pred - y_true) / np.maximum(np.abs(y_true), EPSILON)
        return slope


class MSLELoss(ElementwiseLoss, aliases=("msle", "MSLE", "MeanSquaredLogarithmicError")):
    """Mean of `(log(1 + y_pred) - log(1 + y_true))**2`, both at least 1e-7: the error as a factor, for numbers above 0.

    The gradient is `2 (log(1 + y_pred) - log(1 + y_true)) / (1 + y_pred)` over the number of entries, and 0 where `y_pred`
    is not above 1e-7.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = MSLELoss()
        >>> round(loss.forward(np.array([[1.0]]), np.array([[3.0]])), 6)
        0.480453
    """

    factor_text = "2 (log(1 + ŷ) - log(1 + y)) / (1 + ŷ) / n"
    name = "mean_squared_logarithmic_error"
    takes_logarithm = False

    def each(self, y_true: Array, y_pred: Array) -> Array:
        return np.square(_log_ratio(y_true, y_pred))

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope: Array = _log_ratio(y_true, y_pred) * (y_pred > EPSILON) / (1.0 + np.maximum(y_pred, EPSILON))
        return 2.0 * slope


def _log_ratio(y_true: Array, y_pred: Array) -> Array:
    """Return `log(1 + y_pred) - log(1 + y_true)`, both at least 1e-7."""
    ratio: Array = np.log1p(np.maximum(y_pred, EPSILON)) - np.log1p(np.maximum(y_true, EPSILON))
    return ratio


class BinaryCrossentropyLoss(_Smoothed, ElementwiseLoss, aliases=("bce", "BCE", "BinaryCrossentropy")):
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
    _factor_text_of_scores = "(σ(ŷ) - y) / n"
    name = "binary_crossentropy"
    wants = "probabilities"

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if y_true.size and not (y_true.min() >= 0 and y_true.max() <= 1):
            fix = "; map labels -1 and 1 by (y + 1) / 2 or use HingeLoss; for numbers of several classes there is "
            raise outside(self, "targets must be in [0, 1]", y_true, f"{fix}SparseCategoricalCrossentropyLoss")
        return self._smooth(y_true, 2), y_pred

    def _mismatch(self, target: Shape, y_pred: Shape) -> str:
        return "; give the last layer one unit a target; for numbers of classes there is SparseCategoricalCrossentropyLoss"

    def each(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_logits:
            rest: Array = np.abs(y_pred)
            np.log1p(np.exp(np.negative(rest, rest), rest), rest)
            of_sign: Array = np.subtract(y_pred > 0, y_true)
            of_sign *= y_pred
            return np.add(np.fmax(of_sign, 0.0, out=of_sign), rest, rest)  # 0 * inf is NaN, and the limit is 0
        p: Array = np.clip(y_pred, EPSILON, 1 - EPSILON)
        yes, no = np.log(p), np.log1p(np.negative(p, p), p)
        yes *= y_true
        no *= 1.0 - y_true
        yes += no
        return np.negative(yes, yes)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        if self.from_logits:
            p = ops.sigmoid(y_pred)
            return np.subtract(p, y_true, p)
        p = np.clip(y_pred, EPSILON, 1 - EPSILON)
        inside, slope = np.equal(p, y_pred), np.subtract(p, y_true)
        slope /= p
        slope /= np.subtract(1.0, p, p)
        return np.multiply(slope, inside, slope)
