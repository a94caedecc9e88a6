"""Nadam: Adam with Nesterov's look ahead."""

from __future__ import annotations

import math
from functools import cache
from itertools import accumulate
from operator import mul
from typing import Any

from numpy import add, divide, multiply, sqrt, subtract
from typing_extensions import override

from .._typing import Array
from .moments import Moments
from .numerics import LEAST, bias_correction


class Nadam(Moments):
    """`w -= learning_rate * n / (sqrt(v / (1 - beta_2**t)) + epsilon)`, with `m` and `v` as in Adam.

    `n = u[t + 1] * m / (1 - P * u[t + 1]) + (1 - u[t]) * g / (1 - P)`, where `u[t] = beta_1 * (1 - 0.96**t / 2)` and `P` is
    the product of all `u` up to `t`. The slots hold sums, `m / (1 - beta_1)` and `v / (1 - beta_2)`. `P` is a function of
    `t`, so nothing else has to be kept.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        beta_1: The share of `m` that is kept.
        beta_2: The share of `v` that is kept.
        epsilon: Keeps the quotient finite.
        options: As in `Optimizer`.

    Source:
        Dozat, Incorporating Nesterov momentum into Adam (2016); Keras' numbers.

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> Nadam(0.1).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.893721])
    """

    slots = ("momentum", "velocity")

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        beta_1, beta_2, products = float(self.beta_1), float(self.beta_2), _products()
        now, ahead = (beta_1 * (1.0 - 0.5 * 0.96**t) for t in (step, step + 1))
        product = beta_1**step * products[min(step, len(products) - 1)]
        root = math.sqrt((1.0 - beta_2) / bias_correction(beta_2, step))
        mean = learning_rate * ahead * (1.0 - beta_1) / ((1.0 - product * ahead) * root)
        last = learning_rate * (1.0 - now) / ((1.0 - product) * root)
        return beta_1, beta_2, mean, last, max(float(self.epsilon) / root, LEAST)

    @override
    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        beta_1, beta_2, mean, last, epsilon = coefficients
        (momentum, velocity), (change, work) = slots, scratch
        multiply(momentum, beta_1, momentum)
        add(momentum, grad, momentum)
        multiply(velocity, beta_2, velocity)
        multiply(grad, grad, work)
        add(velocity, work, velocity)
        multiply(momentum, mean, change)
        multiply(grad, last, work)
        add(change, work, change)
        sqrt(velocity, work)
        add(work, epsilon, work)
        divide(change, work, change)
        subtract(param, change, param)


@cache
def _products() -> tuple[float, ...]:
    """Return the products of `1 - 0.96**i / 2` for i up to t, for every t until they no longer change."""
    return tuple(accumulate((1.0 - 0.5 * 0.96**i for i in range(1, 1000)), mul, initial=1.0))
