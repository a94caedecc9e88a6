"""What was logged, epoch by epoch."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from .base import Callback, Logs


class History(Callback):
    """Keeps the logs of every epoch; `fit` returns one.

    Attributes:
        history: `{"loss": [...], "accuracy": [...], "val_loss": [...], ...}`.
        epoch: The numbers of the epochs, from 0.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 1.0})
        >>> history.history
        {'loss': [1.0]}
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    @override
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
