"""Where batches come from: arrays or a maker of batches, whole passes or so many steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentValueError
from .dataset import Batch, Dataset
from .stream import Stream, holds_batches

if TYPE_CHECKING:
    from ..sequential import Sequential

Source = Dataset | Stream


def opened(
    net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str, class_weight: Mapping[int, float] | None = None
) -> Source:
    """Return the source of batches that some arguments stand for."""
    if y is None and holds_batches(x):
        if sample_weight is not None:
            raise ArgumentValueError(f"{verb}: sample_weight belongs to arrays; give it out as (x, y, sample_weight)")
        return Stream(net, x, verb, class_weight=class_weight)
    data = Dataset(net, x, y, sample_weight, verb, class_weight)
    data.check_weights()
    return data


def limited(source: Source, steps: int | None) -> Iterator[Batch]:
    """Return the batches of one pass, or its first ones; too few are an error."""
    source.begin()
    return source.batches() if steps is None else _first(source, steps)


class Feed:
    """Gives out the batches of one epoch after the other.

    Args:
        net: Counts the passes that were shuffled.
        source: Where they come from.
        steps: Batches an epoch; the next epoch goes on where the last one stopped, and a source that can starts again
            when it ends. Without it an epoch is one pass.
        order: Makes the generator that shuffles the next pass; without it nothing is shuffled.
    """

    def __init__(
        self, net: Sequential, source: Source, steps: int | None, order: Callable[[], np.random.Generator] | None
    ) -> None:
        self.net = net
        self.source, self.steps, self._order = source, steps, order
        self._open: Iterator[Batch] | None = None
        self._passes = self._taken = 0
        self.shuffles = order is not None

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch, without the first ones that are done."""
        self.source.begin(f", epoch {number}")
        return islice(self._one_pass(), done, None) if self.steps is None else self._some(self.steps - done)

    def position(self, done: int) -> dict[str, int]:
        """Return where in its pass an epoch stands that has so many batches done, and the number of passes before."""
        if self.steps is None:
            return {"taken": done, "passes": self._passes if done else self.net.shuffles}
        return {"taken": self._taken, "passes": self._passes if self._open is not None else self.net.shuffles}

    def go_to(self, position: Mapping[str, int]) -> None:
        """Stand where a position was taken; batches are drawn again to get there."""
        self.net.shuffles = position["passes"]
        if self.steps is not None and position["taken"]:
            self._open = self._one_pass()
            self._taken = sum(1 for _ in islice(self._open, position["taken"]))

    def _one_pass(self) -> Iterator[Batch]:
        self._passes, self._taken = self.net.shuffles, 0
        return self.source.batches(self._order() if self._order is not None else None)

    def _some(self, steps: int) -> Iterator[Batch]:
        source = self.source
        for _ in range(steps):
            batch = None if self._open is None else next(self._open, None)
            if batch is None and (self._open is None or source.restarts):
                self._open = self._one_pass()
                batch = next(self._open, None)
            if batch is None:
                raise source.ended(steps)
            self._taken += 1
            yield batch


def _first(source: Source, steps: int) -> Iterator[Batch]:
    batches = source.batches()
    for _ in range(steps):
        batch = next(batches, None)
        if batch is None:
            raise source.ended(steps)
        yield batch
