"""Adam: a step size of its own for every parameter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .moments import Moments
from .numerics import LEAST, bias_correction
from .options import OptimizerOptions


class Adam(Moments):
    """`w -= a * m / (sqrt(v) + epsilon)`, with `m` and `v` the running means of `g` and `g**2`.

    `m += (1 - beta_1) * (g - m)`, `v += (1 - beta_2) * (g**2 - v)` and
    `a = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t)` at update `t`. With `amsgrad` the largest `v` so far
    stands for `v`. The slots hold sums, `m / (1 - beta_1)` and `v / (1 - beta_2)`, and the factors go into the step
    size and epsilon: two passes fewer over all parameters.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        beta_1: The share of `m` that is kept.
        beta_2: The share of `v` that is kept.
        epsilon: Keeps the quotient finite.
        amsgrad: Whether to use the largest `v`.
        options: As in `Optimizer`.

    Source:
        Kingma and Ba, Adam: a method for stochastic optimization (2015); epsilon stands as in section 2's end.

    Example:
        >>> w = np.array([1.0])
        >>> Adam(0.1).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.9])
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.flag(self, "amsgrad", amsgrad)
        self.amsgrad = amsgrad
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """Two vectors of sums, and with `amsgrad` the largest second one."""
        return ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
        root = math.sqrt(1.0 - beta_2)
        size = learning_rate * math.sqrt(bias_correction(beta_2, step)) / bias_correction(beta_1, step)
        return beta_1, beta_2, size * (1.0 - beta_1) / root, max(float(self.epsilon) / root, LEAST)

    @override
    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        beta_1, beta_2, size, epsilon = coefficients
        momentum, velocity, work = slots[0], slots[1], scratch[0]
        multiply(momentum, beta_1, momentum)
        add(momentum, grad, momentum)
        multiply(velocity, beta_2, velocity)
        multiply(grad, grad, work)
        add(velocity, work, velocity)
        if len(slots) > 2:
            velocity = np.maximum(slots[2], velocity, out=slots[2])
        sqrt(velocity, work)
        add(work, epsilon, work)
        divide(momentum, work, work)
        multiply(work, size, work)
        subtract(param, work, param)
