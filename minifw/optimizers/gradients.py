"""What happens to gradients before an update and to parameters after it, the same for every optimizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._typing import Array
from ..network.entries import Pairs, Run, Variable

if TYPE_CHECKING:
    from .base import Optimizer

ACCUMULATED, AVERAGE = "train/accumulated", "train/average"


def vectors_beside_slots(optimizer: Optimizer) -> dict[str, float]:
    """Return the vectors that gradients are accumulated and clipped in, and parameters averaged, with their first values."""
    clips = optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm
    changes_gradients = any(option is not None for option in (*clips, optimizer.gradient_accumulation_steps))
    return {**({ACCUMULATED: 0.0} if changes_gradients else {}), **({AVERAGE: math.nan} if optimizer.use_ema else {})}


def part(vector: Array, of: Run | Variable) -> Array:
    """Return the part of a vector that belongs to a parameter or a run of some, shaped alike."""
    return vector[of.offset : of.offset + of.param.size].reshape(of.param.shape)


class Gradients:
    """Accumulates and clips gradients in a vector of its own, and keeps the average of the parameters.

    It does not hold its optimizer, which is passed to each call: they would make a cycle, and keep all vectors alive.

    Args:
        vectors: Those of `vectors_beside_slots`.
        calls: Calls since the last update.

    Attributes:
        accumulated: The gradients that the update reads, or `None` while it can read the network's own.
        average: The average of the parameters, NaN where there is none yet, or `None`.
        thawed: Whether other parameters than before may be unfrozen now.
    """

    def __init__(self, vectors: dict[str, Array], calls: int = 0) -> None:
        self.vectors, self.calls = vectors, calls
        self.accumulated, self.average = vectors.get(ACCUMULATED), vectors.get(AVERAGE)
        self.thawed = True

    def gather(self, optimizer: Optimizer, pairs: Pairs) -> bool:
        """Take the gradients in; return whether it is time for an update."""
        if self.accumulated is None:
            return True
        every = int(optimizer.gradient_accumulation_steps or 1)
        for run in pairs.runs:
            gradient = part(self.accumulated, run)
            np.add(gradient, run.grad, gradient) if every > 1 else np.copyto(gradient, run.grad)
        self.calls += 1
        if self.calls < every:
            return False
        if every > 1:
            self.accumulated *= 1.0 / every
        _clip(optimizer, pairs, self.accumulated)
        return True

    def after_update(self, optimizer: Optimizer, pairs: Pairs, step: int) -> None:
        """Average the parameters, hold them to their constraints, and start to accumulate anew."""
        if self.accumulated is not None and optimizer.gradient_accumulation_steps:
            self.accumulated.fill(0.0)
        self.calls = 0
        if self.average is not None:
            for run in pairs.runs:
                average = part(self.average, run)
                if self.thawed:
                    np.copyto(average, run.param, where=np.isnan(average))
                average += (1.0 - optimizer.ema_momentum) * (run.param - average)
            self.thawed = False
            if optimizer.ema_overwrite_frequency and step % optimizer.ema_overwrite_frequency == 0:
                self.overwrite(pairs)
        for variable in pairs.layout:
            if variable.constraint is not None:
                variable.param[...] = variable.constraint.project(variable.param)

    def overwrite(self, pairs: Pairs) -> None:
        """Put the averages in the place of the parameters."""
        assert self.average is not None
        for run in pairs.runs:
            average = part(self.average, run)
            np.copyto(run.param, average, where=~np.isnan(average))  # NaN: thawed since the last update, no average yet


def _clip(optimizer: Optimizer, pairs: Pairs, gradients: Array) -> None:
    if optimizer.clipvalue is not None:
        np.clip(gradients, -optimizer.clipvalue, optimizer.clipvalue, out=gradients)
    elif optimizer.clipnorm is not None:
        for variable in pairs.layout:
            _shorten([part(gradients, variable)], optimizer.clipnorm)
    elif optimizer.global_clipnorm is not None:
        _shorten([part(gradients, run) for run in pairs.runs], optimizer.global_clipnorm)


def _shorten(arrays: list[Array], length: float) -> None:
    factor = length / max(norm(arrays), length)
    if factor != 1.0:
        for array in arrays:
            array *= factor


def norm(arrays: Sequence[Array]) -> float:
    """Return the Euclidean norm of all entries, without overflow: they are divided by the largest first.

    Example:
        >>> norm([np.array([3e200]), np.array([0.0, 3e200])]) / 3e200
        1.4142135623730951
    """
    largest = max((float(np.abs(array).max()) for array in arrays if array.size), default=0.0)
    if not largest or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(float(np.square(array / largest, dtype=np.float64).sum()) for array in arrays))
