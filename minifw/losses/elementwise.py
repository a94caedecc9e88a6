"""Losses that look at one entry at a time."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from .._typing import Array
from .base import Loss

BLOCK = 32_768
"""Entries worked on at a time: what is calculated in between stays in the processor's cache."""

DOT = 1024
"""Entries up to which one dot product errs by less than 4 eps; beyond, only a pairwise sum does."""

SHORT = 32
"""Entries up to which a row of a matrix product does."""


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
            found[rows] = row_sums(self.each(y_true[rows], y_pred[rows]))
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
            np.multiply(self.slope(y_true[rows], y_pred[rows]), factor, found[rows])
        return found


def blocks(array: Array) -> list[slice]:
    """Return slices of the first axis that hold about `BLOCK` entries each.

    Example:
        >>> blocks(np.empty((5, 10_000)))
        [slice(0, 3, None), slice(3, 6, None)]
    """
    rows = max(1, BLOCK * len(array) // max(array.size, 1))
    return [slice(begin, begin + rows) for begin in range(0, max(len(array), 1), rows)]


def row_sums(array: Array) -> Array:
    """Return the sums over the last axis.

    Example:
        >>> row_sums(np.ones((2, 3)))
        array([3., 3.])
    """
    width = array.shape[-1]
    if width == 1:
        return array[..., 0]
    if array.size < 4096 or width > DOT:
        sums: Array = np.add.reduce(array, axis=-1)
        return sums
    ones = np.ones(width, array.dtype)  # a reduction of short rows costs ten times as much as a product
    return array @ ones if width <= SHORT else np.vecdot(array, ones)


def row_dots(a: Array, b: Array) -> Array:
    """Return the sums of products over the last axis.

    Example:
        >>> row_dots(np.ones((2, 3)), np.ones((2, 3)))
        array([3., 3.])
    """
    return row_sums(a * b) if a.shape[-1] > DOT else np.vecdot(a, b)
