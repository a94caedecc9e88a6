"""Gradient descent, with and without momentum."""

from __future__ import annotations

from typing import Any

from numpy import add, multiply, subtract
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array
from .base import Optimizer, OptimizerOptions


class SGD(Optimizer):
    """`w -= learning_rate * g`; with momentum `m = momentum * m - learning_rate * g; w += m`.

    Nesterov's form looks ahead: `w += momentum * m - learning_rate * g`, with the new `m`.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        momentum: The share of the last step that is kept.
        nesterov: Whether to look ahead.
        options: As in `Optimizer`.

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> SGD(0.1).step([(w, np.array([2.0]))])
        >>> w
        array([0.8])
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "momentum", momentum, "[0, 1)")
        arguments.flag(self, "nesterov", nesterov)
        self.momentum, self.nesterov = momentum, nesterov
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """One vector of momentum, or none."""
        return ("momentum",) if self.momentum else ()

    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        change = scratch[0]
        multiply(grad, coefficients, change)
        if not slots:
            subtract(param, change, param)
            return
        (momentum,), kept = slots, float(self.momentum)
        multiply(momentum, kept, momentum)
        subtract(momentum, change, momentum)
        if not self.nesterov:
            add(param, momentum, param)
            return
        subtract(param, change, param)
        multiply(momentum, kept, change)
        add(param, change, param)
