"""What was logged, epoch by epoch."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from .base import Callback, Logs

if TYPE_CHECKING:
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
    """

    kept = ("history", "epoch")
    _network: weakref.ref[Sequential] | None = None

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    @property
    def model(self) -> Sequential | None:  # type: ignore[override]
        """The network, held weakly: it holds this history itself."""
        return self._network() if self._network is not None else None

    @override
    def set_model(self, model: Sequential) -> None:
        self._network = weakref.ref(model)

    @override
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)

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
            try:
                from matplotlib import pyplot
            except ImportError as error:
                raise ImportError("history.plot() draws with matplotlib: pip install 'minifw[plot]'") from error
            ax = pyplot.figure().add_subplot()
        for i, key in enumerate(key for key in self.history if not key.startswith("val_")):
            for name, style in ((key, "-"), (f"val_{key}", "--")):
                values = self.history.get(name, [])
                every = len(self.epoch) // max(len(values), 1)  # validation may come every k-th epoch only
                epochs = [number + 1 for number in self.epoch[every - 1 :: max(every, 1)]][: len(values)]
                ax.plot(epochs, values, style, color=f"C{i}", label=name)
        ax.set_xlabel("epoch")
        ax.legend()
        return ax

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_network"}
