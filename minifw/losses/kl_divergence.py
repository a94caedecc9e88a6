"""How far one distribution is from another."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from .._typing import Array
from .base import EPSILON
from .elementwise import ElementwiseLoss


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

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        y_true = np.clip(y_true, EPSILON, 1.0)
        found: Array = np.clip(y_pred, EPSILON, 1.0)
        np.log(found, found)
        np.subtract(np.log(y_true), found, found)
        found *= y_true
        return found

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        share: Array = np.clip(y_pred, EPSILON, 1.0)
        inside = np.equal(share, y_pred)
        np.divide(np.clip(y_true, EPSILON, 1.0), share, share)
        np.negative(share, share)
        share *= inside
        return share
