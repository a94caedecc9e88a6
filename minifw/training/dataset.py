"""Arrays of samples, given out in batches that belong to the receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, DType
from ..data import INDEX, as_numbers, batches, not_empty, same_length
from ..errors import ArgumentValueError

if TYPE_CHECKING:
    from ..model import Sequential


class Batch(NamedTuple):
    """Samples, targets and weights."""

    x: Array
    y: Array
    sample_weight: Array | None


class Dataset:
    """Samples `x`, targets `y` and perhaps weights; nothing is copied or cast before a batch is asked for.

    Args:
        net: Whose dtypes the batches get.
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        verb: Who asks; named in messages.
    """

    def __init__(self, net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str) -> None:
        if y is None:
            raise ArgumentValueError(f"{verb} needs targets: {verb}(x, y)")
        self.x, self.y = as_numbers(x, f"{verb}: x"), as_numbers(y, f"{verb}: y")
        self.sample_weight = None if sample_weight is None else as_numbers(sample_weight, f"{verb}: sample_weight")
        for name, array in (("x", self.x), ("y", self.y), ("sample_weight", self.sample_weight)):
            if array is not None and array.ndim == 0:
                raise ArgumentValueError(f"{verb}: {name} is a single number; pass an array of samples")
        self.size = same_length(x=self.x, y=self.y, sample_weight=self.sample_weight)
        not_empty(self.size, verb)
        if self.sample_weight is not None and not self.sample_weight.any():
            raise ArgumentValueError(f"{verb}: sample_weight is 0 for all {self.size} samples, so nothing would be learned")
        self._net = net

    def part(self, rows: slice) -> Dataset:
        """Return a part of the samples."""
        found = Dataset.__new__(Dataset)
        found.x, found.y, found._net = self.x[rows], self.y[rows], self._net
        found.sample_weight = None if self.sample_weight is None else self.sample_weight[rows]
        found.size = len(found.x)
        return found

    def batches(self, batch_size: int, order: Array | None = None) -> Any:
        """Yield all samples in batches, in an order if one is given; the last batch may be short."""
        net = self._net
        x_dtype = INDEX if net.input_kind == "index" else net._dtype
        y_dtype = None if net.loss is None or net.loss.target_kind == "index" else net._dtype
        for rows in batches(self.size, batch_size):
            at = rows if order is None else order[rows]
            weights = None if self.sample_weight is None else _own(self.sample_weight, at, net._dtype)
            yield Batch(_own(self.x, at, x_dtype), _own(self.y, at, y_dtype), weights)


def checked_batch_size(verb: str, batch_size: int | None) -> int:
    """Return the batch size, 32 by default."""
    return 32 if batch_size is None else arguments.integer(verb, "batch_size", batch_size)


def _own(array: Array, rows: Any, dtype: DType | None) -> Array:
    """Return rows as an array of their own: a callback or a second thread may change the data between two batches."""
    if dtype is INDEX and array.dtype.kind == "f":
        dtype = None  # the network's door refuses fractions
    with np.errstate(over="ignore"):
        found: Array = np.array(array[rows], dtype=dtype, order="C", copy=isinstance(rows, slice) or None)
    return found
