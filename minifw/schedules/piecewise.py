"""A learning rate that jumps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from typing_extensions import override

from .. import arguments
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from .base import LearningRateSchedule


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
                raise ArgumentTypeError(f"{type(self).__name__}: {key} must be a list of numbers, got {shown(numbers)}")
            for i, number in enumerate(numbers):
                arguments.number(self, f"{key}[{i}]", number, interval)
        if any(first >= second for first, second in pairwise(boundaries)):
            raise ArgumentValueError(f"{type(self).__name__}: boundaries must increase, got {shown(boundaries)}")
        if len(values) != len(boundaries) + 1:
            raise ArgumentValueError(
                f"{type(self).__name__}: values must be one more than boundaries, got {len(boundaries)} boundaries and "
                f"{len(values)} values"
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    @override
    def __call__(self, step: int) -> float:
        return float(self.values[bisect_left(self.boundaries, step)])
