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

import numpy as np

from .._typing import Array
from ..callbacks.base import Callbacks
from ..errors import ArgumentTypeError, MinifwError, UsageError, shown
from ..files.training import generators
from ..layers.base import Layer
from ..network import tree
from .batches import Batch
from .loop import Interrupt, Loop
from .resume import Position
from .step import Step

if TYPE_CHECKING:
    from ..sequential import Sequential


class Ranks:
    """What the ranks say to each other in one `fit`, and how an error on one becomes an error on all.

    Every exchange begins with a message of one length, in which each rank says whether it has failed and where it is. So one
    that fails anywhere can answer whatever the others are about to exchange, and nobody waits for it.

    Attributes:
        place: What these ranks are about to do, as a number.
        part: The part of the batch that is here.
        over: Whether nobody waits for this rank any more.
        reason: What this rank says instead of its own error, once another explains the end.
    """

    place, part, over, reason = 0, 1.0, False, ""

    def __init__(self, team: Any) -> None:
        self.add, self.rank, self.size = team.add, int(team.rank), int(team.size)

    def told(self, *numbers: float) -> Array:
        """Return the numbers that the ranks say, one row each."""
        table = np.zeros((self.size, len(numbers)))
        table[self.rank] = numbers
        self.add(table)
        return table

    def meet(self, failed: bool = False) -> None:
        """Raise on all ranks if one of them has failed, or is at another place.

        Between it and what is added then nothing may fail.
        """
        failures, places = self.told(failed, self.place).T
        if failures.any():
            error = self.ended(int(failures.argmax()))
            if not failed:
                raise error
        elif (places != places[0]).any():
            raise self.refusal("are at different batches: call fit with the same data, options and callbacks in each")

    def compare(self, text: str, **things: Any) -> None:
        """Raise on all ranks unless all bring the same things; the text says what they do with them."""
        self.place, numbers = digest(text), [digest(thing) for thing in things.values()]
        self.meet()
        table = self.told(*numbers)
        other = [name for name, column in zip(things, table.T, strict=True) if (column != column[0]).any()]
        if other:
            raise self.refusal(text.format(" and ".join(other)))

    def refusal(self, text: str) -> UsageError:
        """Return the error that all ranks raise, and the first explains."""
        return self.ended(0, f"fit: the {self.size} ranks {text}")

    def ended(self, by: int, text: str = "") -> UsageError:
        """Return the error of a training that one rank ends; only that one says why, by a text or by its own error."""
        elsewhere = f"fit: rank {by} of {self.size} has ended training, and its own message says why"
        self.over, self.reason = True, text if self.rank == by else elsewhere
        return UsageError(self.reason)

    @contextmanager
    def sharing(self, layers: Sequence[Layer], rows: slice, whole: int) -> Iterator[None]:
        """Let layers draw and take means for a batch of which these rows are here."""
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
        if self.generator is None:  # made at its first use
            del vars(self._layer)["rng"]
            self.generator, vars(self._layer)["rng"] = self._layer.rng, self
        draw, here = getattr(self.generator, name), self._rows.stop - self._rows.start
        once = (getattr(self._layer, "noise_shape", None) or (None,))[0] == 1
        return draw if once or here == self._whole or not callable(draw) else partial(self._drawn, draw, here)

    def _drawn(self, draw: Callable[..., Any], here: int, *arguments: Any, **options: Any) -> Any:
        def whole(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                raise UsageError(
                    f"{tree.label(self._layer)}: rng.{draw.__name__} got an array, but in fit(team=...) a layer draws by a "
                    "size, for the rows of all: x + scale * rng.standard_normal(x.shape)"
                )
            return (self._whole, *value[1:]) if isinstance(value, (tuple, list)) and [*value[:1]] == [here] else value

        sizes, named = tuple(map(whole, arguments)), {key: whole(value) for key, value in options.items()}
        drawn = draw(*sizes, **named)
        return drawn if (sizes, named) == (arguments, options) else drawn[self._rows]


class TeamStep(Step):
    """A step of all ranks together; see `Step`."""

    def __init__(self, net: Sequential, callbacks: Callbacks, ranks: Ranks) -> None:
        super().__init__(net, callbacks)
        self._ranks = ranks

    def train(self, batch: Batch, number: int = 0) -> tuple[float, Array]:
        net, ranks, n = self.net, self._ranks, len(batch.x)
        layers, packed, busy = net._everyone(), tree.vectors(net), min(n, ranks.size)
        begin, end = (rank * n // ranks.size for rank in (ranks.rank, ranks.rank + 1))
        rows = slice(begin, max(end, begin + 1))  # who has none goes along with one that counts nothing
        ranks.part = (end - begin) / n
        flags = [(layer.trainable, layer.learning_rate_multiplier) for layer in layers]
        edges = [array[[0, -1]].tobytes() for array in batch[:3] if array is not None]
        ranks.place = digest(self.where, number, n, net.optimizer.learning_rate, flags, *edges)

        def forward(x: Array, training: bool) -> Array:
            del vars(net)["forward"]
            state = packed.state.astype(np.float64)
            with ranks.sharing(layers, rows, n):
                y_pred = net.forward(x[rows], training)
            whole = np.zeros((n, *y_pred.shape[1:]))
            whole[begin:end] = y_pred[: end - begin]
            found = np.concatenate([(packed.state - state) * ranks.part, whole.ravel()])
            ranks.meet()
            ranks.add(found)
            packed.state[...] = state + found[: state.size]
            return found[state.size :].reshape(whole.shape).astype(y_pred.dtype)

        def backward(error_grad: Array) -> None:
            del vars(net)["backward"]
            with ranks.sharing(layers, rows, n):
                net.backward(error_grad[rows] * busy)
            ranks.meet()
            for grad in [run.grad for run in net.params_and_grads().runs]:
                grad *= bool(ranks.part) / busy
                ranks.add(grad)

        vars(net).update(forward=forward, backward=backward)  # for this step alone, which then goes on as ever
        try:
            return super().train(batch, number)
        finally:
            vars(net).pop("forward", None)
            vars(net).pop("backward", None)


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
        ranks.compare(
            "begin with different {}: each must build the same network, with seed= or from one file, and call fit with the "
            "same data and options; it takes its rows itself",
            **learned(net),
            network=[net.layers, net.loss, net.optimizer, *(net.metrics or ())],
            data=[
                *(self._writer.description()["data"], self._batches._class_weight),
                validation and (validation.steps, getattr(validation, "size", None)),
            ],
            options=[self._params["epochs"], self._validation_freq],
        )
        for layer in net._everyone():
            if layer.mixes_samples and not hasattr(layer, "batch_means"):
                raise ranks.refusal(f"cannot share a batch: {tree.label(layer)} needs all of its samples")
        self._meet("the beginning")
        return TeamStep(net, self._events, ranks)

    def _epoch(self, step: Step, position: Position) -> dict[str, Any]:
        logs = super()._epoch(step, position)
        self._meet(f"{step.where} is over")
        return logs

    def _meet(self, place: str) -> None:
        """Wait for all ranks; training ends on all if it does on one."""
        self._ranks.place = digest(place)
        self._ranks.meet()
        self._net.stop_training = bool(self._ranks.told(self._net.stop_training).any())


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
            if not ranks.over:
                ranks.meet(failed=True)
            if ranks.reason and isinstance(error, Exception):
                if not isinstance(error, MinifwError):
                    raise UsageError(ranks.reason) from None
                error.args = (ranks.reason,)
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
        return {"weights": None, "seeds": None}
    arrays = (*(entry.array for entry in net.entries()), *(net.optimizer._vectors or {}).values())
    return {"weights": b"".join(array.tobytes() for array in arrays), "seeds": generators(net)}
