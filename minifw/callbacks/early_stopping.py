"""Ends training when it no longer helps."""

from __future__ import annotations

from typing_extensions import override

from .. import arguments
from .._typing import Array
from .base import Logs, say
from .monitor import MonitorCallback


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
    wait: int = 0
    best_epoch: int = 0
    stopped_epoch: int = 0
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
        arguments.integer(self, "patience", patience, "[0, inf)")
        arguments.integer(self, "start_from_epoch", start_from_epoch, "[0, inf)")
        if baseline is not None:
            arguments.number(self, "baseline", baseline)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.wait = self.best_epoch = self.stopped_epoch = 0
        self.best_weights = None

    @override
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

    @override
    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None and self.model is not None:
            if self.verbose:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
