"""Losses that are a function of the error alone, `e = y_pred - y_true`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy import subtract

from .. import arguments
from .._typing import Array, ArrayLike
from ..engine.errstate import Quiet
from ..engine.reductions import squares, total
from ..engine.tuning import FEW
from .base import ElementwiseLoss

LARGEST = float(np.finfo(np.float32).max)
"""From here on the sum of a small batch may be beyond its dtype, and is calculated with more care."""

_quiet = Quiet().run


class DifferenceLoss(ElementwiseLoss, registered=False):
    """The mean of a function of the error; a subclass writes `of` and `slope_of`.

    A small batch without weights goes straight through them; all others as in `ElementwiseLoss`.

    Example:
        >>> class Fourth(DifferenceLoss):
        ...     def of(self, error):
        ...         return error**4
        ...     def slope_of(self, error, scale=1.0):
        ...         return error**3 * (4 * scale)
        >>> Fourth().forward(np.array([[1.0, 1.0]]), np.array([[3.0, 1.0]]))
        8.0
    """

    takes_logarithm = False
    _remembered = ("_seen", "_error")
    _error: Array | None = None
    """What a small batch without weights leaves for backward."""
    _direct: ClassVar[bool] = True
    """Whether such a batch may go around `values` and `slopes`; not where a subclass wrote its own."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._direct = all(
            getattr(cls, name) is getattr(DifferenceLoss, name) for name in ("values", "slopes", "each", "slope")
        )

    def of(self, error: Array) -> Array:
        """Return the value of each error."""
        raise NotImplementedError(f"{type(self).__name__} must write of(self, error)")

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        """Return the derivative of `of`, times a number."""
        raise NotImplementedError(f"{type(self).__name__} must write slope_of(self, error, scale=1.0)")

    def total(self, error: Array) -> float:
        """Return the sum of the values."""
        return total(self.of(error))

    def each(self, y_true: Array, y_pred: Array) -> Array:
        return self.of(y_pred - y_true)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        return self.slope_of(y_pred - y_true)

    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        self._seen = self._error = None
        y_true, y_pred = self.admit(y_true, y_pred)
        plain = sample_weight is None and self._direct and self.reduction == "sum_over_batch_size"
        if plain and 0 < y_pred.size <= FEW:
            error = _quiet(subtract, y_pred, y_true)
            total = _quiet(self.total, error)
            if total < LARGEST:
                self._error = error
                return total / error.size
        return super().forward(y_true, y_pred, sample_weight)

    def backward(self) -> Array:
        error = self._error
        return super().backward() if error is None else _quiet(self.slope_of, error, 1.0 / error.size)


class MSELoss(DifferenceLoss, aliases=("mse", "MSE", "MeanSquaredError")):
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

    def of(self, error: Array) -> Array:
        return error * error

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        return error * (2.0 * scale)

    def total(self, error: Array) -> float:
        return squares(error)


class MAELoss(DifferenceLoss, aliases=("mae", "MAE", "MeanAbsoluteError")):
    """Mean of `|y_pred - y_true|`; gradient `sign(y_pred - y_true) / N`, 0 at 0, `N` the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = MAELoss()
        >>> loss.forward(np.array([[1.0, 2.0]]), np.array([[1.0, 4.0]]))
        1.0
        >>> loss.backward()
        array([[0. , 0.5]])
    """

    factor_text = "sign(ŷ - y) / n"
    name = "mean_absolute_error"

    def of(self, error: Array) -> Array:
        return np.abs(error)

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        slope: Array = np.sign(error) * scale
        return slope


class HuberLoss(DifferenceLoss, aliases=("Huber",)):
    """Mean of `e**2 / 2` where `|e| <= delta` and `delta (|e| - delta / 2)` beyond, with `e = y_pred - y_true`.

    The gradient is `e`, cut to `[-delta, delta]`, over the number of entries.
    From P. J. Huber, "Robust Estimation of a Location Parameter", Annals of Mathematical Statistics 35 (1964).

    Args:
        delta: Where the parabola becomes a straight line; above 0.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If `delta` is not above 0.

    Example:
        >>> loss = HuberLoss()
        >>> loss.forward(np.array([[0.0, 0.0]]), np.array([[1.0, 3.0]]))
        1.5
        >>> loss.backward()
        array([[0.5, 0.5]])
    """

    factor_text = "clip(ŷ - y, -{self.delta:g}, {self.delta:g}) / n"
    name = "huber_loss"

    def __init__(self, delta: float = 1.0, **options: Any) -> None:
        arguments.number(self, "delta", delta, "(0, inf)")
        self.delta = delta
        super().__init__(**options)

    def of(self, error: Array) -> Array:
        cut: Array = np.clip(error, -float(self.delta), self.delta)
        return (error - 0.5 * cut) * cut

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        slope: Array = np.clip(error, -float(self.delta), self.delta)
        return slope * scale


class LogCoshLoss(DifferenceLoss, aliases=("LogCosh",)):
    """Mean of `log(cosh(e))` with `e = y_pred - y_true`: about `e**2 / 2` near 0 and `|e| - log(2)` far away.

    Calculated as `|e| + log1p(expm1(-2 |e|) / 2)`, which neither overflows nor loses small errors.
    The gradient is `tanh(e)` over the number of entries.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> loss = LogCoshLoss()
        >>> round(loss.forward(np.array([[0.0]]), np.array([[1.0]])), 6)
        0.433781
    """

    factor_text = "tanh(ŷ - y) / n"
    name = "log_cosh"

    def of(self, error: Array) -> Array:
        size = np.abs(error)
        return size + np.log1p(0.5 * np.expm1(-2.0 * size))

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        return np.tanh(error) * scale


class QuantileLoss(DifferenceLoss, aliases=("Quantile",)):
    """Mean of `max(q (y_true - y_pred), (q - 1) (y_true - y_pred))`, the pinball loss of the quantile `q`.

    The gradient is `1 - q` where the prediction is too high, `-q` where it is too low, and `1/2 - q` where it is
    exact, over the number of entries; with `q = 1/2` all is half the mean absolute error.
    From R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46 (1978).

    Args:
        quantile: The share of targets that shall lie below the prediction, in (0, 1); one for all outputs.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If `quantile` is outside (0, 1).

    Example:
        >>> loss = QuantileLoss(0.75)
        >>> loss.forward(np.array([[4.0, 4.0]]), np.array([[0.0, 8.0]]))
        2.0
        >>> loss.backward()
        array([[-0.375,  0.125]])
    """

    factor_text = "((1 + sign(ŷ - y)) / 2 - {self.quantile:g}) / n"
    name = "quantile"

    def __init__(self, quantile: float = 0.5, **options: Any) -> None:
        arguments.number(self, "quantile", quantile, "(0, 1)")
        self.quantile = quantile
        super().__init__(**options)

    def of(self, error: Array) -> Array:
        return np.maximum(error * -self.quantile, error * (1.0 - self.quantile))

    def slope_of(self, error: Array, scale: float = 1.0) -> Array:
        return (0.5 * np.sign(error) + 0.5 - self.quantile) * scale  # 1, 1/2 or 0, without rounding
