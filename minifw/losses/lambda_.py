"""A loss out of two functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._typing import Array
from ..functions import OfFunctions
from .base import Loss


class LambdaLoss(OfFunctions, Loss):
    """A loss out of two functions: the value of each sample, and the gradient of their sum by the predictions.

    Both get targets and predictions of at least two axes, samples first, as `values` and `slopes` of a `Loss`.

    Args:
        function: `function(y_true, y_pred)` returns one value a sample, such as `np.mean(..., axis=-1)`.
        gradient: `gradient(y_true, y_pred)` returns an array shaped like `y_pred`; `net.check_gradients` tells whether it
            is the derivative.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentTypeError: If one of the two is missing or is no function; in `config`, if one has no name to be found
            again by, as `lambda` has none.

    Example:
        >>> def fourth(y_true, y_pred):
        ...     return ((y_pred - y_true) ** 4).mean(axis=-1)
        >>> def fourth_slopes(y_true, y_pred):
        ...     return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]
        >>> LambdaLoss(fourth, fourth_slopes).forward([[1.0]], [[3.0]])
        16.0
    """

    factor_text = "gradient(y, ŷ) / n"
    _functions = {  # noqa: RUF012 (never written to)
        "function": ("(y_true, y_pred)", "one value a sample"),
        "gradient": ("(y_true, y_pred)", "the slopes, shaped like y_pred"),
    }
    function: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]

    def __init__(
        self, function: Callable[[Array, Array], Array], gradient: Callable[[Array, Array], Array] | None = None,
        **options: Any,
    ) -> None:
        self._keep(function=function, gradient=gradient)
        super().__init__(**options)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self.function(y_true, y_pred)

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self.gradient(y_true, y_pred)
