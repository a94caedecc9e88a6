"""Batches that come one after another from a sequence, an iterable or arrays, and what opens them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentValueError, MinifwError, UsageError
from ..network.inputs import wrong_shape
from .batches import Batch, Dataset

if TYPE_CHECKING:
    from ..sequential import Sequential


class Stream:
    """Batches `(x, y)` or `(x, y, sample_weight)`; for `predict` also `x` and `(x,)`, and targets count for nothing.

    A sequence, which has a length and an index, is gone through in any order; what can be iterated over gives all its
    batches again for every pass; an iterator goes on where it stands.

    Args:
        net: Whose dtypes the batches get.
        batches: The maker.
        verb: Who asks; named in messages.
        targets: Whether there must be targets.
        class_weight: Weights of the samples by their class.
    """

    def __init__(
        self,
        net: Sequential,
        batches: Any,
        verb: str,
        targets: bool = True,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        self.restarts = not hasattr(batches, "__next__")
        self.indexed = self.restarts and hasattr(batches, "__getitem__") and hasattr(batches, "__len__")
        self.steps = _length(batches) if self.restarts else None
        self._net, self._batches, self._verb, self._targets = net, batches, verb, targets
        self._class_weight = class_weight
        self._place, self._number = verb, 0

    def cut(self, batch_size: int | None, steps: int | None, argument: str = "batch_size") -> None:
        """Refuse a batch size: the batches are there."""
        if batch_size is not None:
            raise ArgumentValueError(
                f"{self._verb}: {argument} cuts arrays into batches; {self._name} gives whole batches, so leave it out"
            )

    def divided(self, validation_split: float) -> Any:
        """Refuse to be divided."""
        raise ArgumentValueError(
            f"{self._verb}: validation_split={validation_split} needs arrays; beside {self._name} use validation_data"
        )

    def build(self) -> None:
        """Build the network if that costs no batch; otherwise the first one does."""
        if self.indexed:
            self._own(self._batches[0])

    def begin(self, place: str = "") -> None:
        """Count batches from 0 again, in messages too."""
        self._place, self._number = f"{self._verb}{place}", 0

    def batches(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield the batches of one pass.

        Raises:
            UsageError: If their maker raises; its exception is the cause. Or if there is no batch at all.
            ArgumentValueError: If one is nothing to learn from.
        """
        some = False
        items: Iterator[Any] | None = None
        while True:
            try:
                if items is None:
                    items = self._items(rng)
                item = next(items)
            except StopIteration:
                break
            except Exception as error:
                raise UsageError(
                    f"{self._where()} could not be had: {self._name} raised {type(error).__name__}: {error}",
                    batch=self._number,
                ) from error
            batch = self._checked(item)
            self._number, some = self._number + 1, True
            yield batch
        if not some:
            raise self.ended(None)

    def ended(self, steps: int | None) -> ArgumentValueError:
        """Return the error for too few batches."""
        what = "gave no batch" if steps is None else f"ended, but {steps} batches are wanted"
        remedy = (
            "" if self.restarts else "; an iterator is used up after one pass: give it more, or pass what can start again"
        )
        return ArgumentValueError(f"{self._where()}: {self._name} {what}{remedy}", batch=self._number)

    @property
    def _name(self) -> str:
        return f"the {type(self._batches).__name__}"

    def _where(self) -> str:
        return f"{self._place}, batch {self._number}"

    def _items(self, rng: np.random.Generator | None) -> Iterator[Any]:
        if not self.indexed:
            return iter(self._batches)
        count = len(self._batches)
        return (self._batches[int(i)] for i in (range(count) if rng is None else rng.permutation(count)))

    def _checked(self, item: Any) -> Batch:
        try:
            return self._own(item)
        except MinifwError as error:
            text, where = str(error), self._where()
            text = text if text.startswith(where) else f"{where}: {text}"
            raise type(error)(text, **{**vars(error), "batch": self._number}) from None

    def _own(self, item: Any) -> Batch:
        """Return a batch in arrays of its own, or raise if it is none."""
        parts = tuple(item) if isinstance(item, (tuple, list)) else (item,)
        if not (2 if self._targets else 1) <= len(parts) <= 3:
            wanted = "(x, y) or (x, y, sample_weight)" if self._targets else "x, (x,), (x, y) or (x, y, sample_weight)"
            raise ArgumentValueError(f"wanted {wanted}, got {_described(item)}")
        x, y, sample_weight = (*parts, None, None)[:3]
        if self._class_weight is not None and sample_weight is not None:
            raise ArgumentValueError("it brings sample weights, and class_weight is given too; multiply them yourself")
        if not self._targets:
            y, sample_weight = x, None
        batch = Dataset(self._net, x, y, sample_weight, self._where(), self._class_weight).all_rows()
        if self._net.packed is None:
            self._net.build(batch.x.shape[1:])
        if batch.x.shape[1:] != self._net.input_shape:
            raise wrong_shape(self._net, batch.x.shape[1:], batch.x)
        return batch._replace(rows=None)


def holds_batches(data: Any) -> bool:
    """Whether data comes in batches, and not as what NumPy makes one array of.

    Example:
        >>> x, y = np.zeros((4, 2)), np.zeros((4, 1))
        >>> holds_batches([(x, y), (x, y)]), holds_batches([[1, 2], [3, 4]]), holds_batches(x)
        (True, False, False)
    """
    if isinstance(data, Sequence) and not isinstance(data, memoryview):  # of rank 2 it gives out no rows
        first = data[0] if len(data) else None
        return isinstance(first, tuple) and bool(first) and hasattr(first[0], "__array__") and np.ndim(first[0]) > 0
    if any(hasattr(data, name) for name in ("__array__", "toarray", "keys")) or isinstance(data, (set, memoryview)):
        return False
    return any(hasattr(data, name) for name in ("__next__", "__iter__", "__getitem__"))


def _length(batches: Any) -> int | None:
    try:
        return len(batches)
    except TypeError:
        return None


def _described(item: Any) -> str:
    kind = type(item).__name__
    return f"a {kind} of {len(item)}" if isinstance(item, (tuple, list)) else kind


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
