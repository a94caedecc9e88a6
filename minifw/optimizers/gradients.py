"""What happens to gradients before an update and to parameters after it, the same for every optimizer."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, DType
from ..network.pairs import Pairs

if TYPE_CHECKING:
    from .base import Optimizer


class Gradients:
    """Accumulates and clips gradients in a vector of its own, and keeps the average of the parameters.

    It does not hold its optimizer, which is passed to each call: they would make a cycle, and keep all vectors alive.

    Attributes:
        vector: The gradients that the update reads, or `None` while it can read the network's own.
    """

    def __init__(self, optimizer: Optimizer, size: int, dtype: DType) -> None:
        self.calls = 0
        self.vector: Array | None = np.zeros(size, dtype) if _changes_gradients(optimizer) else None
        self.average: Array | None = np.full(size, np.nan, dtype) if optimizer.use_ema else None
        self._new = True

    @staticmethod
    def wanted(optimizer: Optimizer, pairs: Pairs) -> bool:
        """Whether a step needs more than the update itself."""
        return _changes_gradients(optimizer) or optimizer.use_ema or any(entry.constraint for entry in pairs.layout)

    def rebind(self) -> None:
        """Other parameters than before may be unfrozen now."""
        self._new = True

    def gather(self, optimizer: Optimizer, pairs: Any) -> bool:
        """Take the gradients in; return whether it is time for an update."""
        if self.vector is None:
            return True
        every = int(optimizer.gradient_accumulation_steps or 1)
        for run in pairs.runs:
            own = self._own(run).reshape(run.param.shape)
            if every > 1:
                own += run.grad
            else:
                own[...] = run.grad
        self.calls += 1
        if self.calls < every:
            return False
        for run in pairs.runs:
            if every > 1:
                self._own(run)[...] *= 1.0 / every
        self._clip(optimizer, pairs)
        return True

    def after_update(self, optimizer: Optimizer, pairs: Any, step: int) -> None:
        """Average the parameters, hold them to their constraints, and start to accumulate anew."""
        if self.vector is not None and optimizer.gradient_accumulation_steps:
            self.vector[...] = 0.0
        self.calls = 0
        if self.average is not None:
            self._move_average(float(optimizer.ema_momentum), pairs)
            every = optimizer.ema_overwrite_frequency
            if every and step % int(every) == 0:
                self.overwrite(pairs)
        for entry in pairs.layout:
            if entry.constraint is not None:
                entry.param[...] = entry.constraint.project(entry.param)

    def overwrite(self, pairs: Any) -> None:
        """Put the averages in the place of the parameters."""
        for run in pairs.runs:
            average = self._averages(run)
            np.copyto(run.param, average, where=~np.isnan(average))  # NaN: thawed since the last update, no average yet

    def _move_average(self, momentum: float, pairs: Any) -> None:
        for run in pairs.runs:
            average = self._averages(run)
            if self._new:
                np.copyto(average, run.param, where=np.isnan(average))
            average += (1.0 - momentum) * (run.param - average)
        self._new = False

    def _clip(self, optimizer: Optimizer, pairs: Any) -> None:
        value, each, total = optimizer.clipvalue, optimizer.clipnorm, optimizer.global_clipnorm
        if value is not None:
            for run in pairs.runs:
                own = self._own(run)
                np.clip(own, -float(value), float(value), out=own)
        elif each is not None:
            for entry in pairs.layout:
                _shorten([self._own(entry)], float(each))
        elif total is not None:
            _shorten([self._own(run) for run in pairs.runs], float(total))

    def _own(self, run: Any) -> Array:
        assert self.vector is not None
        return self.vector[run.offset : run.offset + run.param.size]

    def _averages(self, run: Any) -> Array:
        assert self.average is not None
        return self.average[run.offset : run.offset + run.param.size].reshape(run.param.shape)


def _changes_gradients(optimizer: Optimizer) -> bool:
    """Whether the update must read other gradients than the network's own."""
    clips = optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm
    return any(each is not None for each in (*clips, optimizer.gradient_accumulation_steps))


def norm(arrays: Iterable[Array]) -> float:
    """Return the Euclidean norm of all entries, without overflow: they are divided by the largest first.

    Example:
        >>> norm([np.array([3e200]), np.array([0.0, 3e200])]) / 3e200
        1.4142135623730951
    """
    arrays = list(arrays)
    largest = max((float(np.abs(array).max()) for array in arrays if array.size), default=0.0)
    if not largest or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(float(np.square(array / largest, dtype=np.float64).sum()) for array in arrays))


def _shorten(arrays: list[Array], length: float) -> None:
    factor = length / max(norm(arrays), length)
    if factor != 1.0:
        for array in arrays:
            array *= factor
