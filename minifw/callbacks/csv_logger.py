"""The logs of every epoch as a line of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .base import Callback, Logs


class CSVLogger(Callback):
    """Writes one line an epoch: its number from 0, then the logs in the order of their keys; what is missing is `NA`.

    The columns are those of the first epoch, and if that has none of validation, one `val_` for each. A run that goes on
    from a checkpoint leaves the file of one that never stopped.

    Args:
        filename: The file. It is opened when training begins.
        separator: What stands between two columns.
        append: Whether to go on in a file that is there, without a second header; otherwise what is in it goes when the
            first epoch is over.

    Example:
        >>> log = CSVLogger("training.csv", append=True)
        >>> log.separator
        ','
    """

    kept = ("keys", "size")
    keys: list[str] | None = None
    size: int = 0
    """The bytes that stay when the next line is written."""
    _file: Any = None

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        arguments.flag(self, "append", append)
        self.filename, self.separator, self.append = os.fspath(filename), separator, append

    @override
    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._close()
        self.keys = None
        self._file = open(self.filename, "a", newline="", encoding="utf-8")  # noqa: SIM115 # open for as long as training lasts
        self.size = self._length() if self.append else 0
        self._headed = self.size > 0

    @override
    def set_state(self, state: Logs) -> None:
        super().set_state({"size": self._length(), **state})  # the first checkpoints had no size
        self._headed = min(self.size, self._length()) > 0  # somebody may have removed the file

    @override
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

    @override
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
    if isinstance(value, Iterable) and not isinstance(value, str) and np.ndim(value):  # type: ignore[arg-type]
        return f"[{', '.join(map(str, value))}]"
    return value
