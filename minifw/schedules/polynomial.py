"""A learning rate that falls along a power of the steps that are left."""

from __future__ import annotations

import math

from typing_extensions import override

from .. import arguments
from .base import LearningRateSchedule


class PolynomialDecay(LearningRateSchedule):
    """`(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate`.

    It stays at the end when it is there. With `cycle` it starts anew instead, from where a decay that takes as many
    times longer would be.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps to the end.
        end_learning_rate: The rate there.
        power: 1 is a straight line.
        cycle: Whether `decay_steps` is multiplied by `ceil(step / decay_steps)`.
        name: A label.

    Example:
        >>> schedule = PolynomialDecay(1.0, 10, end_learning_rate=0.5)
        >>> [schedule(step) for step in (0, 5, 10, 15)]
        [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        arguments.number(self, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        arguments.number(self, "decay_steps", decay_steps, "(0, inf)")
        arguments.number(self, "end_learning_rate", end_learning_rate, "[0, inf)")
        arguments.number(self, "power", power, "[0, inf)")
        arguments.flag(self, "cycle", cycle)
        self.initial_learning_rate, self.end_learning_rate = initial_learning_rate, end_learning_rate
        self.decay_steps, self.power, self.cycle, self.name = decay_steps, power, cycle, name

    @override
    def __call__(self, step: int) -> float:
        progress = step / self.decay_steps
        if self.cycle:
            progress /= max(1, math.ceil(progress))
        left = 1.0 - min(progress, 1.0)
        return float((self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)
