"""One `fit` by the processes of a team: each takes its rows of every batch, and all add up what they find.

A team is anything with `rank`, `size` and `add(array)`, which replaces an array by its sum over all ranks. Forward, each
rank brings the predictions for its rows, and all see those for the whole batch: the loss, its gradient and the metrics are
those that one alone would find. Back, each takes its rows of that gradient, and what the layers collect is added up. Layers
draw for the whole batch and keep their rows, and what they take means of is the whole batch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from .._typing import Array
from ..errors import ArgumentTypeError, MinifwError, UsageError, shown
from ..files.training import generators
from ..layers.base import Layer
from ..network import tree
from .batches import Batch
from .loop import Interrupt, Loop
from .step import Step

if TYPE_CHECKING:
    from ..sequential import Sequential


FAILED = -1
"""What a rank says that cannot go on."""


class Ranks:
    """What the ranks say to each other in one `fit`, and how an error on one becomes an error on all.

    Every exchange begins with a message of one length: each rank says a number, such as where it is, or that it has failed.
    So one that fails anywhere can answer whatever the others are about to exchange, and nobody waits for it.

    Attributes:
        place: Where this rank is.
        over: Whether all know that one has failed.
    """

    place: Any = None
    over = False

    def __init__(self, team: Any) -> None:
        self._add, self.rank, self.size = team.add, int(team.rank), int(team.size)

    def meet(self, number: int) -> Array:
        """Return the numbers that the ranks say; if some have failed, raise on all but the first of these."""
        numbers = np.zeros(self.size)
        numbers[self.rank] = number
        self._add(numbers)
        if FAILED in numbers:
            self.over, by = True, int(numbers.argmin())
            if by != self.rank:
                raise UsageError(f"fit: rank {by} of {self.size} has ended training, and its own message says why")
        return numbers

    def total(self, array: Array) -> Array:
        """Replace an array by its sum over all ranks, which are all at the same place."""
        self.compare("are at different batches: call fit with the same data and callbacks", place=[self.place, array.shape])
        self._add(array)
        return array

    def compare(self, text: str, **things: Any) -> None:
        """Raise on all ranks unless their things look the same in each; the text says what they do with them."""
        digests = {name: crc32(re.sub(r" at 0x\w+", "", repr(thing)).encode()) for name, thing in things.items()}
        other = [name for name, digest in digests.items() if np.ptp(self.meet(digest))]
        if other:
            raise UsageError(f"fit: the {self.size} ranks {text.format(' and '.join(other))}")


class TeamStep(Step):
    """A step of all ranks: goes forward and back for the rows of a batch that are here, and brings what all of them find.

    Each rank takes two rows at least, but for a batch of one: so 1 in a shape never counts rows. Those for whom no rows are
    left go along with all of them, and what they find counts nothing. See `Step`.
    """

    def __init__(self, ranks: Ranks, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ranks, self.passes = ranks, self

    def train(self, batch: Batch, number: int = 0) -> tuple[float, Array]:
        edges = [crc32(array[[0, -1]].tobytes()) for array in batch[:3] if array is not None]
        self._ranks.place = self.where, number, self.net.optimizer.learning_rate, edges
        return super().train(batch, number)

    def forward(self, x: Array, training: bool) -> Array:
        """Return the predictions for the whole batch."""
        rank, n = self._ranks.rank, len(x)
        self._busy = busy = max(1, min(self._ranks.size, n // 2))
        begin, end = min(rank, busy) * n // busy, min(rank + 1, busy) * n // busy
        self._rows, self._size, self._part = slice(begin, end) if begin < end else slice(0, n), n, (end - begin) / n
        state = tree.vectors(self.net).state
        before = state.astype(np.float64)
        with self._sharing():
            y_pred = self.net.forward(x[self._rows], training)
        whole = np.zeros((n, *y_pred.shape[1:]))
        whole[begin:end] = y_pred[: end - begin]
        found = self._ranks.total(np.concatenate([(state - before) * self._part, whole.ravel()]))
        state[...] = before + found[: state.size]
        return found[state.size :].reshape(whole.shape).astype(y_pred.dtype)

    def backward(self, error_grad: Array) -> None:
        """Leave the gradients of the whole batch; penalties, which every rank adds, count once."""
        with self._sharing():
            self.net.backward(error_grad[self._rows] * self._busy)
        for run in self.net.params_and_grads().runs:
            run.grad[:] *= bool(self._part) / self._busy
            self._ranks.total(run.grad)

    @contextmanager
    def _sharing(self) -> Iterator[None]:
        """Let layers draw and take means for the whole batch."""
        for layer in self.net._everyone():
            vars(layer)["rng"] = SharedDraws(layer, self._rows, self._size)
            if layer.mixes_samples:
                vars(layer)["batch_means"] = self._batch_means
        try:
            yield
        finally:
            for layer in self.net._everyone():
                vars(layer).pop("batch_means", None)
                generator = vars(layer).pop("rng").generator
                if generator is not None:
                    vars(layer)["rng"] = generator

    def _batch_means(self, *means: Array) -> Sequence[Array]:
        """Return the means over the whole batch of what is the mean over the rows that are here."""
        joined = self._ranks.total(np.concatenate(means, dtype=np.float64) * self._part)
        return [mean.astype(means[0].dtype) for mean in np.split(joined, len(means))]


class SharedDraws:
    """A layer's generator that draws for the whole batch and hands out the rows that are here, so that all stay in step.

    A shape whose first axis counts these rows is one of the batch; any other is the same on all ranks. An array of as many
    rows, given or drawn without a shape, is refused: it would hold, or give, what is drawn for these rows alone.
    """

    def __init__(self, layer: Layer, rows: slice, whole: int) -> None:
        self._layer, self._rows, self._here, self._whole = layer, rows, rows.stop - rows.start, whole
        self.generator: np.random.Generator | None = vars(layer).get("rng")

    def __getattr__(self, name: str) -> Any:
        self.generator = self.generator or Layer.rng.func(self._layer)
        draw = getattr(self.generator, name)
        return partial(self._drawn, draw) if callable(draw) else draw

    def _drawn(self, draw: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        def whole(value: Any) -> Any:
            if isinstance(value, (tuple, list)) and [*value[:1]] == [self._here]:
                return (self._whole, *value[1:])
            if isinstance(value, np.ndarray) and value.shape[:1] == (self._here,) != (self._whole,):
                who = f"{tree.label(self._layer)}: rng.{draw.__name__} got no shape for {self._here} rows: in fit(team=...)"
                raise UsageError(f"{who} draw by x.shape, by (1, ...) what all rows share, or take another batch_size")
            return value

        sizes, named = tuple(map(whole, arguments)), {key: whole(value) for key, value in options.items()}
        drawn = draw(*sizes, **named)
        return whole(drawn) if (sizes, named) == (arguments, options) else drawn[self._rows]


class TeamLoop(Loop):
    """The epochs of one `fit` of all ranks; see `Loop`."""

    def __init__(self, ranks: Ranks, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ranks = ranks

    def _step(self) -> Step:
        """Return the step of ranks that can train together; all have read the checkpoint before the first may remove it."""
        net = self._net
        self._ranks.compare(
            "begin with different {}: each must build the same network, by seed= or from a file, and fit all the data alike",
            **learned(net),
            network=[net.layers, net.loss, net.optimizer, *(net.metrics or ())],
            data=[self._writer.description()["data"], self._batches._class_weight],
            validation=[getattr(self._validation, name, None) for name in ("steps", "size")],
            options=[self._params["epochs"], self._validation_freq],
        )
        for layer in net._everyone():
            if layer.mixes_samples and not hasattr(layer, "batch_means"):
                raise UsageError(f"fit: ranks cannot share a batch: {tree.label(layer)} needs all of its samples")
        return TeamStep(self._ranks, net, self._events)

    def _stopped(self) -> bool:
        self._net.stop_training = bool(self._ranks.total(np.array([float(super()._stopped())])).any())
        return super()._stopped()


@contextmanager
def joined(net: Sequential, team: Any) -> Iterator[Callable[..., Loop]]:
    """Give the loop of a team; an error inside is one on all of its ranks."""
    if not all(hasattr(team, name) for name in ("rank", "size", "add")):
        raise ArgumentTypeError(f"fit: team must be a team such as minifw.parallel.MPITeam(), got {shown(team)}")
    ranks = Ranks(team)
    with Interrupt():  # in the middle of an exchange it would leave the others waiting
        try:
            yield partial(TeamLoop, ranks)
            ranks.compare("have grown apart: they end with different {}", **learned(net))
        except BaseException as error:
            if not ranks.over:
                try:
                    ranks.meet(FAILED)
                except UsageError as elsewhere:  # so that one of many that have failed says why
                    if isinstance(error, Exception) and not isinstance(error, MinifwError):
                        raise elsewhere from None
                    error.args = elsewhere.args
            raise


def learned(net: Sequential) -> dict[str, Any]:
    """Return what all ranks must agree on: the bytes of a network and its optimizer, and where its generators stand."""
    if net.packed is None:
        return {}
    arrays = net.packed.params, net.packed.state, *(net.optimizer._vectors or {}).values()
    return {"weights": [crc32(array.tobytes()) for array in arrays], "seeds": generators(net)}
