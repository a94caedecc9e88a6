"""Arrays, cut into batches, and what feeds them to a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, DType, Shape
from ..arrays import INDEX, as_numbers, batches, not_empty, same_length, split
from ..errors import ArgumentTypeError, ArgumentValueError, shown

if TYPE_CHECKING:
    from ..sequential import Sequential


STRETCH = 1 << 18
"""Bytes that are read from a mapped file in one piece."""

STRETCHES = 64
"""Pieces of a mapped file that are shuffled together."""


class Batch(NamedTuple):
    """Samples, targets, weights, and which rows of the data they are; `None` when only their maker knows."""

    x: Array
    y: Any
    sample_weight: Array | None
    rows: slice | Array | None


class Dataset:
    """Samples `x`, targets `y` and perhaps weights; nothing is copied or cast before a batch is asked for.

    Args:
        net: Whose dtypes the batches get.
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        verb: Who asks; named in messages.
        class_weight: Weights of the samples by their class.
    """

    restarts = indexed = True
    batch_size = 32

    def __init__(
        self,
        net: Sequential,
        x: Any,
        y: Any,
        sample_weight: Any,
        verb: str,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        if y is None:
            raise ArgumentValueError(f"{verb} needs targets: {verb.partition(':')[0]}(x, y)")
        self.x, self.y = as_numbers(x, f"{verb}: x"), as_numbers(y, f"{verb}: y")
        self.sample_weight = None if sample_weight is None else as_numbers(sample_weight, f"{verb}: sample_weight")
        self.size = same_length(x=self.x, y=self.y, sample_weight=self.sample_weight)
        not_empty(self.size, verb)
        self._net, self._verb, self._class_weight = net, verb, class_weight

    def check_weights(self) -> None:
        """Raise if no sample counts."""
        if self.sample_weight is not None and not self.sample_weight.any():
            raise ArgumentValueError(
                f"{self._verb}: sample_weight is 0 for all {self.size} samples, so nothing would be learned"
            )

    @property
    def sample_shape(self) -> Shape:
        """The shape of one sample."""
        return self.x.shape[1:]

    @property
    def steps(self) -> int:
        """Batches in one pass."""
        return -(-self.size // self.batch_size)

    def cut(self, batch_size: int | None, steps: int | None, argument: str = "batch_size") -> None:
        """Choose the batch size: as given, or so that so many steps see all samples, or 32."""
        if batch_size is not None:
            self.batch_size = arguments.integer(self._verb.partition(":")[0], argument, batch_size)
        elif steps is not None:
            self.batch_size = -(-self.size // steps)

    def divided(self, validation_split: float) -> tuple[Dataset, Dataset]:
        """Return the first part and the last."""
        at = split(self.size, validation_split)
        return self._part(slice(0, at), self._class_weight), self._part(slice(at, None))

    def build(self) -> None:
        """Build the network for these samples."""
        self._net.build(self.sample_shape)

    def begin(self, place: str = "") -> None:
        """Nothing: all rows are there."""

    def ended(self, steps: int) -> ArgumentValueError:
        """Return the error for fewer batches than steps."""
        return ArgumentValueError(
            f"{self._verb}: {steps} steps are wanted, but {self.size} samples in batches of {self.batch_size} are fewer"
        )

    def batches(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield all samples in batches, in an order drawn from a generator if there is one; the last may be short."""
        net = self._net
        read_x = _reader(self.x, INDEX if net.input_kind == "index" else net._dtype)
        numbers = net.loss is not None and net.loss.target_kind == "index"
        read_y = _reader(self.y, None if net.loss is None or numbers else net._dtype)
        read_weight = None if self.sample_weight is None else _reader(self.sample_weight, net._dtype)
        rows: Iterator[Any] = batches(self.size, self.batch_size) if rng is None else self._shuffled(rng)
        for at in rows:
            y, weight = read_y(at), None if read_weight is None else read_weight(at)
            if self._class_weight is not None:
                weight = weights_of(y, self._class_weight, net._dtype, numbers)
            yield Batch(read_x(at), y, weight, at)

    def all_rows(self) -> Batch:
        """Return all samples as one batch."""
        self.batch_size = self.size
        return next(self.batches())

    def _part(self, rows: slice, class_weight: Mapping[int, float] | None = None) -> Dataset:
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return Dataset(self._net, self.x[rows], self.y[rows], weights, self._verb, class_weight)

    def _shuffled(self, rng: np.random.Generator) -> Iterator[Array]:
        """Yield the rows of one batch after the other.

        The rows of a mapped file are not drawn from everywhere, which would read the file once a row: stretches of the
        file, 64 of 256 kB at a time, are drawn from everywhere and their rows shuffled, so an epoch reads it once.
        """
        arrays = [array for array in (self.x, self.y, self.sample_weight) if array is not None]
        if not any(is_mapped(array) for array in arrays):
            order = rng.permutation(self.size)
            yield from (order[part] for part in batches(self.size, self.batch_size))
            return
        length = max(1, STRETCH // max(1, sum(array.nbytes // self.size for array in arrays)))
        stretches = rng.permutation(-(-self.size // length))
        rest = np.empty(0, np.int64)
        for some in batches(len(stretches), STRETCHES):
            rows = (stretches[some, np.newaxis] * length + np.arange(length)).ravel()
            rows = np.concatenate([rest, rng.permutation(rows[rows < self.size])])
            whole = len(rows) // self.batch_size * self.batch_size
            yield from (rows[part] for part in batches(whole, self.batch_size))
            rest = rows[whole:]
        if len(rest):
            yield rest


def is_mapped(array: Any) -> bool:
    """Whether an array lies in a file that is mapped into memory."""
    while isinstance(array, np.ndarray):
        array = array.base
    return type(array).__module__ == "mmap"


def _reader(array: Array, dtype: DType | None) -> Callable[[Any], Array]:
    """Return what makes an array of its own of some rows: a callback may change the data between two batches."""
    if dtype is INDEX and array.dtype.kind == "f":
        dtype = None  # the network's door refuses fractions
    as_it_is = array.dtype.isnative if dtype is None else array.dtype is dtype
    if as_it_is and array.flags.c_contiguous and array.flags.aligned:  # `take` would copy all of another array
        return lambda rows: array[rows].copy() if type(rows) is slice else array.take(rows, 0)

    def cast(rows: Any) -> Array:
        with np.errstate(over="ignore"):
            return np.array(array[rows], dtype=dtype, order="C", copy=isinstance(rows, slice) or None)

    return cast


def checked_class_weight(verb: str, class_weight: Any, sample_weight: Any) -> dict[int, float] | None:
    """Return `{class: weight}`, or raise if it is something else or stands beside sample weights."""
    if class_weight is None:
        return None
    if not isinstance(class_weight, Mapping):
        raise ArgumentTypeError(
            f"{verb}: class_weight must be a dictionary such as {{0: 1.0, 1: 5.0}}, got {shown(class_weight)}"
        )
    if sample_weight is not None:
        raise ArgumentValueError(f"{verb}: class_weight and sample_weight cannot both be given; multiply them yourself")
    return {
        arguments.integer(verb, "a class in class_weight", label, "[0, inf)"): arguments.number(
            verb, f"class_weight[{label!r}]", weight, "[0, inf)"
        )
        for label, weight in class_weight.items()
    }


def weights_of(y: Array, class_weight: Mapping[int, float], dtype: DType, numbers: bool) -> Array:
    """Return one weight a class: of its number, or of the largest entry of its one-hot row; else 1.

    Args:
        y: The targets.
        class_weight: `{class: weight}`.
        dtype: Of the weights.
        numbers: Whether the targets are class numbers, of sequences too: `(n, t)` or `(n, t, 1)`.

    Example:
        >>> weights_of(np.array([[1, 0], [0, 1]]), {1: 5.0}, np.dtype(float), numbers=False)
        array([1., 5.])
        >>> weights_of(np.array([[1, 0], [0, 1]]), {1: 5.0}, np.dtype(float), numbers=True)
        array([[5., 1.],
               [1., 5.]])
    """
    if y.ndim > 1 and y.shape[-1] == 1:
        y = y[..., 0]
    elif y.ndim > 1 and not numbers:
        y = y.argmax(axis=-1)
    weights = [class_weight.get(label, 1.0) for label in np.rint(y).ravel().tolist()]
    return np.array(weights, dtype).reshape(y.shape)
