"""Batches that somebody else gives out: a sequence, an iterable, an iterator; and what tells them from arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentTypeError, ArgumentValueError, MinifwError, UsageError
from .batches import ArrayBatches, Batch, Batches

if TYPE_CHECKING:
    from ..sequential import Sequential


class IteratedBatches(Batches):
    """Batches `(x, y)` or `(x, y, sample_weight)`; for `predict` also `x` and `(x,)`, and targets count for nothing.

    A sequence, which has a length and an index, is gone through in any order; what can be iterated over gives all its
    batches again for every pass; an iterator goes on where it stands.

    Args:
        net: Whose dtypes the batches get.
        maker: Who gives them out.
        verb: Who asks; named in messages.
        targets: Whether there must be targets.
        class_weight: Weights of the samples by their class.
    """

    def __init__(
        self, net: Sequential, maker: Any, verb: str, targets: bool = True, class_weight: Mapping[int, float] | None = None
    ) -> None:
        super().__init__(net, verb, class_weight)
        self.restarts = not hasattr(maker, "__next__")
        self.indexed = self.restarts and hasattr(maker, "__getitem__") and hasattr(maker, "__len__")
        with suppress(TypeError):
            self.steps = len(maker) if self.restarts else None
        self._maker, self._targets, self._name = maker, targets, f"the {type(maker).__name__}"
        self.begin()

    def cut(self, batch_size: int | None, limit: int | None, argument: str = "batch_size", inherited: Any = None) -> None:
        """Take the limit, and refuse a batch size: the batches are there."""
        if batch_size is not None:
            why = f"cuts arrays into batches; {self._name} gives whole batches, so leave it out"
            raise ArgumentValueError(f"{self._verb}: {argument} {why}")
        self.limit = limit

    def divided(self, validation_split: float) -> Any:
        """Refuse to be divided."""
        text = f"validation_split={validation_split} needs arrays; beside {self._name} use validation_data"
        raise ArgumentValueError(f"{self._verb}: {text}")

    def build(self) -> None:
        """Build the network if that costs no batch; otherwise the first one does."""
        if self.indexed and self._net.packed is None:
            self._batch(self._maker[0])

    def begin(self, place: str = "") -> None:
        """Count batches from 0 again, in messages too."""
        self._place, self._number = f"{self._verb}{place}", 0

    def one_pass(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield the batches of one pass.

        Raises:
            UsageError: If their maker raises; its exception is the cause. Or if there is no batch at all.
            ArgumentValueError: If one is nothing to learn from.
        """
        batch = None
        items = self._by_index(rng) if self.indexed else chain.from_iterable((self._maker,))  # nothing of it has run yet
        while True:
            try:
                item = next(items)
            except StopIteration:
                break
            except Exception as error:
                text = f"{self._where()} could not be had: {self._name} raised {type(error).__name__}: {error}"
                raise UsageError(text, batch=self._number) from error
            try:
                batch = self._batch(item)
            except MinifwError as error:
                text, where = str(error), self._where()
                text = text if text.startswith(where) else f"{where}: {text}"
                raise type(error)(text, **{**vars(error), "batch": self._number}) from None
            self._number += 1
            yield batch
        if batch is None:
            raise self.too_few(None)

    def too_few(self, steps: int | None) -> ArgumentValueError:
        what = "gave no batch" if steps is None else f"ended, but {steps} batches are wanted"
        remedy = "an iterator is used up after one pass: give it more, or pass what can start again"
        what += "" if self.restarts else f"; {remedy}"
        return ArgumentValueError(f"{self._where()}: {self._name} {what}", batch=self._number)

    def _where(self) -> str:
        return f"{self._place}, batch {self._number}"

    def _by_index(self, rng: np.random.Generator | None) -> Iterator[Any]:
        count = len(self._maker)
        for i in range(count) if rng is None else rng.permutation(count):
            yield self._maker[int(i)]

    def _batch(self, item: Any) -> Batch:
        """Return a batch in arrays of its own, or raise if it is none."""
        parts = tuple(item) if isinstance(item, (tuple, list)) else (item,)
        if not (2 if self._targets else 1) <= len(parts) <= 3:
            forms = "(x, y) or (x, y, sample_weight)" if self._targets else "x, (x,), (x, y) or (x, y, sample_weight)"
            kind = type(item).__name__
            got = f"a {kind} of {len(item)}" if isinstance(item, (tuple, list)) else kind
            raise ArgumentValueError(f"wanted {forms}, got {got}")
        x, y, sample_weight = (*parts, None, None)[:3]
        if self._class_weight is not None and sample_weight is not None:
            raise ArgumentValueError("it brings sample weights, and class_weight is given too; multiply them yourself")
        if not self._targets:
            y, sample_weight = x, None
        arrays = ArrayBatches(self._net, x, y, sample_weight, self._where(), self._class_weight)
        batch = arrays.all_rows()
        arrays.build()
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


def opened(
    net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str, class_weight: Mapping[int, float] | None = None
) -> ArrayBatches | IteratedBatches:
    """Return the batches that some arguments stand for."""
    if y is None and holds_batches(x):
        if sample_weight is not None:
            raise ArgumentValueError(f"{verb}: sample_weight belongs to arrays; give it out as (x, y, sample_weight)")
        return IteratedBatches(net, x, verb, class_weight=class_weight)
    if y is not None and holds_batches(x) and not isinstance(x, Sequence):
        raise ArgumentTypeError(f"{verb}: x: wanted an array, got {type(x).__name__}; batches give out (x, y), beside no y")
    arrays = ArrayBatches(net, x, y, sample_weight, verb, class_weight)
    if arrays.sample_weight is not None and not arrays.sample_weight.any():
        raise ArgumentValueError(f"{verb}: sample_weight is 0 for all {arrays.size} samples, so nothing would be learned")
    return arrays
