"""Batches: what a network is shown in training, in one pass after another; and those that arrays are cut into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, DType
from ..arrays import INDEX, as_numbers, batches, not_empty, same_length, split
from ..engine.tuning import FILE_BLOCK, FILE_BLOCKS
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..network.inputs import wrong_shape

if TYPE_CHECKING:
    from ..sequential import Sequential


class Batch(NamedTuple):
    """Samples, targets, weights, and which rows of the data they are; `None` when only their maker knows."""

    x: Array
    y: Any
    sample_weight: Array | None
    rows: slice | Array | None


class Batches:
    """Gives out the batches of one epoch after the other; what they are made from, a subclass knows.

    Args:
        net: Whose dtypes the batches get.
        verb: Who asks; named in messages.
        class_weight: Weights of the samples by their class.

    Attributes:
        restarts: Whether it can begin again when a pass is over.
        indexed: Whether a pass may have any order.
        steps: Batches in one pass, as far as that is known.
        limit: Batches an epoch; the next epoch goes on where the last one stopped. Without it an epoch is one pass.
        shuffles: Whether each pass of an epoch has an order of its own.
    """

    restarts = indexed = True
    shuffles = False
    steps: int | None = None
    limit: int | None = None

    def __init__(self, net: Sequential, verb: str, class_weight: Mapping[int, float] | None) -> None:
        self._net, self._verb, self._class_weight = net, verb, class_weight
        self._open: Iterator[Batch] | None = None
        self._passes = self._taken = 0

    def one_pass(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """Yield all batches, in an order drawn from a generator if there is one."""
        raise NotImplementedError

    def too_few(self, steps: int | None) -> ArgumentValueError:
        """Return the error for fewer batches than steps, or none at all."""
        raise NotImplementedError

    def begin(self, place: str = "") -> None:
        """Hear where the next batches stand, for messages."""

    def first(self) -> Iterator[Batch]:
        """Yield the batches of one pass, in the same order every time, up to the limit; fewer than that are an error."""
        self.begin()
        count = 0
        for batch in islice(self.one_pass(), self.limit):
            count += 1
            yield batch
        if self.limit is not None and count < self.limit:
            raise self.too_few(self.limit)

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        """Return the batches of an epoch, without the first ones that are done."""
        self.begin(f", epoch {number}")
        return islice(self._next_pass(), done, None) if self.limit is None else self._next_ones(self.limit - done)

    def position(self, done: int) -> dict[str, int]:
        """Return where in its pass an epoch stands that has so many batches done, and the number of passes before."""
        taken, under_way = (done, done > 0) if self.limit is None else (self._taken, self._open is not None)
        return {"taken": taken, "passes": self._passes if under_way else self._net.shuffles}

    def go_to(self, position: Mapping[str, int]) -> None:
        """Stand where a position was taken; batches are drawn again to get there."""
        self._net.shuffles = position["passes"]
        if self.limit is not None and position["taken"]:
            self._open = self._next_pass()
            self._taken = sum(1 for _ in islice(self._open, position["taken"]))

    def close(self) -> None:
        """End the pass that is under way: with the batches it would be a cycle, and keep the data alive."""
        self._open = None

    def _next_pass(self) -> Iterator[Batch]:
        self._passes, self._taken = self._net.shuffles, 0
        return self.one_pass(_next_order(self._net) if self.shuffles else None)

    def _next_ones(self, count: int) -> Iterator[Batch]:
        for _ in range(count):
            batch = None if self._open is None else next(self._open, None)
            if batch is None and (self._open is None or self.restarts):
                self._open = self._next_pass()
                batch = next(self._open, None)
            if batch is None:
                raise self.too_few(count)
            self._taken += 1
            yield batch


def _next_order(net: Sequential) -> np.random.Generator:
    """Return what draws the order of the next pass: it follows from the network's seed and the passes before."""
    seeds = net._seeds
    assert seeds is not None
    key = (*seeds.spawn_key, 1, net.shuffles)
    net.shuffles += 1
    return np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key))


class ArrayBatches(Batches):
    """Samples `x`, targets `y` and perhaps weights; nothing is copied or cast before a batch is asked for.

    Args:
        net: Whose dtypes the batches get.
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        verb: Who asks; named in messages.
        class_weight: Weights of the samples by their class.
    """

    batch_size = 32

    def __init__(
        self, net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str, class_weight: Mapping[int, float] | None = None
    ) -> None:
        super().__init__(net, verb, class_weight)
        if y is None:
            raise ArgumentValueError(f"{verb} needs targets: {verb.partition(':')[0]}(x, y)")
        self.x, self.y = as_numbers(x, f"{verb}: x"), as_numbers(y, f"{verb}: y")
        self.sample_weight = None if sample_weight is None else as_numbers(sample_weight, f"{verb}: sample_weight")
        self.size = same_length(x=self.x, y=self.y, sample_weight=self.sample_weight)
        not_empty(self.size, verb)

    def cut(
        self, batch_size: int | None, limit: int | None, argument: str = "batch_size", inherited: int | None = None
    ) -> None:
        """Choose the batch size: as given, or as inherited, or so that so many steps see all samples, or 32."""
        self.limit = limit
        batch_size = inherited if batch_size is None else batch_size
        if batch_size is not None:
            self.batch_size = arguments.integer(self._verb.partition(":")[0], argument, batch_size)
        elif limit is not None:
            self.batch_size = -(-self.size // limit)
        self.steps = -(-self.size // self.batch_size)

    def divided(self, validation_split: float) -> tuple[ArrayBatches, ArrayBatches]:
        """Return the first part and the last; class weights are for the first one."""
        at, net, verb, weight = split(self.size, validation_split), self._net, self._verb, self.sample_weight
        begin, end = (None, None) if weight is None else (weight[:at], weight[at:])
        train = ArrayBatches(net, self.x[:at], self.y[:at], begin, verb, self._class_weight)
        return train, ArrayBatches(net, self.x[at:], self.y[at:], end, verb)

    def build(self) -> None:
        """Build the network for these samples, or raise if it was built for others."""
        shape = self.x.shape[1:]
        if self._net.packed is None:
            self._net.build(shape)
        if shape != self._net.input_shape:
            raise wrong_shape(self._net, shape, self.x)

    def too_few(self, steps: int | None) -> ArgumentValueError:
        samples = f"{self.size} samples in batches of {self.batch_size}"
        return ArgumentValueError(f"{self._verb}: {steps} steps are wanted, but {samples} are fewer")

    def one_pass(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        net = self._net
        read_x = _reader(self.x, INDEX if net.input_kind == "index" else net._dtype)
        numbers = net.loss is not None and net.loss.target_kind == "index"
        read_y = _reader(self.y, None if net.loss is None or numbers else net._dtype)
        read_weight = None if self.sample_weight is None else _reader(self.sample_weight, net._dtype)
        order: Iterator[Any] = batches(self.size, self.batch_size) if rng is None else self._shuffled(rng)
        for rows in order:
            y, weight = read_y(rows), None if read_weight is None else read_weight(rows)
            if self._class_weight is not None:
                weight = weights_of(y, self._class_weight, net._dtype, numbers)
            yield Batch(read_x(rows), y, weight, rows)

    def all_rows(self) -> Batch:
        """Return all samples as one batch."""
        self.batch_size = self.size
        return next(self.one_pass())

    def _shuffled(self, rng: np.random.Generator) -> Iterator[Array]:
        """Yield the rows of one batch after the other.

        The rows of a mapped file are not drawn from everywhere, which would read the file once a row: blocks of the file,
        64 of 256 kB at a time, are drawn from everywhere and their rows shuffled, so an epoch reads it once.
        """
        arrays = [array for array in (self.x, self.y, self.sample_weight) if array is not None]
        if not any(map(_is_mapped, arrays)):
            order = rng.permutation(self.size)
            yield from (order[part] for part in batches(self.size, self.batch_size))
            return
        length = max(1, FILE_BLOCK // max(1, sum(array.nbytes // self.size for array in arrays)))
        blocks = rng.permutation(-(-self.size // length))
        rest = np.empty(0, np.intp)
        for group in batches(len(blocks), FILE_BLOCKS):
            rows = (blocks[group, np.newaxis] * length + np.arange(length)).ravel()
            rows = np.concatenate([rest, rng.permutation(rows[rows < self.size])])
            whole = len(rows) // self.batch_size * self.batch_size
            yield from (rows[part] for part in batches(whole, self.batch_size))
            rest = rows[whole:]
        if len(rest):
            yield rest


def _is_mapped(array: Any) -> bool:
    """Whether an array lies in a file that is mapped into memory."""
    while isinstance(array, np.ndarray):
        array = array.base
    return type(array).__module__ == "mmap"


def _reader(array: Array, dtype: DType | None) -> Callable[[Any], Array]:
    """Return what makes an array of its own of some rows: a callback may change the data between two batches."""
    if dtype is INDEX and array.dtype.kind == "f":
        dtype = None  # the network refuses fractions
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
        rule = "class_weight must be a dictionary such as {0: 1.0, 1: 5.0}"
        raise ArgumentTypeError(f"{verb}: {rule}, got {shown(class_weight)}")
    if sample_weight is not None:
        raise ArgumentValueError(f"{verb}: class_weight and sample_weight cannot both be given; multiply them yourself")
    labels = (arguments.integer(verb, "a class in class_weight", label, "[0, inf)") for label in class_weight)
    return {label: arguments.number(verb, f"class_weight[{label!r}]", class_weight[label], "[0, inf)") for label in labels}


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
