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


class Ranks:
    """What the ranks say to each other in one `fit`, and how an error on one becomes an error on all.

    Every exchange begins with a message of one length, in which each rank says whether it has failed and where it is. So one
    that fails anywhere can answer whatever the others are about to exchange, and nobody waits for it.

    Attributes:
        place: What these ranks are about to do, as a number.
        reason: Once training has ended, what this rank says instead of its own error if another explains the end.
    """

    place = 0
    reason: str | None = None

    def __init__(self, team: Any) -> None:
        self._add, self.rank, self.size = team.add, int(team.rank), int(team.size)

    def meet(self, number: float = 0.0, failed: bool = False) -> Array:
        """Return the numbers that the ranks say; raise on all if one of them has failed, or is at another place."""
        table = np.zeros((3, self.size))
        table[:, self.rank] = failed, self.place, number
        self._add(table)
        failures, places, numbers = table
        if failures.any():
            error = self.ended(int(failures.argmax()))
            if not failed:
                raise error
        elif (places != places[0]).any():
            raise self.ended(0, "are at different batches: call fit with the same data, options and callbacks in each")
        return numbers

    def total(self, array: Array) -> Array:
        """Replace an array by its sum over all ranks."""
        self.meet()
        self._add(array)
        return array

    def compare(self, text: str, **things: Any) -> None:
        """Raise on all ranks unless all bring the same things; the text says what they do with them."""
        self.place = digest(text)
        other = [name for name, thing in things.items() if np.ptp(self.meet(digest(thing)))]
        if other:
            raise self.ended(0, text.format(" and ".join(other)))

    def ended(self, by: int, text: str = "") -> UsageError:
        """Return the error of a training that one rank ends; only that one says why, by a text or by its own error."""
        why = text and f"fit: the {self.size} ranks {text}"
        elsewhere = f"fit: rank {by} of {self.size} has ended training, and its own message says why"
        self.reason = why if self.rank == by else elsewhere
        return UsageError(self.reason)


class Share:
    """Takes a network forward and back for the rows of a batch that are here, and brings what all of them find.

    Where there are more ranks than rows, one that has none goes along with a row that counts nothing.
    """

    def __init__(self, net: Sequential, ranks: Ranks) -> None:
        self._net, self.ranks = net, ranks

    def forward(self, x: Array, training: bool) -> Array:
        """Return the predictions for the whole batch."""
        net, ranks, n = self._net, self.ranks, len(x)
        begin, end = (rank * n // ranks.size for rank in (ranks.rank, ranks.rank + 1))
        self.size, self.rows, self.part = n, slice(begin, max(end, begin + 1)), (end - begin) / n
        state = tree.vectors(net).state
        before = state.astype(np.float64)
        with self._sharing():
            y_pred = net.forward(x[self.rows], training)
        whole = np.zeros((n, *y_pred.shape[1:]))
        whole[begin:end] = y_pred[: end - begin]
        found = ranks.total(np.concatenate([(state - before) * self.part, whole.ravel()]))
        state[...] = before + found[: state.size]
        return found[state.size :].reshape(whole.shape).astype(y_pred.dtype)

    def backward(self, error_grad: Array) -> None:
        """Leave the gradients of the whole batch; penalties, which every rank adds, count once."""
        busy = min(self.size, self.ranks.size)
        with self._sharing():
            self._net.backward(error_grad[self.rows] * busy)
        for run in self._net.params_and_grads().runs:
            grad = run.grad
            grad *= bool(self.part) / busy
            self.ranks.total(grad)

    @contextmanager
    def _sharing(self) -> Iterator[None]:
        """Let layers draw and take means for the whole batch."""
        layers = self._net._everyone()
        for layer in layers:
            vars(layer)["rng"] = SharedDraws(layer, self.rows, self.size)
            if layer.mixes_samples:
                vars(layer)["batch_means"] = self._batch_means
        try:
            yield
        finally:
            for layer in layers:
                vars(layer).pop("batch_means", None)
                generator = vars(layer).pop("rng").generator
                if generator is not None:
                    vars(layer)["rng"] = generator

    def _batch_means(self, *means: Array) -> Sequence[Array]:
        """Return the means over the whole batch of what is the mean over the rows that are here."""
        joined = self.ranks.total(np.concatenate(means, dtype=np.float64) * self.part)
        return [mean.astype(means[0].dtype) for mean in np.split(joined, len(means))]


class SharedDraws:
    """A layer's generator that draws for the whole batch and hands out the rows that are here, so that all stay in step.

    A size whose first axis counts these rows is one of the batch; any other is the same on all ranks, and so is a
    `noise_shape` that begins with 1.
    """

    def __init__(self, layer: Layer, rows: slice, whole: int) -> None:
        self._layer, self._rows, self._whole = layer, rows, whole
        self.generator: np.random.Generator | None = vars(layer).get("rng")

    def __getattr__(self, name: str) -> Any:
        self.generator = self.generator or Layer.rng.func(self._layer)
        draw = getattr(self.generator, name)
        once = (getattr(self._layer, "noise_shape", None) or (None,))[0] == 1
        return partial(self._drawn, draw) if callable(draw) and not once else draw

    def _drawn(self, draw: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        def whole(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                who = f"{tree.label(self._layer)}: rng.{draw.__name__}"
                raise UsageError(f"{who} got an array; in fit(team=...) draw by a size: x + rng.standard_normal(x.shape)")
            of_batch = isinstance(value, (tuple, list)) and [*value[:1]] == [self._rows.stop - self._rows.start]
            return (self._whole, *value[1:]) if of_batch else value

        sizes, named = tuple(map(whole, arguments)), {key: whole(value) for key, value in options.items()}
        drawn = draw(*sizes, **named)
        return drawn if (sizes, named) == (arguments, options) else drawn[self._rows]


class TeamStep(Step):
    """A step of all ranks together; see `Step`."""

    def train(self, batch: Batch, number: int = 0) -> tuple[float, Array]:
        edges = [array[[0, -1]].tobytes() for array in batch[:3] if array is not None]
        flags = [(layer.trainable, layer.learning_rate_multiplier) for layer in self.net._everyone()]
        self.passes.ranks.place = digest(self.where, number, len(batch.x), self.net.optimizer.learning_rate, flags, *edges)
        return super().train(batch, number)


class TeamLoop(Loop):
    """The epochs of one `fit` of all ranks; see `Loop`."""

    def __init__(self, ranks: Ranks, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ranks = ranks

    def run(self, initial_epoch: int, epochs: int, verbose: Any, resume: Any = None) -> Any:
        history = super().run(initial_epoch, epochs, verbose, resume)
        self._ranks.compare("have grown apart: they end with different {}", **learned(self._net))
        return history

    def _step(self) -> Step:
        """Return the step of ranks that can train together; all have read the checkpoint before the first may remove it."""
        net, ranks, validation = self._net, self._ranks, self._validation
        measured = validation and (validation.steps, getattr(validation, "size", None))
        ranks.compare(
            "begin with different {}: each must build the same network, with seed= or from one file, and call fit with the "
            "same data and options; it takes its rows itself",
            **learned(net),
            network=[net.layers, net.loss, net.optimizer, *(net.metrics or ())],
            data=[self._writer.description()["data"], self._batches._class_weight, measured],
            options=[self._params["epochs"], self._validation_freq],
        )
        for layer in net._everyone():
            if layer.mixes_samples and not hasattr(layer, "batch_means"):
                raise ranks.ended(0, f"cannot share a batch: {tree.label(layer)} needs all of its samples")
        step = TeamStep(net, self._events)
        step.passes = Share(net, ranks)
        return step

    def _stopped(self) -> bool:
        self._ranks.place = digest("between two epochs")
        self._net.stop_training = bool(self._ranks.meet(super()._stopped()).any())
        return super()._stopped()


@contextmanager
def joined(team: Any) -> Iterator[Callable[..., Loop]]:
    """Give the loop of a team, that of one alone if its size is 1; an error inside is one on all of its ranks."""
    if not all(hasattr(team, name) for name in ("rank", "size", "add")):
        raise ArgumentTypeError(f"fit: team must be a team such as minifw.parallel.MPITeam(), got {shown(team)}")
    if team.size == 1:
        yield Loop
        return
    ranks = Ranks(team)
    with Interrupt():  # in the middle of an exchange it would leave the others waiting
        try:
            yield partial(TeamLoop, ranks)
        except BaseException as error:
            if ranks.reason is None:
                ranks.meet(failed=True)
            if ranks.reason and isinstance(error, Exception):
                if not isinstance(error, MinifwError):
                    raise UsageError(ranks.reason) from None
                error.args = (ranks.reason,)
            raise


def digest(*things: Any) -> int:
    """Return a number for bytes and for what has a repr, the same in every process."""
    texts = (thing if isinstance(thing, bytes) else re.sub(r" at 0x\w+", "", repr(thing)).encode() for thing in things)
    return crc32(b" ".join(texts))


def learned(net: Sequential) -> dict[str, Any]:
    """Return what all ranks must agree on: the bytes of a network and its optimizer, and where its generators stand."""
    if net.packed is None:
        return {}
    arrays = net.packed.params, net.packed.state, *(net.optimizer._vectors or {}).values()
    return {"weights": b"".join(array.tobytes() for array in arrays), "seeds": generators(net)}
