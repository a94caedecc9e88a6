"""The loop over epochs and batches."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from ..callbacks.base import Callbacks
from ..callbacks.history import History
from ..callbacks.monitor import TerminateOnNaN
from ..errors import NonFiniteError, UsageError
from ..network import tree
from .batches import Batch, Batches
from .evaluate import drop_caches, measure
from .resume import CheckpointWriter, Position
from .step import Step

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

    def __exit__(self, *error: object) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._hold:
            signal.signal(signal.SIGINT, self._before)
        self.check()

    def check(self, frame: FrameType | None = None) -> None:
        """Raise what was held back."""
        if self.pending:
            self.pending = False
            self._before(signal.SIGINT, frame)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self.pending:
            self.check(frame)
        else:
            self.pending = True


class Loop:
    """The epochs of one `fit`.

    Args:
        net: The network.
        batches: What it learns from.
        validation: What is measured between epochs.
        validation_freq: Every how many epochs, or a list of epochs, counted from 1.
        events: Who is told, a `History` among them.
    """

    def __init__(
        self, net: Sequential, batches: Batches, validation: Batches | None, validation_freq: Any, events: Callbacks
    ) -> None:
        self._net, self._batches, self._events = net, batches, events
        self._validation, self._validation_freq = validation, validation_freq

    def run(self, initial_epoch: int, epochs: int, verbose: Any, resume: Any = None) -> History:
        """Run the epochs; whatever ends them, the callbacks hear of the end."""
        net, events, steps = self._net, self._events, self._batches.limit or self._batches.steps
        if net._fitting:
            raise UsageError(f"{tree.label(net)} is being fitted already; a callback cannot call fit on it")
        self._params = {"verbose": verbose, "epochs": epochs, "steps": steps}
        events.start(net, self._params)
        self._writer = CheckpointWriter(net, self._batches, events, resume)
        history = net.history = next(callback for callback in events.callbacks if isinstance(callback, History))
        net.stop_training = False
        logs: dict[str, Any] = {}
        with Interrupt() as self._interrupt:
            try:
                net._fitting = True  # here: no Ctrl-C comes between it and what takes it back
                events.call("on_train_begin", {})
                position = self._writer.resumed()
                step = self._step()
                for epoch in range(position.epoch if position else initial_epoch, epochs):
                    if self._stopped() and not (position and position.batch):
                        break
                    logs, position = self._epoch(step, position or Position(epoch)), Position(epoch + 1)
                    self._writer.write_due(position)
                    self._interrupt.check()
                if position or initial_epoch < epochs:
                    net.optimizer.finalize(net.params_and_grads())
                self._writer.finish()
            finally:
                net._fitting = False
                self._batches.close()
                drop_caches(net)
                events.call("on_train_end", logs)
        return history

    def _stopped(self) -> bool:
        """Whether somebody has ended training; in a team it ends on all ranks if it does on one."""
        return self._net.stop_training

    def _step(self) -> Step:
        return Step(self._net, self._events)

    def _epoch(self, step: Step, position: Position) -> dict[str, Any]:
        net, events, metrics, epoch = self._net, self._events, self._net.metrics, position.epoch
        assert metrics is not None
        if position.batch:
            for lines in self._writer.lines:  # only who prints has to hear of its beginning twice
                lines.on_epoch_begin(epoch, {})
        else:
            metrics.reset()
            events.call("on_epoch_begin", epoch, {})
        step.where, step.place = f"fit: epoch {epoch}", {"epoch": epoch}
        _, done, total, seen = self._train(step, position)
        self._params["steps"] = self._params["steps"] or done  # now it is known
        logs = {"loss": total / seen, **metrics.results()}
        every = self._validation_freq
        due = epoch + 1 in every if isinstance(every, Sequence) else (epoch + 1) % every == 0
        if self._validation is not None and due:
            metrics.reset()
            results = measure(net, self._interruptible(self._validation), events, metrics)
            logs.update({f"val_{key}": value for key, value in results.items()})
        logs = dict(sorted(logs.items()))
        events.call("on_epoch_end", epoch, logs)
        return logs

    def _train(self, step: Step, position: Position) -> Position:
        """Train with the batches of an epoch, or with those that are left of it."""
        net, events, metrics, interrupt = self._net, self._events, self._net.metrics, self._interrupt
        assert metrics is not None
        begin, end = events.listeners["on_train_batch_begin"], events.listeners["on_train_batch_end"]
        measured, writer = bool(metrics.plain or metrics.weighted), self._writer if self._writer.backups else None
        epoch, done, total, seen = position
        batches = self._batches.epoch(epoch, done)
        for i, batch in enumerate(batches if not (done and net.stop_training) else (), done):
            if begin:
                events.call("on_train_batch_begin", i, {})
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
                events.call("on_train_batch_end", i, {"loss": total / seen, **metrics.results()})
            if writer is not None:
                writer.write_due(Position(epoch, done, total, seen))
            if interrupt.pending:
                interrupt.check()
            if net.stop_training:
                break
        return Position(epoch, done, total, seen)

    def _interruptible(self, validation: Batches) -> Iterator[Batch]:
        for batch in validation.first():
            yield batch
            self._interrupt.check()

    def _terminated(self, error: NonFiniteError, batch: int) -> bool:
        """Whether a callback has ended training; who raises its argument would make a cycle with its own frame."""
        enders = [callback for callback in self._events.callbacks if isinstance(callback, TerminateOnNaN)]
        for callback in enders[:1]:
            callback.terminate(batch, error)
        return bool(enders)
