"""Callbacks that set the learning rate."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import arguments
from ..errors import ArgumentTypeError, ArgumentValueError, UsageError, shown
from .base import Callback, Logs
from .monitor import MonitorCallback


class LearningRateScheduler(Callback):
    """Sets the learning rate when an epoch begins to what a function of the epoch and the current rate returns.

    `logs["learning_rate"]`, and so the history, holds the rate that was used in the epoch. A rate that changes with
    the step is a schedule of the optimizer: `Adam(ExponentialDecay(...))`.

    Args:
        schedule: `schedule(epoch, learning_rate)`, or `schedule(epoch)`; epochs count from 0. It returns a float.
        verbose: Whether to say so.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile(minifw.SGD(1.0), "mse")
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2)
        >>> net.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[halve]).history["learning_rate"]
        [0.5, 0.25]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            name = type(self).__name__
            raise ArgumentTypeError(f"{name}: schedule must be a function of the epoch, got {shown(schedule)}")
        self.schedule, self.verbose = schedule, verbose

    def on_train_begin(self, logs: Logs | None = None) -> None:
        settable_rate(self)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        rate = settable_rate(self)
        value = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
        who = f"{type(self).__name__}: the schedule"
        if not isinstance(value, (float, np.floating)):
            got = f"{shown(value)} ({type(value).__name__}) for epoch {epoch}"
            raise ArgumentTypeError(f"{who} must return a float, got {got}")
        if not 0.0 <= value < math.inf:
            raise ArgumentValueError(f"{who} gave {value} for epoch {epoch}; it must be in [0, inf)")
        set_rate(self, epoch, float(value), "setting")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = settable_rate(self)


def set_rate(callback: LearningRateScheduler | ReduceLROnPlateau, epoch: int, rate: float, verb: str) -> None:
    """Set the learning rate of the network that a callback is told of, and say so if it is verbose."""
    assert callback.model is not None
    callback.model.optimizer.learning_rate = rate
    callback._tell(f"Epoch {epoch + 1}: {type(callback).__name__} {verb} learning rate to {rate}.")


def _takes_two(schedule: Callable[..., float]) -> bool:
    """Whether a function can be called with the epoch and the rate; to try it would hide an error of its own."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a function in C may not say
        return True
    return True


def settable_rate(callback: Callback) -> float:
    """Return the learning rate of the network that a callback is told of, or raise if it cannot be set."""
    optimizer: Any = getattr(callback.model, "optimizer", None)
    name = type(callback).__name__
    if optimizer is None:
        raise UsageError(f"{name} has no network with an optimizer; pass it to fit(callbacks=[...])")
    if callable(optimizer._learning_rate):
        why = f"that of the optimizer follows {shown(optimizer._learning_rate)}; make the optimizer with a number"
        raise ArgumentTypeError(f"{name} sets the learning rate, but {why}")
    return float(optimizer.learning_rate)


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
    wait = cooldown_counter = 0

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0, mode: str = "auto",
        min_delta: float = 0.0001, cooldown: int = 0, min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = arguments.number(self, "factor", factor, "[0, 1)")
        self.patience = arguments.integer(self, "patience", patience, "[0, inf)")
        self.cooldown = arguments.integer(self, "cooldown", cooldown, "[0, inf)")
        self.min_lr = arguments.number(self, "min_lr", min_lr, "[0, inf)")
        self.verbose = verbose

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.wait = self.cooldown_counter = 0
        settable_rate(self)

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
                set_rate(self, epoch, float(max(rate * self.factor, self.min_lr)), "reducing")
                self.wait, self.cooldown_counter = 0, self.cooldown
