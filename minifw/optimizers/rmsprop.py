"""RMSprop: each gradient divided by its running size."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .base import Optimizer, OptimizerOptions
from .numerics import LEAST, SILENT


class RMSprop(Optimizer):
    """`v = rho * v + (1 - rho) * g**2; w -= learning_rate * g / sqrt(v + epsilon)`.

    Centered, `v - a**2` stands for `v`, with `a` the running mean of `g`. With momentum, `b = momentum * b + u` and
    `w -= b`, `u` the step above.

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
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "rho", rho, "[0, 1)")
        arguments.number(self, "momentum", momentum, "[0, 1)")
        arguments.number(self, "epsilon", epsilon, "[0, inf)")
        arguments.flag(self, "centered", centered)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered
        super().__init__(learning_rate, **options)

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """The running square, and what momentum and centering need."""
        return ("velocity", *["momentum"] * bool(self.momentum), *["average_gradient"] * self.centered)

    @override
    def coefficients(self, step: int, learning_rate: float) -> Any:
        return learning_rate, float(self.rho), max(float(self.epsilon), LEAST)

    @override
    @SILENT
    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        learning_rate, rho, epsilon = coefficients
        velocity, (work, root) = slots[0], scratch
        np.multiply(velocity, rho, out=velocity)
        np.multiply(grad, grad, out=work)
        np.multiply(work, 1.0 - rho, out=work)
        np.add(velocity, work, out=velocity)
        if self.centered:
            average = slots[-1]
            np.multiply(average, rho, out=average)
            np.multiply(grad, 1.0 - rho, out=work)
            np.add(average, work, out=average)
            np.subtract(velocity, np.multiply(average, average, out=work), out=root)
            velocity = np.maximum(root, 0.0, out=root)  # a variance, but for rounding
        np.add(velocity, epsilon, out=root)
        np.sqrt(root, out=root)
        np.multiply(grad, learning_rate, out=work)
        np.divide(work, root, out=work)
        if len(slots) > 1 + self.centered:
            momentum = slots[1]
            np.multiply(momentum, float(self.momentum), out=momentum)
            work = np.add(momentum, work, out=momentum)
        np.subtract(param, work, out=param)
