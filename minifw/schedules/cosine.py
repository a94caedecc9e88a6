"""A learning rate that falls along half a wave, after a warm-up if wanted."""

from __future__ import annotations

import math

from typing_extensions import override

from .. import arguments
from .base import LearningRateSchedule


class CosineDecay(LearningRateSchedule):
    """`initial_learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`, and the end for ever.

    With a `warmup_target` the rate first goes straight from `initial_learning_rate` to there, in `warmup_steps`, and the
    wave begins at the target and after those steps.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: Steps to the end, warm-up not counted.
        alpha: The share that is left at the end.
        name: A label.
        warmup_target: The rate after the warm-up; `None` for no warm-up.
        warmup_steps: How long that takes.

    Source:
        Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), without the restarts.

    Example:
        >>> schedule = CosineDecay(0.0, 10, warmup_target=1.0, warmup_steps=2)
        >>> [round(schedule(step), 6) for step in (0, 1, 2, 7, 12)]
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        arguments.number(self, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        arguments.number(self, "decay_steps", decay_steps, "(0, inf)")
        arguments.number(self, "alpha", alpha, "[0, inf)")
        if warmup_target is not None:
            arguments.number(self, "warmup_target", warmup_target, "[0, inf)")
        arguments.number(self, "warmup_steps", warmup_steps, "[0, inf)")
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    @override
    def __call__(self, step: int) -> float:
        begin, top, warmup = self.initial_learning_rate, self.warmup_target, float(self.warmup_steps)
        if top is not None and step < warmup:
            return float(begin + (top - begin) * step / warmup)
        gone, top = (step, begin) if top is None else (step - warmup, top)
        wave = 0.5 * (1.0 + math.cos(math.pi * min(gone / self.decay_steps, 1.0)))
        return float(top * ((1.0 - self.alpha) * wave + self.alpha))
