"""One `fit` by the processes of a team: each takes its rows of every batch, and all add up what they find.

A team is anything with `rank`, `size` and `add(array)`, which replaces an array by its sum over all ranks. The loss of a
batch is the sum over the ranks of `share * loss of their rows`, where the share is the part of what the loss divides by; so
is its gradient. Layers draw for the whole batch and keep their rows, and what they take means of is the whole batch.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, Shape
from ..callbacks.base import Callbacks
from ..engine.errstate import silent
from ..errors import ArgumentTypeError, MinifwError, UsageError, shown
from ..files.training import generators
from ..inspect.nonfinite import locate
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import tree
from ..network.views import Snapshot
from .batches import Batch
from .compiled import check_compiled
from .loop import Interrupt, Loop
from .resume import Position
from .step import Step

if TYPE_CHECKING:
    from ..sequential import Sequential

FAILED, PLACE, VALUE = range(3)
"""What each rank says in a message."""


class PatientInterrupt(Interrupt):
    """Holds back a second Ctrl-C, too: in the middle of an exchange it would leave the others waiting."""

    def _hold(self, number: int, frame: FrameType | None) -> None:
        self.pending = True


class Ranks:
    """What the ranks say to each other in one `fit`, and how an error on one becomes an error on all.

    Every exchange begins with a message of one length, in which each rank says whether it has failed and where it is. So one
    that fails anywhere can answer whatever the others are about to exchange, and nobody waits for it.

    Attributes:
        place: What these ranks are about to do, as a number.
        part: The part of the batch that is here.
        forward: Whether the layers go forward.
        over: Whether nobody waits for this rank any more.
    """

    place, part, forward, over = 0, 1.0, False, False
    _reason: str | None = None

    def __init__(self, team: Any) -> None:
        self.add, self.rank, self.size = team.add, int(team.rank), int(team.size)

    def loop(self, *arguments: Any) -> Loop:
        """Return the loop of all ranks together; the arguments are those of `Loop`."""
        return TeamLoop(self, *arguments)

    def meet(self, value: float = 0.0, failed: bool = False) -> Array:
        """Return the values that all ranks say; raise on all if one of them has failed, or is at another place.

        Between it and what is added then nothing may fail.
        """
        said = np.zeros((self.size, 3))
        said[self.rank] = failed, self.place, value
        self.add(said)
        if said[:, FAILED].any():
            first, self.over = int(said[:, FAILED].argmax()), True
            if first != self.rank:
                self._reason = f"fit: rank {first} of {self.size} has ended training, and its own message says why"
            if not failed:
                raise UsageError(self._reason or "")
        elif (said[:, PLACE] != said[0, PLACE]).any():
            raise self.refusal("are at different batches: call fit with the same data, options and callbacks in each")
        return said[:, VALUE]

    def compare(self, text: str, **things: Any) -> None:
        """Raise on all ranks unless all bring the same things; the text says what they do with them."""
        table = np.zeros((self.size, len(things)))
        table[self.rank] = [digest(thing) for thing in things.values()]
        self.place = digest(text)
        self.meet()
        self.add(table)
        other = [name for name, column in zip(things, table.T, strict=True) if (column != column[0]).any()]
        if other:
            raise self.refusal(text.format(" and ".join(other)))

    def refusal(self, text: str) -> UsageError:
        """Return the error that all ranks raise, and one of them explains."""
        self.over, self._reason = True, "fit: rank 0 says why training has ended"
        self._reason = self._reason if self.rank else f"fit: the {self.size} ranks {text}"
        return UsageError(self._reason)

    def leave(self, error: BaseException) -> Exception | None:
        """Tell the others that this rank ends with an error; return what to raise instead if the reason lies elsewhere."""
        if not self.over:
            self.meet(failed=True)
        if self._reason is None or not isinstance(error, Exception):
            return None
        data = {name: value for name, value in vars(error).items() if not name.startswith("__")}
        return type(error)(self._reason, **data) if isinstance(error, MinifwError) else UsageError(self._reason)

    @contextmanager
    def sharing(self, layers: Sequence[Layer], rows: slice, whole: int) -> Iterator[None]:
        """Let layers draw and take means for a batch of which these rows are here."""
        self.forward = True
        for layer in layers:
            vars(layer)["rng"] = SharedDraws(layer, rows, whole)
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
        joined = np.concatenate(means, dtype=np.float64) * self.part
        self.meet()
        self.add(joined)
        if not (self.part or self.forward):
            return means  # what counts nothing sends nothing back
        return [mean.astype(means[0].dtype) for mean in np.split(joined, len(means))]


class SharedDraws:
    """A layer's generator that draws for the whole batch and hands out the rows that are here, so that all stay in step.

    A size whose first axis counts these rows is one of the batch; any other is the same on all ranks.
    """

    def __init__(self, layer: Layer, rows: slice, whole: int) -> None:
        self._layer, self._rows, self._whole = layer, rows, whole
        self.generator: np.random.Generator | None = vars(layer).get("rng")

    def __getattr__(self, name: str) -> Any:
        if self.generator is None:  # made at its first use
            del vars(self._layer)["rng"]
            self.generator, vars(self._layer)["rng"] = self._layer.rng, self
        draw, here = getattr(self.generator, name), self._rows.stop - self._rows.start
        once = (getattr(self._layer, "noise_shape", None) or (None,))[0] == 1
        if once or here == self._whole or not callable(draw):
            return draw

        def whole(argument: Any) -> Any:
            if isinstance(argument, np.ndarray) and argument.shape[:1] == (here,):
                raise UsageError(
                    f"{tree.label(self._layer)}: rng.{name} got an array of the batch, but in fit(team=...) a layer draws "
                    "by a size, for the rows of all: x + scale * rng.standard_normal(x.shape)"
                )
            is_size = isinstance(argument, (tuple, list)) and tuple(argument[:1]) == (here,)
            return (self._whole, *argument[1:]) if is_size else argument

        def drawn(*arguments: Any, **options: Any) -> Any:
            sizes, named = [*map(whole, arguments)], {key: whole(option) for key, option in options.items()}
            shared = sizes != [*arguments] or named != options
            return draw(*sizes, **named)[self._rows] if shared else draw(*arguments, **options)

        return drawn


class TeamStep(Step):
    """A step of all ranks together; see `Step`."""

    def __init__(self, net: Sequential, callbacks: Callbacks, ranks: Ranks, things: dict[str, Any]) -> None:
        super().__init__(net, callbacks)
        self._ranks, self._things = ranks, things

    @silent
    def train(self, batch: Batch, number: int = 0) -> tuple[float, Array]:
        net, ranks, n = self.net, self._ranks, len(batch.x)
        everyone, pairs = net._everyone(), net.params_and_grads()
        if pairs is not self._pairs:
            self._bind(pairs)
        if self._things:
            self._begin()
        begin, end = (rank * n // ranks.size for rank in (ranks.rank, ranks.rank + 1))
        rows = slice(begin, max(end, begin + 1))  # who has none goes along with one that counts nothing
        ranks.part = (end - begin) / n
        flags = [(layer.trainable, layer.learning_rate_multiplier) for layer in everyone]
        edges = [array[[0, -1]].tobytes() for array in batch[:3] if array is not None]
        ranks.place = digest(self.where, number, n, net.optimizer.learning_rate, flags, *edges)
        before, state = Snapshot(everyone, tree.vectors(net).state), tree.vectors(net).state.astype(np.float64)
        try:
            with ranks.sharing(everyone, rows, n):
                value, y_pred = self._own(batch, rows)
            value, y_pred = self._together(value, y_pred, rows, n, state)
            for watch in self.watchers:
                watch(number, pairs)
            total = value + sum(grad.dot(grad) for grad in self._gradients)
            if not math.isfinite(total) and not self._all_finite(value):
                before.restore()
                raise locate(net, batch, value, f"{self.where}, batch {number}", **self.place, batch_number=number)
            net.optimizer.step(pairs)
        except BaseException:
            before.restore()
            raise
        return value, y_pred

    def _begin(self) -> None:
        """Raise on all ranks unless they can train together."""
        net, things, self._things = self.net, self._things, {}
        self._ranks.compare(
            "begin with different {}: each must build the same network, with seed= or from one file, and call fit with the "
            "same data and options; it takes its rows itself",
            **learned(net),
            network=[net.layers, net.loss, net.optimizer, *(net.metrics or ())],
            **things,
        )
        for layer in net._everyone():
            if layer.mixes_samples and not hasattr(layer, "batch_means"):
                raise self._ranks.refusal(f"cannot share a batch: {tree.label(layer)} needs all of its samples")

    def _own(self, batch: Batch, rows: slice) -> tuple[float, Array]:
        """Go forward and back with the rows of this rank: return its addend to the mean over the ranks, and predictions."""
        net, ranks, weight = self.net, self._ranks, batch.sample_weight
        loss = check_compiled(net, self.where)
        y_pred = net.forward(batch.x[rows], True)
        value = loss.forward(batch.y[rows], y_pred, None if weight is None else weight[rows])
        scale = ranks.size * share_of(loss, batch, rows, y_pred.shape[1:]) if ranks.part else 0.0
        ranks.forward = False
        net.backward(loss.backward() * scale)
        return (value * scale if scale else 0.0) + net.penalty(), y_pred

    def _together(self, value: float, y_pred: Array, rows: slice, n: int, state: Array) -> tuple[float, Array]:
        """Add up what the ranks found; return the loss and, if there are metrics, the predictions of the whole batch."""
        net, ranks, measured = self.net, self._ranks, bool([*(self.net.metrics or ())])
        predictions = np.zeros((n * measured, *y_pred.shape[1:]))
        if measured and ranks.part:
            predictions[rows] = y_pred
        beside = np.concatenate([(tree.vectors(net).state - state) * ranks.part, predictions.ravel()])
        value = float(ranks.meet(value).sum()) / ranks.size
        for grad in self._gradients:
            ranks.add(grad)
            grad /= ranks.size
        if beside.size:
            ranks.add(beside)
        tree.vectors(net).state[...] = state + beside[: state.size]
        return value, beside[state.size :].reshape(predictions.shape).astype(y_pred.dtype)


class TeamLoop(Loop):
    """The epochs of one `fit` of all ranks; see `Loop`."""

    def __init__(self, ranks: Ranks, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ranks = ranks

    def run(self, initial_epoch: int, epochs: int, verbose: Any, resume: Any = None) -> Any:
        history = super().run(initial_epoch, epochs, verbose, resume)
        self._ranks.compare("have grown apart: they end with different {}", **learned(self._net))
        self._ranks.over = True
        return history

    def _step(self) -> Step:
        self._meet("the beginning")  # all have read the checkpoint before the first rank may remove it
        validation = self._validation and (self._validation.steps, getattr(self._validation, "size", None))
        data = [self._writer.description()["data"], self._batches._class_weight, validation]
        options = {"epochs": self._params["epochs"], "validation_freq": self._validation_freq}
        return TeamStep(self._net, self._events, self._ranks, {"data": data, "options": options})

    def _epoch(self, step: Step, position: Position) -> dict[str, Any]:
        logs = super()._epoch(step, position)
        self._meet(f"{step.where} is over")
        return logs

    def _meet(self, place: str) -> None:
        """Wait for all ranks; training ends on all if it does on one."""
        self._ranks.place = digest(place)
        self._net.stop_training = bool(self._ranks.meet(float(self._net.stop_training)).any())


@contextmanager
def joined(team: Any) -> Iterator[Ranks | None]:
    """Give the ranks of a team, or `None` if there is one alone; an error inside is one on all of them."""
    if not all(hasattr(team, name) for name in ("rank", "size", "add")):
        raise ArgumentTypeError(f"fit: team must be a team such as minifw.parallel.MPITeam(), got {shown(team)}")
    if team.size == 1:
        yield None
        return
    ranks = Ranks(team)
    with PatientInterrupt():
        try:
            yield ranks
        except BaseException as error:
            instead = ranks.leave(error)
            if instead is not None:
                raise instead from None
            raise


def digest(*things: Any) -> int:
    """Return a number of 48 bits, which a float64 holds, for bytes and for what has a repr."""
    import hashlib

    state = hashlib.blake2b(digest_size=6)
    for thing in things:
        state.update(thing if isinstance(thing, bytes) else re.sub(r" at 0x\w+", "", repr(thing)).encode())
    return int.from_bytes(state.digest(), "little")


def learned(net: Sequential) -> dict[str, Any]:
    """Return what all ranks must agree on: the bytes of a network and its optimizer, and where its generators stand."""
    if net.packed is None:
        return {}
    arrays = (*(entry.array for entry in net.entries()), *(net.optimizer._vectors or {}).values())
    return {"weights": b"".join(array.tobytes() for array in arrays), "seeds": generators(net)}


def share_of(loss: Loss, batch: Batch, rows: slice, outputs: Shape) -> float:
    """Return the part that some rows have in what a loss divides the sum over a batch by."""
    weighted = loss.reduction == "mean_with_sample_weight" and batch.sample_weight is not None
    if type(loss)._counts is Loss._counts and not weighted:
        return 1.0 if loss.reduction == "sum" else (rows.stop - rows.start) / len(batch.x)
    divisors: list[float] = []

    def divisor(*arguments: Any) -> float:
        divisors.append(type(loss)._divisor(loss, *arguments))
        return divisors[-1]

    probe = copy.copy(loss)
    vars(probe)["_divisor"] = divisor
    for part in (rows, slice(None)):
        y, weight = batch.y[part], None if batch.sample_weight is None else batch.sample_weight[part]
        probe.forward(y, np.zeros((len(y), *outputs)), weight)
    return divisors[0] / divisors[1] if divisors[1] else 0.0
