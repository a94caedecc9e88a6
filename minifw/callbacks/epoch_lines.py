"""One printed line an epoch, or an evaluation."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from typing_extensions import override

from .base import Callback, Logs, say


class EpochLines(Callback):
    """Prints `8/8 - 0s - 3ms/step - loss: 0.1234` after each epoch, with `Epoch i/N` before it if there are several.

    Outside `fit` it prints that line once an evaluation or prediction.

    Example:
        >>> EpochLines().line(8, 0.024, {"loss": 0.1234})
        '8/8 - 0s - 3ms/step - loss: 0.1234'
    """

    def __init__(self) -> None:
        self._began = 0.0
        self._training = False

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True

    @override
    def on_train_end(self, logs: Logs | None = None) -> None:
        self._training = False

    @override
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.params["epochs"] > 1:
            say(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self._began = time.perf_counter()

    @override
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._say(logs)

    @override
    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._began = time.perf_counter()

    @override
    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._say(logs)

    on_predict_begin = on_test_begin
    on_predict_end = on_test_end

    def line(self, steps: int | None, seconds: float, logs: Logs) -> str:
        """Return the line of an epoch."""
        parts = [f"{steps}/{steps}"] if steps else []
        parts += [f"{seconds:.0f}s", f"{_per_step(seconds / (steps or 1))}/step"]
        return " - ".join(parts + [f"{key}: {shown(value)}" for key, value in logs.items()])

    def _say(self, logs: Logs | None) -> None:
        say(self.line(self.params["steps"], time.perf_counter() - self._began, logs or {}))


def shown(value: Any) -> str:
    """Return a logged number with four digits: `.4f` above 1e-3, else `.4e`; of several the mean, as in Keras."""
    try:
        number = float(np.mean(value))
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def _per_step(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.0f}{unit}"
    return f"{seconds * 1e6:.0f}us"
