"""Adamax: Adam with the largest gradient of late instead of the mean square."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import absolute, add, divide, multiply, subtract
from typing_extensions import override

from .._typing import Array
from .moments import Moments
from .numerics import LEAST, bias_correction


class Adamax(Moments):
    """`w -= learning_rate * m / ((1 - beta_1**t) * (u + epsilon))`, with `u = max(beta_2 * u, |g|)`.

    `m` is Adam's running mean of `g`; its slot holds the sum `m / (1 - beta_1)`.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        beta_1: The share of `m` that is kept.
        beta_2: The share of `u` that is kept.
        epsilon: Keeps the quotient finite.
        options: As in `Optimizer`.

    Source:
        Kingma and Ba, Adam: a method for stochastic optimization (2015), section 7.1.

    Example:
        >>> w = np.array([1.0])
        >>> Adamax(0.1).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.9])
    """

    slots = ("momentum", "norm")

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        beta_1 = float(self.beta_1)
        size = learning_rate * (1.0 - beta_1) / bias_correction(beta_1, step)
        return beta_1, float(self.beta_2), size, max(float(self.epsilon), LEAST)

    @override
    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        beta_1, beta_2, size, epsilon = coefficients
        (momentum, norm), work = slots, scratch[0]
        multiply(momentum, beta_1, momentum)
        add(momentum, grad, momentum)
        multiply(norm, beta_2, norm)
        absolute(grad, work)
        np.maximum(norm, work, out=norm)
        add(norm, epsilon, work)
        divide(momentum, work, work)
        multiply(work, size, work)
        subtract(param, work, param)
