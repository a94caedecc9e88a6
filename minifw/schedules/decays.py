"""Learning rates that decay for ever: by a constant factor, or with the reciprocal of the step."""

from __future__ import annotations

import math

from typing_extensions import override

from .. import arguments
from .base import LearningRateSchedule


class _Decay(LearningRateSchedule, registered=False):
    """A share of the initial rate that is a function of `step / decay_steps`."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        arguments.number(self, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        arguments.number(self, "decay_steps", decay_steps, "(0, inf)")
        arguments.number(self, "decay_rate", decay_rate, "[0, inf)")
        arguments.flag(self, "staircase", staircase)
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def share(self, progress: float) -> float:
        raise NotImplementedError

    @override
    def __call__(self, step: int) -> float:
        progress = step / self.decay_steps
        return float(self.initial_learning_rate * self.share(math.floor(progress) if self.staircase else progress))


class ExponentialDecay(_Decay):
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

    @override
    def share(self, progress: float) -> float:
        return float(self.decay_rate**progress)


class InverseTimeDecay(_Decay):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps in which the denominator grows by `decay_rate`.
        decay_rate: That growth.
        staircase: Whether `step / decay_steps` is rounded down.
        name: A label.

    Example:
        >>> InverseTimeDecay(0.1, 10, 0.5)(20)
        0.05
    """

    @override
    def share(self, progress: float) -> float:
        return 1.0 / (1.0 + self.decay_rate * progress)
