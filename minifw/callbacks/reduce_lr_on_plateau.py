"""Lowers the learning rate when training no longer helps."""

from __future__ import annotations

from typing_extensions import override

from .. import arguments
from .base import Logs, say
from .learning_rate_scheduler import settable_rate
from .monitor import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` when a number of the logs has not become better for `patience` epochs.

    `logs["learning_rate"]`, and so the history, holds the rate that was used in the epoch.

    Args:
        monitor: Its key in the logs.
        factor: `new rate = max(rate * factor, min_lr)`.
        patience: Epochs without improvement that are borne.
        verbose: Whether to say so.
        mode: As in `MonitorCallback`.
        min_delta: How much better it must become.
        cooldown: Epochs after a reduction in which nothing is counted.
        min_lr: The rate is not reduced below it.

    Raises:
        ArgumentTypeError: When training begins, if the optimizer follows a schedule.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile(minifw.SGD(0.0625), minifw.MSELoss())
        >>> lower = ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=100.0)
        >>> net.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[lower]).history["learning_rate"]
        [0.0625, 0.0625, 0.03125]
    """

    kept = ("best", "wait", "cooldown_counter")
    wait: int = 0
    cooldown_counter: int = 0

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 0.0001,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        arguments.number(self, "factor", factor, "[0, 1)")
        arguments.integer(self, "patience", patience, "[0, inf)")
        arguments.integer(self, "cooldown", cooldown, "[0, inf)")
        arguments.number(self, "min_lr", min_lr, "[0, inf)")
        self.factor, self.patience, self.verbose, self.cooldown, self.min_lr = factor, patience, verbose, cooldown, min_lr

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.wait = self.cooldown_counter = 0
        settable_rate(self)

    @override
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = settable_rate(self)
        if logs is not None:
            logs["learning_rate"] = rate
        value = self.value(logs)
        if value is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best, self.wait = value, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                self._reduce(epoch, rate)

    def _reduce(self, epoch: int, rate: float) -> None:
        assert self.model is not None
        rate = self.model.optimizer.learning_rate = max(rate * float(self.factor), float(self.min_lr))
        self.wait, self.cooldown_counter = 0, self.cooldown
        if self.verbose:
            say(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
