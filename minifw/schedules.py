"""Learning rates that change with the step; any callable of the step is one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from typing_extensions import override

from . import arguments
from .arguments import named
from .config import Configurable
from .errors import ArgumentTypeError, ArgumentValueError, shown


class LearningRateSchedule(Configurable, registered=False):
    """The learning rate as a function of the step; a subclass writes `__call__(step) -> float`."""

    kinds = ("schedule",)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step; the first step is 0."""
        raise NotImplementedError(f"{type(self).__name__} must write __call__(self, step)")


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps in which the rate is multiplied by `decay_rate` once.
        decay_rate: That factor.
        staircase: Whether the exponent is rounded down.
        name: A label.

    Example:
        >>> ExponentialDecay(0.1, 10, 0.5)(20)
        0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        arguments.number(self, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        arguments.number(self, "decay_steps", decay_steps, "(0, inf)")
        arguments.number(self, "decay_rate", decay_rate, "[0, inf)")
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    @override
    def __call__(self, step: int) -> float:
        exponent = step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate ** (math.floor(exponent) if self.staircase else exponent))


def rate_at(owner: object, schedule: Callable[[int], Any], step: int) -> float:
    """Return what a schedule says for a step, or raise an error that names the step."""
    value = schedule(step)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentTypeError(
            f"{named(owner)}: the learning rate schedule {shown(schedule)} gave {shown(value)} at step {step}; "
            "it must return a number"
        )
    if not 0.0 <= float(value) < math.inf:
        raise ArgumentValueError(
            f"{named(owner)}: the learning rate schedule {shown(schedule)} gave {float(value)} at step {step}; "
            "it must be in [0, inf)"
        )
    return float(value)
