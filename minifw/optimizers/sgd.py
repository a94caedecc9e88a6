"""Descent with one rate for all parameters: along the gradient, along a mean of it, or along the sign of that."""

from __future__ import annotations

from typing import Any

from numpy import add, multiply, sign, subtract
from typing_extensions import Unpack

from .._typing import Array
from ..arguments import flag, number
from .base import Optimizer, Options


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
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, **options: Unpack[Options]
    ) -> None:
        self.momentum = number(self, "momentum", momentum, "[0, 1)")
        self.nesterov = flag(self, "nesterov", nesterov)
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """One vector of momentum, or none."""
        return ("momentum",) if self.momentum else ()

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        (learning_rate,), change = coefficients, scratch[0]
        multiply(grad, -learning_rate, change)
        if slots:
            momentum = slots[0]
            multiply(momentum, self.momentum, momentum)
            add(momentum, change, momentum)
            if self.nesterov:
                add(param, change, param)
                multiply(momentum, self.momentum, change)
            else:
                change = momentum
        add(param, change, param)


class Lion(Optimizer):
    """`w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)`, and then `m = beta_2 * m + (1 - beta_2) * g`.

    The slot holds the sum `m / (1 - beta_2)`; its share goes into one factor.

    Args:
        learning_rate: A number, a schedule, or any callable of the step; a tenth of Adam's is a good one.
        beta_1: The share of `m` in the step.
        beta_2: The share of `m` that is kept.
        options: As in `Optimizer`.

    Source:
        Chen et al., Symbolic discovery of optimization algorithms (2023).

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0, 1.0])
        >>> Lion(0.1).step([(w, np.array([2.0, -30.0]))])
        >>> w
        array([0.9, 1.1])
    """

    slots = ("momentum",)

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **options: Unpack[Options]
    ) -> None:
        self.beta_1 = number(self, "beta_1", beta_1, "[0, 1)")
        self.beta_2 = number(self, "beta_2", beta_2, "[0, 1)")
        super().__init__(learning_rate, **options)

    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate, self.beta_1 * (1.0 - self.beta_2) / (1.0 - self.beta_1), self.beta_2

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        learning_rate, sums, beta_2 = coefficients
        (momentum,), (work, change) = slots, scratch
        multiply(momentum, sums, work)
        add(work, grad, work)
        sign(work, change)  # in place NumPy's sign takes ten times as long
        multiply(change, learning_rate, change)
        subtract(param, change, param)
        multiply(momentum, beta_2, momentum)
        add(momentum, grad, momentum)
