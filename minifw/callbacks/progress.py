"""How a training goes: a line an epoch, or a bar."""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any

import numpy as np

from ..output import printable
from .base import Callback, Logs, say


class EpochLines(Callback):
    """Prints `8/8 - 0s - 3ms/step - loss: 0.1234` after each epoch, with `Epoch i/N` before it if there are several.

    Outside `fit` it prints that line once an evaluation or prediction.

    Example:
        >>> EpochLines().line(8, 0.024, {"loss": 0.1234})
        '8/8 - 0s - 3ms/step - loss: 0.1234'
    """

    writes = True
    _began = 0.0
    _training = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()
        self._training = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.params["epochs"] > 1:
            say(f"Epoch {epoch + 1}/{self.params['epochs']}")
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._say(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._close()
        if not self._training:
            self._begin()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._training:
            self._say(logs)

    on_predict_begin = on_test_begin
    on_predict_end = on_test_end

    def line(self, steps: int | None, seconds: float, logs: Logs) -> str:
        """Return the line of an epoch."""
        parts = [f"{steps}/{steps}"] if steps else []
        pace = seconds / (steps or 1)
        unit, factor = ("s", 1.0) if pace >= 1 else ("ms", 1e3) if pace * 1e3 >= 1 else ("us", 1e6)
        parts += [f"{seconds:.0f}s", f"{pace * factor:.0f}{unit}/step"]
        return " - ".join(parts + [f"{key}: {shown(value)}" for key, value in logs.items()])

    def _begin(self) -> None:
        self._began = time.perf_counter()

    def _close(self) -> None:
        """End what grows on the screen; these lines do not."""

    def _say(self, logs: Logs | None) -> None:
        self._close()
        say(self.line(self.params["steps"], time.perf_counter() - self._began, logs or {}))


def shown(value: Any) -> str:
    """Return a logged number with four digits: `.4f` above 1e-3, else `.4e`; of several the mean, as in Keras."""
    try:
        number = float(np.mean(value))
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


class ProgressBar(EpochLines):
    """Shows a bar in a terminal or a notebook while an epoch, an evaluation or a prediction runs, and then its line.

    It needs `tqdm`: `pip install "minifw[progress]"`. Without it, and wherever the output is a pipe or a file, there are
    the lines alone.

    Example:
        >>> isinstance(ProgressBar(), EpochLines)
        True
    """

    _bar: Any = None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._grow(logs)
        if self.model is not None and self.model.stop_training:
            self._close()  # what is printed next gets a line of its own

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._training:
            self._grow(logs)

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._grow(None)

    def _begin(self) -> None:
        super()._begin()
        if bar_fits():
            form = "{n_fmt}/{total_fmt} {bar:20}{desc}" if self.params["steps"] else "{n_fmt}{desc}"
            tqdm = importlib.import_module("tqdm").tqdm
            self._bar = tqdm(total=self.params["steps"], file=sys.stdout, leave=False, bar_format=form)

    def _grow(self, logs: Logs | None) -> None:
        if self._bar is not None:
            if self._bar.update(1):
                means = "".join(f" - {key}: {shown(value)}" for key, value in (logs or {}).items())
                self._bar.set_description_str(printable(means, sys.stdout))
            if self._bar.n == self._bar.total:
                self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def bar_fits() -> bool:
    """Whether there is somebody to see a bar, in a terminal or a notebook, and `tqdm` to draw it."""
    out = sys.stdout
    if out is None or not (type(out).__module__.startswith("ipykernel.") or out.isatty()):
        return False
    try:
        importlib.import_module("tqdm")
    except ImportError:
        return False
    return True


def reporters(verbose: Any, callbacks: list[Callback]) -> list[Callback]:
    """Return who prints for a `verbose` of Keras, in a list; nobody if one of the callbacks does so."""
    if not verbose or any(isinstance(callback, EpochLines) for callback in callbacks):
        return []
    return [ProgressBar() if verbose != 2 and bar_fits() else EpochLines()]
