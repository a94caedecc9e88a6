"""The mean squared error."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from .._typing import Array, ArrayLike
from ..ops.rows import squares
from ..silence import Quiet
from .elementwise import ElementwiseLoss

TINY = 16
"""Entries up to which Python's own numbers are quicker than NumPy's, and exact enough one by one."""

MANY = 16384
"""Entries up to which one sum is quicker than values and their sum."""

LARGEST = float(np.finfo(np.float32).max)

_quiet = Quiet()


class MSELoss(ElementwiseLoss, aliases=("mse", "MSE", "MeanSquaredError")):
    """Mean of `(y_pred - y_true)**2`; gradient `2 (y_pred - y_true) / N`, `N` the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = MSELoss()
        >>> loss.forward(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]]))
        2.0
        >>> loss.backward()
        array([[0., 2.]])
    """

    factor_text = "2 (ŷ - y) / n"
    name = "mean_squared_error"

    _quick: ClassVar[bool] = True
    """Whether a small batch may go around `values` and `slopes`; not where a subclass wrote its own."""

    _remembered = ("_seen", "_error")
    _error: Array | None = None
    """What a small unweighted batch leaves for backward."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._quick = all(getattr(cls, name) is getattr(MSELoss, name) for name in ("values", "slopes", "each", "slope"))

    @override
    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        self._seen = self._error = None
        target, y_pred = self.admit(y_true, y_pred)
        size = y_pred.size
        plain = sample_weight is None and self._quick and self.reduction == "sum_over_batch_size"
        if not plain or not 0 < size <= MANY:
            return super().forward(target, y_pred, sample_weight)
        self._error = error = _quiet.run(np.subtract, y_pred, target)
        if size <= TINY:
            return sum([e * e for e in error.ravel().tolist()]) / size
        found: float = squares(error) if error.itemsize == 4 else _quiet.run(squares, error)
        if found > LARGEST and error.itemsize == 4 and np.abs(error).max() > math.sqrt(LARGEST):
            return math.inf  # a square is, in the predictions' dtype
        return found / size

    @override
    def backward(self) -> Array:
        error = self._error
        if error is None:
            return super().backward()
        return error * (2.0 / error.size) if error.size > 1 else _quiet.run(np.multiply, error, 2.0)

    @override
    def each(self, y_true: Array, y_pred: Array) -> Array:
        square: Array = y_pred - y_true
        square *= square
        return square

    @override
    def slope(self, y_true: Array, y_pred: Array) -> Array:
        slope: Array = y_pred - y_true
        slope *= 2.0
        return slope
