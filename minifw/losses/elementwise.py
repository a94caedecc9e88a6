"""Losses that look at one entry at a time."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from .._typing import Array
from ..engine.blocks import blocks
from ..engine.rows import row_sums
from .base import Loss


class ElementwiseLoss(Loss, registered=False):
    """The base of losses that are the mean of a function of each target and its prediction, over the last axis.

    A subclass writes `each` and `slope`; both get parts of a large batch, all of their samples.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> class Fourth(ElementwiseLoss):
        ...     def each(self, y_true, y_pred):
        ...         return (y_pred - y_true) ** 4
        ...     def slope(self, y_true, y_pred):
        ...         return 4 * (y_pred - y_true) ** 3
        >>> Fourth().forward(np.array([[1.0, 1.0]]), np.array([[3.0, 1.0]]))
        8.0
    """

    _folds = True
    _mean: ClassVar[bool] = True
    """Whether a sample's value is the mean over the last axis, or the sum."""

    def each(self, y_true: Array, y_pred: Array) -> Array:
        """Return the value of each entry, shaped like `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write each(self, y_true, y_pred)")

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        """Return the derivative of `each` by `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write slope(self, y_true, y_pred)")

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        found = np.empty(y_pred.shape[:-1], y_pred.dtype)
        for rows in blocks(y_pred):
            part = y_pred[rows]
            each = self.each(y_true[rows], part)
            if getattr(each, "shape", None) != part.shape:
                raise self._misshapen("each", each, part.shape)
            found[rows] = row_sums(each)
        if self._mean:
            found /= y_pred.shape[-1]
        return found

    @override
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._scaled_slopes(y_true, y_pred, 1.0)

    @override
    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        if self._mean:
            scale = scale / y_pred.shape[-1]
        found = np.empty(y_pred.shape, y_pred.dtype)
        for rows in blocks(y_pred):
            factor = scale if isinstance(scale, float) else scale[rows]
            part = y_pred[rows]
            slope = self.slope(y_true[rows], part)
            if getattr(slope, "shape", None) != part.shape:
                raise self._misshapen("slope", slope, part.shape)
            np.multiply(slope, factor, found[rows])
        return found
