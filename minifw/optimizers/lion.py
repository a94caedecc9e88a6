"""Lion: steps of one size, along the sign of a mean."""

from __future__ import annotations

from typing import Any

from numpy import add, multiply, sign, subtract
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array
from .base import Optimizer, OptimizerOptions


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
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "beta_1", beta_1, "[0, 1)")
        arguments.number(self, "beta_2", beta_2, "[0, 1)")
        self.beta_1, self.beta_2 = beta_1, beta_2
        super().__init__(learning_rate, **options)

    def coefficients(self, step: int, learning_rate: float) -> Any:
        beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
        return learning_rate, beta_1 * (1.0 - beta_2) / (1.0 - beta_1), beta_2

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
