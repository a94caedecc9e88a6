"""Adagrad: each gradient divided by the size of all before it."""

from __future__ import annotations

from typing import Any

from numpy import add, divide, multiply, sqrt, subtract
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .base import Optimizer
from .numerics import LEAST
from .options import OptimizerOptions


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
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "initial_accumulator_value", initial_accumulator_value, "[0, inf)")
        arguments.number(self, "epsilon", epsilon, "[0, inf)")
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> dict[str, float]:  # type: ignore[override]
        """The sum of squares and what it begins with."""
        return {"accumulator": float(self.initial_accumulator_value)}

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate, max(float(self.epsilon), LEAST)

    @override
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
