"""Adadelta: each gradient divided by its running size and multiplied by that of the steps."""

from __future__ import annotations

from typing import Any

from numpy import add, divide, multiply, sqrt, subtract
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .base import Optimizer
from .numerics import LEAST
from .options import OptimizerOptions


class Adadelta(Optimizer):
    """`d = g * sqrt(D + epsilon) / sqrt(s + epsilon); w -= learning_rate * d`.

    `s = rho * s + (1 - rho) * g**2` comes before it, `D = rho * D + (1 - rho) * d**2` after it. The slots hold sums,
    `s / (1 - rho)` and `D / (1 - rho)`, and the factor goes into epsilon.

    Args:
        learning_rate: A number, a schedule, or any callable of the step; 1 is the paper's.
        rho: The share of `s` and `D` that is kept.
        epsilon: Begins the steps and keeps the quotient finite.
        options: As in `Optimizer`.

    Source:
        Zeiler, Adadelta: an adaptive learning rate method (2012).

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> Adadelta(1.0).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.998586])
    """

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "rho", rho, "[0, 1)")
        arguments.number(self, "epsilon", epsilon, "[0, inf)")
        self.rho, self.epsilon = rho, epsilon
        super().__init__(learning_rate, **options)

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        rho = float(self.rho)
        return learning_rate, rho, max(float(self.epsilon) / (1.0 - rho), LEAST)

    @override
    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        learning_rate, rho, epsilon = coefficients
        (gradients, steps), (work, change) = slots, scratch
        multiply(gradients, rho, gradients)
        multiply(grad, grad, work)
        add(gradients, work, gradients)
        add(gradients, epsilon, work)
        add(steps, epsilon, change)
        divide(change, work, change)
        sqrt(change, change)
        multiply(change, grad, change)
        multiply(steps, rho, steps)
        multiply(change, change, work)
        add(steps, work, steps)
        multiply(change, learning_rate, change)
        subtract(param, change, param)
