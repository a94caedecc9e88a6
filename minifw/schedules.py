"""Learning rates that change with the step."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from . import arguments
from .arguments import named
from .config import Configurable
from .errors import ArgumentTypeError, ArgumentValueError, shown

__all__ = [
    "CosineDecay", "ExponentialDecay", "InverseTimeDecay", "LearningRateSchedule", "PiecewiseConstantDecay",
    "PolynomialDecay",
]


class LearningRateSchedule(Configurable, registered=False):
    """The learning rate as a function of the step; a subclass writes `__call__(step) -> float`."""

    kinds = ("schedule",)

    def __call__(self, step: int) -> float:
        """Return the learning rate of a step; the first step is 0."""
        raise NotImplementedError(f"{type(self).__name__} must write __call__(self, step)")


def rate_at(owner: object, schedule: Callable[[int], Any], step: int) -> float:
    """Return what a schedule says for a step, or raise an error that names the step."""
    try:
        value = schedule(step)
    except OverflowError:  # Python's powers raise where NumPy's would be infinite
        value = math.inf
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if is_number and 0.0 <= float(value) < math.inf:
        return float(value)
    gave = f"{named(owner)}: the learning rate schedule {shown(schedule)} gave"
    if not is_number:
        raise ArgumentTypeError(f"{gave} {shown(value)} at step {step}; it must return a number")
    raise ArgumentValueError(f"{gave} {float(value)} at step {step}; it must be in [0, inf)")


class _Decay(LearningRateSchedule, registered=False):
    """What begins at a rate and has come to its end, or changed by a factor, after so many steps."""

    def __init__(self, initial_learning_rate: float, decay_steps: float, name: str | None) -> None:
        self.initial_learning_rate = arguments.number(self, "initial_learning_rate", initial_learning_rate, "[0, inf)")
        self.decay_steps = arguments.number(self, "decay_steps", decay_steps, "(0, inf)")
        self.name = name


class _RateDecay(_Decay, registered=False):
    """A share of the initial rate that is a function of `step / decay_steps`."""

    def __init__(
        self, initial_learning_rate: float, decay_steps: float, decay_rate: float, staircase: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, name)
        self.decay_rate = arguments.number(self, "decay_rate", decay_rate, "[0, inf)")
        self.staircase = arguments.flag(self, "staircase", staircase)

    def share(self, progress: float) -> float:
        raise NotImplementedError

    def __call__(self, step: int) -> float:
        progress = step / self.decay_steps
        return float(self.initial_learning_rate * self.share(math.floor(progress) if self.staircase else progress))


class ExponentialDecay(_RateDecay):
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

    def share(self, progress: float) -> float:
        return float(self.decay_rate**progress)


class InverseTimeDecay(_RateDecay):
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

    def share(self, progress: float) -> float:
        return 1.0 / (1.0 + self.decay_rate * progress)


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[k]`, with k the number of boundaries below the step; at a boundary the earlier value still holds.

    Args:
        boundaries: The last steps of all pieces but the last one, increasing.
        values: The rates of the pieces, one more than boundaries.
        name: A label.

    Example:
        >>> schedule = PiecewiseConstantDecay([10, 20], [0.1, 0.05, 0.01])
        >>> [schedule(step) for step in (0, 10, 11, 21)]
        [0.1, 0.1, 0.05, 0.01]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str | None = None) -> None:
        for key, numbers, interval in ("boundaries", boundaries, "(-inf, inf)"), ("values", values, "[0, inf)"):
            if not isinstance(numbers, (list, tuple)):
                raise ArgumentTypeError(f"{named(self)}: {key} must be a list of numbers, got {shown(numbers)}")
            for i, number in enumerate(numbers):
                arguments.number(self, f"{key}[{i}]", number, interval)
        if any(first >= second for first, second in pairwise(boundaries)):
            raise ArgumentValueError(f"{named(self)}: boundaries must increase, got {shown(boundaries)}")
        if len(values) != len(boundaries) + 1:
            got = f"{len(boundaries)} boundaries and {len(values)} values"
            raise ArgumentValueError(f"{named(self)}: values must be one more than boundaries, got {got}")
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: int) -> float:
        return float(self.values[bisect_left(self.boundaries, step)])


class PolynomialDecay(_Decay):
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
        self, initial_learning_rate: float, decay_steps: float, end_learning_rate: float = 0.0001, power: float = 1.0,
        cycle: bool = False, name: str | None = None,
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, name)
        self.end_learning_rate = arguments.number(self, "end_learning_rate", end_learning_rate, "[0, inf)")
        self.power = arguments.number(self, "power", power, "[0, inf)")
        self.cycle = arguments.flag(self, "cycle", cycle)

    def __call__(self, step: int) -> float:
        progress = step / self.decay_steps
        if self.cycle:
            progress /= max(1, math.ceil(progress))
        left = 1.0 - min(progress, 1.0)
        return float((self.initial_learning_rate - self.end_learning_rate) * left**self.power + self.end_learning_rate)


class CosineDecay(_Decay):
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
        self, initial_learning_rate: float, decay_steps: float, alpha: float = 0.0, name: str | None = None,
        warmup_target: float | None = None, warmup_steps: float = 0,
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, name)
        self.alpha = arguments.number(self, "alpha", alpha, "[0, inf)")
        self.warmup_target = arguments.optional(arguments.number, self, "warmup_target", warmup_target, "[0, inf)")
        self.warmup_steps = arguments.number(self, "warmup_steps", warmup_steps, "[0, inf)")

    def __call__(self, step: int) -> float:
        begin, top, warmup = self.initial_learning_rate, self.warmup_target, float(self.warmup_steps)
        if top is not None and step < warmup:
            return float(begin + (top - begin) * step / warmup)
        gone, top = (step, begin) if top is None else (step - warmup, top)
        wave = 0.5 * (1.0 + math.cos(math.pi * min(gone / self.decay_steps, 1.0)))
        return float(top * ((1.0 - self.alpha) * wave + self.alpha))
