"""The loss of a margin that is too small."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .._typing import Array
from .elementwise import ElementwiseLoss


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

    @override
    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if np.equal(y_true * y_true, y_true).all():
            y_true = 2.0 * y_true - 1.0
        return y_true, y_pred

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        found: Array = y_true * y_pred
        np.subtract(1.0, found, found)
        np.maximum(found, 0.0, out=found)
        return found

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope = np.multiply(y_true * y_pred < 1.0, y_true)
        return np.subtract(0.0, slope, slope)
