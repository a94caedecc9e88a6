"""Callbacks that watch a number of the logs."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError, nearest
from .base import Callback, Logs


class MonitorCallback(Callback):
    """The base of callbacks that compare a number of the logs with the best one so far.

    A number is better if it is below the best by more than `min_delta`, or with mode `"max"` above it; the first one
    always is.

    Args:
        monitor: Its key in the logs.
        mode: `"min"`, `"max"`, or `"auto"` for the direction that the loss or the metric has.
        min_delta: How much better it must be; its sign does not matter.

    Attributes:
        best: The best number so far.

    Raises:
        ArgumentValueError: When training begins, if mode `"auto"` cannot know the direction.
    """

    best: float | None = None

    def __init__(self, monitor: str = "val_loss", mode: str = "auto", min_delta: float = 0) -> None:
        if not isinstance(monitor, str):
            raise ArgumentTypeError(f"{type(self).__name__}: monitor must be a key of the logs, got {monitor!r}")
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__}: mode {mode!r} is none of 'auto', 'min', 'max'; 'auto' is used", stacklevel=3
            )
            mode = "auto"
        self.min_delta = arguments.number(self, "min_delta", min_delta)
        self.monitor, self.mode, self._mode = monitor, mode, mode

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = None
        self._mode = self.mode if self.mode != "auto" else self._direction()

    def value(self, logs: Logs | None) -> float | None:
        """Return the number, or warn that it is missing."""
        logs = logs or {}
        if self.monitor not in logs:
            warnings.warn(
                f"{type(self).__name__}: the logs have no {self.monitor!r}, so nothing happens; they have "
                f"{', '.join(logs) or 'nothing'}"
                + ("; pass validation_data or validation_split to fit" if self.monitor.startswith("val_") else ""),
                stacklevel=3,
            )
            return None
        value = logs[self.monitor]
        if np.ndim(value):
            raise ShapeError(
                f"{type(self).__name__}: {self.monitor!r} is {np.size(value)} numbers, and only one can be watched; take a "
                "metric with a single result, as one threshold or an average gives",
                expected=(),
                received=np.shape(value),
            )
        return float(value)

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a number is better than another, or the first one."""
        delta = abs(self.min_delta)
        return best is None or (value + delta < best if self._mode == "min" else value - delta > best)

    def _direction(self) -> str:
        key = self.monitor.removeprefix("val_")
        metrics = getattr(self.model, "metrics", None)
        known: dict[str, Any] = {**metrics.plain, **metrics.weighted} if metrics is not None else {}
        direction = "down" if key == "loss" else getattr(known.get(key), "direction", "")
        if direction not in ("up", "down"):
            known = {"loss": None, **known}
            absent = f": there is no metric {key!r} among {', '.join(known)}; write compile(..., metrics=[{key!r}]), or"
            why, hint = (";", "") if key in known else (absent, nearest(key, known))
            raise ArgumentValueError(
                f"{type(self).__name__}: whether {self.monitor!r} should be large or small is not known{why} pass "
                f"mode='max' or mode='min'{hint}"
            )
        return "max" if direction == "up" else "min"


class EarlyStopping(MonitorCallback):
    """Stops when a number of the logs has not become better for `patience` epochs.

    Args:
        monitor: Its key in the logs.
        min_delta: How much better it must become.
        patience: Epochs without improvement that are borne.
        verbose: Whether to say so.
        mode: As in `MonitorCallback`.
        baseline: A number that must be beaten for the patience to start anew.
        restore_best_weights: Whether the weights of the best epoch are put back when training ends, however it ends.
        start_from_epoch: Epochs before this one are not looked at.

    Attributes:
        best: The best number so far.
        best_epoch: When that was, from 0.
        stopped_epoch: The epoch that was the last one, from 0; 0 if training was not stopped.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile(minifw.SGD(0.0), "mse")
        >>> stop = EarlyStopping(monitor="loss", patience=3)
        >>> len(net.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=9, verbose=0, callbacks=[stop]).epoch)
        4
    """

    kept = ("best", "wait", "best_epoch", "stopped_epoch", "best_weights")
    wait = best_epoch = stopped_epoch = 0
    best_weights: list[Array] | None = None

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = arguments.integer(self, "patience", patience, "[0, inf)")
        self.start_from_epoch = arguments.integer(self, "start_from_epoch", start_from_epoch, "[0, inf)")
        self.baseline = arguments.optional(arguments.number, self, "baseline", baseline)
        self.verbose, self.restore_best_weights = verbose, restore_best_weights

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.wait = self.best_epoch = self.stopped_epoch = 0
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value, model = self.value(logs), self.model
        if value is None or epoch < self.start_from_epoch or model is None:
            return
        self.wait += 1
        if self.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = model.get_weights()
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0:
            self._tell(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None and self.model is not None:
            self._tell(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class TerminateOnNaN(Callback):
    """Ends `fit` instead of a `NonFiniteError` when a loss or a gradient is not finite.

    The batch changes nothing: the weights are those of the last finite step.

    Args:
        raise_error: Whether to raise an error after all, as Keras does: a `RuntimeError`; the `NonFiniteError` that
            names the layer is its cause.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> x = np.array([[1.0], [np.nan]])
        >>> history = net.fit(x, x, 1, epochs=3, shuffle=False, verbose=0, callbacks=[TerminateOnNaN()])
        Batch 1: Invalid loss, terminating training
        >>> len(history.epoch)
        1
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            self.terminate(batch)

    def terminate(self, batch: int, reason: Exception | None = None) -> None:
        """End training after this batch, or raise the error."""
        if self.raise_error:
            raise UsageError(f"NaN or infinite loss at batch {batch}: training is over", batch=batch) from reason
        self._tell(f"Batch {batch}: Invalid loss, terminating training")
        if self.model is not None:
            self.model.stop_training = True
