"""What is called at the turns of a training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from ..config import Guarded, Settled
from ..errors import ArgumentTypeError, nearest, shown
from ..network.entries import Pairs
from ..output import printable, put

if TYPE_CHECKING:
    from ..sequential import Sequential


Logs = dict[str, Any]


class Callback(Guarded):
    """The base of all callbacks; a subclass writes the methods it wants to be called.

    What one writes into `logs` is seen by those after it and by the history. Set `self.model.stop_training = True` to
    end training after the current batch; in `on_epoch_begin` that is, as in Keras, the first batch of that epoch, and in
    `on_train_begin` nothing is trained. The history holds the epochs that have begun, the last one short.

    Attributes:
        model: The network that is trained.
        params: `{"verbose", "epochs", "steps"}`.
        writes: Whether it writes files or prints: in `fit(team=...)` only the first process calls it.
        kept: The attributes, numbers, strings, arrays and lists of them, that training goes on with after a stop.

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch} is over!")
    """

    model: Sequential | None = None
    params: dict[str, Any] = {}  # noqa: RUF012 (replaced, never written to)
    writes: ClassVar[bool] = False
    kept: ClassVar[tuple[str, ...]] = ()
    _speaks: bool = True

    def _changed(self, guard: Settled, value: Any) -> Any:
        return guard.checked(self, value)  # all of them may change at any time

    def get_state(self) -> dict[str, Any]:
        """Return what is `kept`, by name."""
        return {name: getattr(self, name) for name in self.kept}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take what `get_state` returned; `on_train_begin` would start anew, so call it after that."""
        for name in self.kept:
            setattr(self, name, state[name])

    def _tell(self, text: str) -> None:
        if self._speaks and getattr(self, "verbose", True):
            say(text)

    def set_model(self, model: Sequential) -> None:
        """Take the network."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Take `{"verbose", "epochs", "steps"}`."""
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch, and when an error ends training."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; the first is 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; `logs` holds the loss and the metrics."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch; the first of an epoch is 0."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch; `logs` holds the means of the epoch so far."""

    def on_backward_end(self, batch: int, pairs: Pairs) -> None:
        """After the gradients are there and before the update; `pairs` are the network's `(param, grad)`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of a prediction; `logs["outputs"]` is what the network said."""


EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))


def checked(callbacks: Any, verb: str) -> list[Callback]:
    """Return the callbacks, or raise an `ArgumentTypeError` unless they are a list of instances, or one of them."""
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    if not isinstance(callbacks, (list, tuple)) or not all(isinstance(callback, Callback) for callback in callbacks):
        raise ArgumentTypeError(f"{verb}: callbacks must be a list of Callback instances, got {shown(callbacks)}")
    return list(callbacks)


class Callbacks:
    """Several callbacks as one: an event that nobody listens to costs one look at an empty list.

    Args:
        callbacks: All of them.
        writes: Whether those that write files or print are told of anything.
    """

    def __init__(self, callbacks: list[Callback], writes: bool = True) -> None:
        self.callbacks, self.writes = callbacks, writes
        told = [callback for callback in callbacks if writes or not callback.writes]
        self.listeners = {event: [getattr(c, event) for c in told if _listens(c, event)] for event in EVENTS}

    def start(self, model: Sequential, params: dict[str, Any]) -> None:
        """Introduce the network to all of them."""
        for callback in self.callbacks:
            callback._speaks = self.writes
            callback.set_params(params)
            callback.set_model(model)

    def call(self, event: str, *arguments: Any) -> None:
        """Tell all listeners in order."""
        for listener in self.listeners[event]:
            listener(*arguments)


def say(text: str) -> None:
    """Print a line of its own, above a progress bar if one stands there."""
    bars = sys.modules.get("tqdm")
    if bars is None or sys.stdout is None:
        put(text)
    else:
        bars.tqdm.write(printable(text, sys.stdout))
        sys.stdout.flush()


def _listens(callback: Callback, event: str) -> bool:
    method = getattr(callback, event)
    if method is None or getattr(method, "__func__", None) is vars(Callback)[event]:
        return False
    if not callable(method):
        raise ArgumentTypeError(f"{type(callback).__name__}: {event} must be a function, got {shown(method)}")
    return True


class LambdaCallback(Callback):
    """Calls functions with what the methods of the same name are told.

    Args:
        functions: Any method of `Callback` that begins with `on_`, by name: `on_train_begin=f(logs)`,
            `on_epoch_end=f(epoch, logs)`, `on_train_batch_end=f(batch, logs)`, `on_backward_end=f(batch, pairs)`.

    Whoever collects runs is told in three lines. TensorBoard, after `pip install tensorboardX`:

        writer = tensorboardX.SummaryWriter("runs/first")
        tell = LambdaCallback(on_epoch_end=lambda epoch, logs: [writer.add_scalar(key, logs[key], epoch) for key in logs])
        net.fit(x, y, epochs=30, callbacks=[tell])

    MLflow, after `pip install mlflow`:

        tell = LambdaCallback(on_epoch_end=lambda epoch, logs: mlflow.log_metrics(logs, step=epoch))
        with mlflow.start_run():
            net.fit(x, y, epochs=30, callbacks=[tell])

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> shout = LambdaCallback(on_epoch_end=lambda epoch, logs: print("epoch", epoch, *logs))
        >>> history = net.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0, callbacks=[shout])
        epoch 0 loss
    """

    def __init__(self, **functions: Callable[..., Any] | None) -> None:
        for event, function in functions.items():
            if event not in EVENTS:
                raise ArgumentTypeError(f"LambdaCallback: callbacks are not told {event!r}{nearest(event, EVENTS)}")
            setattr(self, event, function)
