"""Training as a film: the backward pass of one batch, again and again."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import ArrayLike
from ..inspect.trace.page import Page
from .base import Callback, Logs

if TYPE_CHECKING:
    from ..sequential import Sequential
    from ..inspect.trace.trace import Trace


class Recorder(Callback):
    """Keeps a `Trace` of one fixed batch before training, after every so many steps, and at the end.

    Looking changes nothing: training goes on bit for bit as without it.

    Args:
        x: The samples of that batch.
        y: Their targets.
        every: After how many training steps to look.

    Attributes:
        traces: What was seen.
        steps: After how many steps each was seen; 0 is before the first.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> x, y = np.ones((8, 2)), np.zeros((8, 1))
        >>> recorder = Recorder(x[:1], y[:1], every=2)
        >>> history = net.fit(x, y, batch_size=2, epochs=2, verbose=0, callbacks=[recorder])
        >>> recorder.steps
        [0, 2, 4, 6, 8]
    """

    def __init__(self, x: ArrayLike, y: ArrayLike, every: int = 1) -> None:
        self.every = arguments.integer(self, "every", every)
        self.x, self.y = np.array(x), np.array(y)
        self.traces: list[Trace] = []
        self.steps: list[int] = []
        self._step = 0

    @override
    def set_model(self, model: Sequential) -> None:
        super().set_model(model)
        self.traces, self.steps, self._step = [], [], 0

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._look()

    @override
    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step += 1
        if self._step % self.every == 0:
            self._look()

    @override
    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.steps and self.steps[-1] != self._step:
            self._look()

    def save_html(self, path: str | PathLike[str]) -> None:
        """Write the film as one HTML page, with a slider over training time.

        Args:
            path: The file.
        """
        self.show().save(path)

    def show(self) -> Page:
        """Return the page; a notebook shows it inline."""
        return Page(self.traces, self.steps)

    def _look(self) -> None:
        assert self.model is not None
        self.traces.append(self.model.jump_back(self.x, self.y))
        self.steps.append(self._step)
