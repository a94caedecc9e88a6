"""What a schedule is, and how an optimizer asks one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..arguments import named
from ..config import Configurable
from ..errors import ArgumentTypeError, ArgumentValueError, shown


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
