"""RMSprop, Adagrad and Adadelta: steps divided by the size of the gradients so far."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import add, divide, multiply, sqrt, subtract
from typing_extensions import Unpack

from .._typing import Array
from ..arguments import flag, number
from .base import LEAST, Optimizer, Options


class RMSprop(Optimizer):
    """`v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / sqrt(v + epsilon)`.

    Centered, `v - a**2` stands for `v`, with `a` the running mean of `g`. With momentum, `b = momentum * b + u` and
    `w -= b`, `u` the step above. The slots hold sums, `v / (1 - rho)` and `a / (1 - rho)`.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        rho: The share of `v` that is kept.
        momentum: The share of the last step that is kept.
        epsilon: Keeps the quotient finite; under the root, as in Keras.
        centered: Whether to subtract the squared mean.
        options: As in `Optimizer`.

    Example:
        >>> w = np.array([1.0])
        >>> RMSprop(0.1).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.683772])
    """

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7,
        centered: bool = False, **options: Unpack[Options],
    ) -> None:
        self.rho = number(self, "rho", rho, "[0, 1)")
        self.momentum = number(self, "momentum", momentum, "[0, 1)")
        self.epsilon = number(self, "epsilon", epsilon, "[0, inf)")
        self.centered = flag(self, "centered", centered)
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The running square, and what momentum and centering need."""
        return ("velocity", *["momentum"] * bool(self.momentum), *["average_gradient"] * self.centered)

    def coefficients(self, step: int, learning_rate: float) -> Any:
        share = 1.0 - self.rho
        size, epsilon = learning_rate / math.sqrt(share), max(self.epsilon / share, LEAST)
        first = self._vectors or {}  # the slots of the first step, whatever has been changed since then
        return self.rho, share, size, epsilon, "average_gradient" in first, self.momentum if "momentum" in first else None

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        rho, share, size, epsilon, centered, momentum = coefficients
        velocity, work = slots[0], scratch[0]
        multiply(velocity, rho, velocity)
        multiply(grad, grad, work)
        add(velocity, work, velocity)
        if centered:
            average = slots[-1]
            multiply(average, rho, average)
            add(average, grad, average)
            multiply(average, average, work)
            multiply(work, share, work)
            np.minimum(work, np.finfo(work.dtype).max, out=work)  # inf - inf would be NaN
            subtract(velocity, work, work)
            velocity = np.maximum(work, 0.0, out=work)  # a variance, but for rounding
        add(velocity, epsilon, work)
        sqrt(work, work)
        divide(grad, work, work)
        multiply(work, size, work)
        if momentum is not None:
            change = slots[1]
            multiply(change, momentum, change)
            work = add(change, work, change)
        subtract(param, work, param)


class Adagrad(Optimizer):
    """`s += g**2; w -= learning_rate * g / sqrt(s + epsilon)`.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        initial_accumulator_value: What `s` begins with.
        epsilon: Keeps the quotient finite; under the root, as in Keras.
        options: As in `Optimizer`.

    Source:
        Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization (2011).

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> Adagrad(0.1, initial_accumulator_value=0.0).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.9])
    """

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        self.initial_accumulator_value = number(self, "initial_accumulator_value", initial_accumulator_value, "[0, inf)")
        self.epsilon = number(self, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> dict[str, float]:  # type: ignore[override]
        """The sum of squares and what it begins with."""
        return {"accumulator": self.initial_accumulator_value}

    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate, max(self.epsilon, LEAST)

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        learning_rate, epsilon = coefficients
        (accumulator,), work = slots, scratch[0]
        multiply(grad, grad, work)
        add(accumulator, work, accumulator)
        add(accumulator, epsilon, work)
        sqrt(work, work)
        divide(grad, work, work)
        multiply(work, learning_rate, work)
        subtract(param, work, param)


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
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **options: Unpack[Options]
    ) -> None:
        self.rho = number(self, "rho", rho, "[0, 1)")
        self.epsilon = number(self, "epsilon", epsilon, "[0, inf)")
        super().__init__(learning_rate, **options)

    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate, self.rho, max(self.epsilon / (1.0 - self.rho), LEAST)

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
