"""The loop over epochs and batches."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..callbacks.base import Callback, Callbacks
from ..callbacks.history import History
from ..callbacks.monitor import TerminateOnNaN
from ..callbacks.progress import reporters
from ..errors import NonFiniteError, UsageError
from ..network import tree
from .batches import Batch
from .evaluate import drop_caches, measure
from .resume import Keeper, Place
from .step import Step
from .stream import Feed, Source, limited

if TYPE_CHECKING:
    from ..sequential import Sequential


class Interrupt:
    """Inside a `with`, the first Ctrl-C is remembered until `check` or the end raises it; a second one ends at once.

    The handler is there in the main thread only, where Python has it, and what was there before comes back. A fit inside
    a callback of another one shares the handler of the outer.
    """

    def __init__(self) -> None:
        self.pending = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is not threading.main_thread():
            return self
        before = signal.getsignal(signal.SIGINT)
        outer = getattr(before, "__self__", None)
        if isinstance(outer, Interrupt):
            return outer
        if callable(before):  # neither ignored nor somebody else's who is not Python
            self._before = before
            signal.signal(signal.SIGINT, self._hold)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._hold:
            signal.signal(signal.SIGINT, self._before)
        self.check()

    def check(self) -> None:
        """Raise what was held back."""
        if self.pending:
            self._release(None)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self.pending:
            self._release(frame)
        else:
            self.pending = True

    def _release(self, frame: FrameType | None) -> None:
        self.pending = False
        self._before(signal.SIGINT, frame)


class Validation:
    """What `fit` measures between epochs.

    Args:
        source: Its batches.
        steps: How many of them; all without it.
        epochs: Every how many epochs, or a list of epochs, counted from 1.
    """

    def __init__(self, source: Source, steps: int | None, epochs: int | Sequence[int]) -> None:
        self._source, self._steps, self._epochs = source, steps, epochs

    def due(self, number: int) -> bool:
        """Whether it follows this epoch, counted from 1."""
        every = self._epochs
        return number % every == 0 if isinstance(every, int) else number in every

    def batches(self, check: Callable[[], None]) -> Iterator[Batch]:
        """Yield the batches, the same every time; between two of them something is checked."""
        for batch in limited(self._source, self._steps):
            yield batch
            check()


class Loop:
    """The epochs of one `fit`.

    Args:
        net: The network.
        source: The batches it learns from.
        steps: Batches an epoch; without it an epoch is one pass.
        shuffle: Whether each pass has an order of its own.
        validation: What is measured between epochs.
    """

    def __init__(
        self, net: Sequential, source: Source, steps: int | None, shuffle: bool, validation: Validation | None
    ) -> None:
        self.net, self.validation = net, validation
        # of the network and not of the loop: a cycle would keep the data alive
        self._feed = Feed(net, source, steps, partial(next_order, net) if shuffle and source.indexed else None)
        self._params: dict[str, Any] = {"steps": steps if steps is not None else source.steps}

    def run(self, initial_epoch: int, epochs: int, callbacks: list[Callback], verbose: Any, resume: Any = None) -> History:
        """Run the epochs; whatever ends them, the callbacks hear of the end."""
        net = self.net
        if net._fitting:
            raise UsageError(f"{tree.label(net)} is being fitted already; a callback cannot call fit on it")
        own = [callback for callback in callbacks if isinstance(callback, History)]
        history = own[0] if own else History()
        self._told = Callbacks([*callbacks, *[history][len(own) :], *reporters(verbose, callbacks)])
        self._params = {"verbose": verbose, "epochs": epochs, **self._params}
        self._told.start(net, self._params)
        self._keeper = Keeper(net, self._feed, self._told.callbacks, resume)
        net.history, net.stop_training = history, False
        logs: dict[str, Any] = {}
        with Interrupt() as self._interrupt:
            try:
                net._fitting = True  # here: no Ctrl-C comes between it and what takes it back
                self._told.call("on_train_begin", {})
                place = self._keeper.resumed()
                step = Step(net, self._told)
                for epoch in range(place.epoch if place else initial_epoch, epochs):
                    if net.stop_training and not (place and place.batch):
                        break
                    logs, place = self._epoch(step, place or Place(epoch)), Place(epoch + 1)
                    self._keeper.after_epoch(place)
                    self._interrupt.check()
                if place or initial_epoch < epochs:
                    net.optimizer.finalize(net.params_and_grads())
                self._keeper.finish()
            finally:
                net._fitting = False
                drop_caches(net)
                self._told.call("on_train_end", logs)
        return history

    def _epoch(self, step: Step, place: Place) -> dict[str, Any]:
        net, told, metrics, epoch = self.net, self._told, self.net.metrics, place.epoch
        assert metrics is not None
        if place.batch:
            self._keeper.begin_again(epoch)
        else:
            metrics.reset()
            told.call("on_epoch_begin", epoch, {})
        step.where, step.place = f"fit: epoch {epoch}", {"epoch": epoch}
        _, done, total, seen = self._batches(step, place)
        self._params["steps"] = self._params["steps"] or done  # now it is known
        logs = {"loss": total / seen, **metrics.results()}
        if self.validation is not None and self.validation.due(epoch + 1):
            metrics.reset()
            found = measure(net, self.validation.batches(self._interrupt.check), told, metrics)
            logs.update({f"val_{key}": value for key, value in found.items()})
        logs = dict(sorted(logs.items()))
        told.call("on_epoch_end", epoch, logs)
        return logs

    def _batches(self, step: Step, place: Place) -> Place:
        """Train with the batches of an epoch, or with those that are left of it."""
        net, told, metrics, interrupt = self.net, self._told, self.net.metrics, self._interrupt
        assert metrics is not None
        begin, end = told.listeners["on_train_batch_begin"], told.listeners["on_train_batch_end"]
        measured, keeper = bool(metrics.plain or metrics.weighted), self._keeper if self._keeper.writers else None
        epoch, done, total, seen = place
        batches = self._feed.epoch(epoch, done)
        for i, batch in enumerate(batches if not (done and net.stop_training) else (), done):
            if begin:
                told.call("on_train_batch_begin", i, {})
            rows, done = len(batch.x), i + 1
            try:
                value, y_pred = step.train(batch, i)
            except NonFiniteError as error:
                if not self._terminated(error, i):
                    raise
                total, seen = total + float(vars(error)["loss"]) * rows, seen + rows
                break
            except Exception as error:
                if batch.rows is None:
                    error.add_note(f"in epoch {epoch}, batch {i}")
                raise
            total, seen = total + value * rows, seen + rows
            if measured:
                metrics.update(batch.y, y_pred, batch.sample_weight)
            if end:
                told.call("on_train_batch_end", i, {"loss": total / seen, **metrics.results()})
            if keeper is not None:
                keeper.after_batch(Place(epoch, done, total, seen))
            if interrupt.pending:
                interrupt.check()
            if net.stop_training:
                break
        return Place(epoch, done, total, seen)

    def _terminated(self, error: NonFiniteError, batch: int) -> bool:
        """Whether a callback has ended training; who raises its argument would make a cycle with its own frame."""
        for callback in self._told.callbacks:
            if isinstance(callback, TerminateOnNaN):
                callback.terminate(batch, error)
                return True
        return False


def next_order(net: Sequential) -> np.random.Generator:
    """Return what draws the order of the next pass: it follows from the network's seed and the passes before."""
    seeds = net._seeds
    assert seeds is not None
    key = (*seeds.spawn_key, 1, net.shuffles)
    net.shuffles += 1
    return np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key))
