"""The mean squared error."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from .._typing import Array, ArrayLike
from .base import Loss

TINY = 32
"""Entries up to which Python's own numbers are quicker than NumPy's."""

SMALL = 1024
"""Entries up to which one dot product errs by less than 4 eps; beyond, only a pairwise sum does."""


class MSELoss(Loss, aliases=("mse", "MSE", "MeanSquaredError")):
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

    _quick: ClassVar[bool] = True
    """Whether a small batch may go around `values` and `slopes`; not where a subclass wrote its own."""

    _remembered = ("_seen", "_error")
    _error: Array | None = None
    """What a small unweighted batch leaves for backward."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._quick = cls.values is MSELoss.values and cls.slopes is MSELoss.slopes

    @override
    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        self._seen = self._error = None
        target, y_pred = self.admit(y_true, y_pred)
        size = y_pred.size
        plain = sample_weight is None and self._quick and self.reduction == "sum_over_batch_size"
        if not plain or not 0 < size <= SMALL:
            return super().forward(target, y_pred, sample_weight)
        self._error = error = y_pred - target
        if size <= TINY:
            return sum([e * e for e in error.ravel().tolist()]) / size
        return float(np.vdot(error, error)) / size  # not `dot`, which warns of what overflows

    @override
    def backward(self) -> Array:
        error = self._error
        return super().backward() if error is None else error * (2.0 / error.size)

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        square: Array = np.square(y_pred - y_true)
        if square.ndim > 1:
            square = np.add.reduce(square, axis=-1) / square.shape[-1]
        return square

    @override
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        slopes: Array = (y_pred - y_true) * (2.0 / (y_pred.shape[-1] if y_pred.ndim > 1 else 1))
        return slopes
