"""Losses that are a function of the error alone, `e = y_pred - y_true`."""

from __future__ import annotations

from typing import Any

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

_quiet = Quiet()


class DifferenceLoss(ElementwiseLoss, registered=False):
    """The mean of a function of the error; a subclass writes `of` and `slope_of`.

    The result goes to `out` where there is one, which may be the error itself. A small batch without weights goes straight
    through the two; all others as in `ElementwiseLoss`.

    Example:
        >>> class Fourth(DifferenceLoss):
        ...     def of(self, error, out=None):
        ...         return np.power(error, 4, out)
        ...     def slope_of(self, error, scale=1.0, out=None):
        ...         return np.multiply(error**3, 4 * scale, out)
        >>> Fourth().forward(np.array([[1.0, 1.0]]), np.array([[3.0, 1.0]]))
        8.0
    """

    takes_logarithm = False
    _few = FEW

    def of(self, error: Array, out: Array | None = None) -> Array:
        """Return the value of each error."""
        raise NotImplementedError(f"{type(self).__name__} must write of(self, error, out=None)")

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        """Return the derivative of `of`, times a number."""
        raise NotImplementedError(f"{type(self).__name__} must write slope_of(self, error, scale=1.0, out=None)")

    def total(self, error: Array) -> float:
        """Return the sum of the values."""
        return total(self.of(error))

    def each(self, y_true: Array, y_pred: Array) -> Array:
        error = y_pred - y_true
        return self.of(error, error)

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        error = y_pred - y_true
        return self.slope_of(error, out=error)

    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        last = self._last_call
        last.seen = last.error = None
        y_true, y_pred = self.admit(y_true, y_pred)
        if sample_weight is None and 0 < y_pred.size <= self._few and self.reduction == "sum_over_batch_size":
            run = _quiet.run
            error = run(subtract, y_pred, y_true)
            summed = run(self.total, error)
            if summed < LARGEST:
                last.error = error
                return summed / error.size
        return super().forward(y_true, y_pred, sample_weight)

    def backward(self) -> Array:
        error: Any = self._last_call.error  # what a small batch without weights has left
        return super().backward() if error is None else _quiet.run(self.slope_of, error, 1.0 / error.size)


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

    def of(self, error: Array, out: Array | None = None) -> Array:
        return np.multiply(error, error, out)

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        return np.multiply(error, 2.0 * scale, out)

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

    def of(self, error: Array, out: Array | None = None) -> Array:
        return np.abs(error, out)

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        return np.multiply(np.sign(error), scale, out)


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
        self.delta = arguments.number(self, "delta", delta, "(0, inf)")
        super().__init__(**options)

    def of(self, error: Array, out: Array | None = None) -> Array:
        cut: Array = error.clip(-float(self.delta), self.delta)
        rest = 0.5 * cut
        np.subtract(error, rest, rest)
        return np.multiply(rest, cut, out)

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        return np.multiply(error.clip(-float(self.delta), self.delta, out), scale, out)


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

    def of(self, error: Array, out: Array | None = None) -> Array:
        size = np.abs(error, out)
        rest = -2.0 * size
        np.log1p(0.5 * np.expm1(rest, rest), rest)
        return np.add(size, rest, out)

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        return np.multiply(np.tanh(error, out), scale, out)


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
        self.quantile = arguments.number(self, "quantile", quantile, "(0, 1)")
        super().__init__(**options)

    def of(self, error: Array, out: Array | None = None) -> Array:
        low = error * -self.quantile
        return np.maximum(low, np.multiply(error, 1.0 - self.quantile, out), out=low)

    def slope_of(self, error: Array, scale: float = 1.0, out: Array | None = None) -> Array:
        step = np.sign(error)
        step *= 0.5
        step += 0.5  # 0, 1/2 or 1, without rounding
        step -= self.quantile
        return np.multiply(step, scale, out)
