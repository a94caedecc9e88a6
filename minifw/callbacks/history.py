"""What a training leaves behind: the logs, a file of them, a film."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import ArrayLike
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..files.atomic import make_folder
from ..inspect.pictures import pyplot
from .base import Callback, Logs

if TYPE_CHECKING:
    from ..inspect.trace.page import Page
    from ..inspect.trace.trace import Trace
    from ..sequential import Sequential


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
        >>> history
        History(1 epoch, loss 1)
    """

    kept = ("history", "epoch")
    history: dict[str, list[Any]]
    epoch: list[int]
    _network: weakref.ref[Sequential] | None = None

    def __init__(self) -> None:
        self.history, self.epoch = {}, []

    def __getitem__(self, key: str) -> list[Any]:
        raise ArgumentTypeError(f"History: the numbers are in its dictionary: history.history[{key!r}]")

    @property
    def model(self) -> Sequential | None:  # type: ignore[override]
        """The network, held weakly: it holds this history itself."""
        return self._network() if self._network is not None else None

    def set_model(self, model: Sequential) -> None:
        self._network = weakref.ref(model)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)

    def __repr__(self) -> str:
        losses, count = self.history.get("loss", ()), len(self.epoch)
        way = " -> ".join(f"{loss:.3g}" for loss in (*losses[:1], *losses[1:][-1:]))
        return f"History({count or 'no'} epoch{'s' * (count != 1)}{f', loss {way}' if way else ''})"

    def plot(self, ax: Any = None) -> Any:
        """Draw every curve over the epochs, validation dashed.

        Args:
            ax: Axes of matplotlib to draw into; new ones without.

        Returns:
            The axes.

        Raises:
            ImportError: If matplotlib is missing; it names the command that installs it.
        """
        if ax is None:
            ax = pyplot("history.plot()").figure().add_subplot()
        for i, key in enumerate(key for key in self.history if not key.startswith("val_")):
            for name, style in ((key, "-"), (f"val_{key}", "--")):
                if values := self.history.get(name):
                    every = len(self.epoch) // len(values)  # validation may come every k-th epoch only
                    epochs = [number + 1 for number in self.epoch[every - 1 :: every]][: len(values)]
                    ax.plot(epochs, values, style, color=f"C{i}", label=name)
        ax.set_xlabel("epoch")
        if self.history:
            ax.legend()
        return ax

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_network"}


class CSVLogger(Callback):
    """Writes one line an epoch: its number from 0, then the logs in the order of their keys; what is missing is `NA`.

    The columns are those of the first epoch, and if that has none of validation, one `val_` for each. A run that goes on
    from a checkpoint leaves the file of one that never stopped.

    Args:
        filename: The file. It is opened when training begins, and missing folders are made.
        separator: What stands between two columns.
        append: Whether to go on in a file that is there, without a second header; otherwise what is in it goes when the
            first epoch is over.

    Example:
        >>> log = CSVLogger("training.csv", append=True)
        >>> log.separator
        ','
    """

    writes = True
    kept = ("keys", "size")
    keys: list[str] | None = None
    size: int = 0
    """The bytes that stay when the next line is written."""
    _file: Any = None

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ArgumentValueError(f"CSVLogger: separator must be one character, got {shown(separator)}")
        self.filename, self.separator = arguments.path(self, "filename", filename), separator
        self.append = arguments.flag(self, "append", append)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        self.keys = None
        make_folder(self.filename)
        self._file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115 # open for as long as training lasts
        self.size = self._length() if self.append else 0
        self._headed = self.size > 0

    def set_state(self, state: Logs) -> None:
        super().set_state({"size": self._length(), **state})  # the first checkpoints had no size
        self._headed = min(self.size, self._length()) > 0  # somebody may have removed the file

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        import csv

        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        if self._length() > self.size:
            self._file.truncate(self.size)
        rows: list[list[Any]] = [] if self._headed else [["epoch", *self.keys]]
        rows.append([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
        csv.writer(self._file, delimiter=self.separator).writerows(rows)
        self._file.flush()
        self.size, self._headed = self._length(), True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _length(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __getstate__(self) -> dict[str, Any]:
        """An open file has no copies."""
        return {**vars(self), "_file": None}


def _cell(value: Any) -> Any:
    return f"[{', '.join(map(str, value))}]" if np.ndim(value) else value


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

    traces: list[Trace]
    steps: list[int]

    def __init__(self, x: ArrayLike, y: ArrayLike, every: int = 1) -> None:
        self.every = arguments.integer(self, "every", every)
        self.x, self.y = np.array(x), np.array(y)
        self.traces, self.steps, self._step = [], [], 0

    def set_model(self, model: Sequential) -> None:
        super().set_model(model)
        self.traces, self.steps, self._step = [], [], 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._look()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step += 1
        if self._step % self.every == 0:
            self._look()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.steps and self.steps[-1] != self._step:
            self._look()

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write the film as one HTML page, with a slider over training time.

        Args:
            path: The file.
        """
        self.show().save(path)

    def show(self) -> Page:
        """Return the page; a notebook shows it inline."""
        from ..inspect.trace.page import Page  # as in `Sequential.jump_back`

        return Page(self.traces, self.steps)

    def __repr__(self) -> str:
        seen = f"{len(self.steps)} traces, steps {self.steps[0]} to {self.steps[-1]}" if self.steps else "no traces yet"
        return f"Recorder({seen}, every={self.every})"

    def _look(self) -> None:
        assert self.model is not None
        self.traces.append(self.model.jump_back(self.x, self.y))
        self.steps.append(self._step)
