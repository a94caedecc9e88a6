"""What callbacks have in common that watch one number of the logs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError, nearest
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
        arguments.number(self, "min_delta", min_delta)
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self._mode = mode

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = None
        self._mode = self.mode if self.mode != "auto" else self._direction()

    def value(self, logs: Logs | None) -> float | None:
        """Return the number, or warn that it is missing."""
        logs = logs or {}
        if self.monitor not in logs:
            warnings.warn(
                f"{type(self).__name__}: the logs have no {self.monitor!r}, so nothing happens; they have "
                f"{', '.join(logs) or 'nothing'}",
                stacklevel=3,
            )
            return None
        found = logs[self.monitor]
        if np.ndim(found):
            raise ShapeError(
                f"{type(self).__name__}: {self.monitor!r} is {np.size(found)} numbers, and only one can be watched; take a "
                "metric with a single result, as one threshold or an average gives",
                expected=(),
                received=np.shape(found),
            )
        return float(found)

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a number is better than another, or the first one."""
        delta = abs(self.min_delta)
        return best is None or (value + delta < best if self._mode == "min" else value - delta > best)

    def _direction(self) -> str:
        key = self.monitor.removeprefix("val_")
        metrics = getattr(self.model, "metrics", None)
        known: dict[str, Any] = {**metrics.plain, **metrics.weighted} if metrics is not None else {}
        found = "down" if key == "loss" else getattr(known.get(key), "direction", "")
        if found not in ("up", "down"):
            raise ArgumentValueError(
                f"{type(self).__name__}: whether {self.monitor!r} should be large or small is not known; pass mode='max' or "
                f"mode='min'{'' if key in known else nearest(key, ['loss', *known])}"
            )
        return "max" if found == "up" else "min"
