"""Adam and its relatives: a step size of its own for every parameter."""

from __future__ import annotations

import math
from functools import cache
from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
from numpy import absolute, add, divide, multiply, sqrt, subtract
from typing_extensions import Unpack

from .._typing import Array
from ..arguments import flag, number
from .base import LEAST, CommonOptions, Optimizer, Options, bias_correction


class Moments(Optimizer, registered=False):
    """The constructor of Adam and its relatives."""

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        self.beta_1 = number(self, "beta_1", beta_1, "[0, 1)")
        self.beta_2 = number(self, "beta_2", beta_2, "[0, 1)")
        self.epsilon = number(self, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)


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
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
        amsgrad: bool = False, **options: Unpack[Options],
    ) -> None:
        self.amsgrad = flag(self, "amsgrad", amsgrad)
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """Two vectors of sums, and with `amsgrad` the largest second one."""
        return ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")

    def coefficients(self, step: int, learning_rate: float) -> Any:
        root = math.sqrt(1.0 - self.beta_2)
        size = learning_rate * math.sqrt(bias_correction(self.beta_2, step)) / bias_correction(self.beta_1, step)
        return self.beta_1, self.beta_2, size * (1.0 - self.beta_1) / root, max(self.epsilon / root, LEAST)

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


class AdamW(Adam):
    """Adam, with `w -= w * weight_decay * learning_rate` before every update.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        weight_decay: The decay. `Adam(weight_decay=...)` is the same.
        beta_1: As in `Adam`.
        beta_2: As in `Adam`.
        epsilon: As in `Adam`.
        amsgrad: As in `Adam`.
        options: As in `Optimizer`.

    Source:
        Loshchilov and Hutter, Decoupled weight decay regularization (2019).

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> AdamW(0.1, weight_decay=0.5).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.85])
    """

    def __init__(
        self, learning_rate: Any = 0.001, weight_decay: float = 0.004, beta_1: float = 0.9, beta_2: float = 0.999,
        epsilon: float = 1e-7, amsgrad: bool = False, **options: Unpack[CommonOptions],
    ) -> None:
        number(self, "weight_decay", weight_decay, "[0, inf)")  # None is for other optimizers
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)


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

    def coefficients(self, step: int, learning_rate: float) -> Any:
        size = learning_rate * (1.0 - self.beta_1) / bias_correction(self.beta_1, step)
        return self.beta_1, self.beta_2, size, max(self.epsilon, LEAST)

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

    def coefficients(self, step: int, learning_rate: float) -> Any:
        beta_1, beta_2, products = self.beta_1, self.beta_2, _products()
        now, ahead = (beta_1 * (1.0 - 0.5 * 0.96**t) for t in (step, step + 1))
        product = beta_1**step * products[min(step, len(products) - 1)]
        root = math.sqrt((1.0 - beta_2) / bias_correction(beta_2, step))
        mean = learning_rate * ahead * (1.0 - beta_1) / ((1.0 - product * ahead) * root)
        last = learning_rate * (1.0 - now) / ((1.0 - product) * root)
        return beta_1, beta_2, mean, last, max(self.epsilon / root, LEAST)

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
