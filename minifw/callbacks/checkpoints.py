"""Callbacks that write the network to disk."""

from __future__ import annotations

import os
from typing import Any

from ..arguments import flag, integer, named, number, optional, path
from ..errors import ArgumentValueError
from ..files import atomic
from ..files.safetensors import checked_name
from .base import Callback, Logs
from .monitor import MonitorCallback


class BackupAndRestore(Callback):
    """Writes checkpoints from which `fit` goes on, with the same bits, when the same script is run again.

    A checkpoint holds the network, its optimizer and generators, the position in the shuffled epoch, what the callbacks
    keep, and the history. It is written when all callbacks have heard of the batch or the epoch. When training begins
    and the folder holds one, `fit` goes on from it instead of `initial_epoch`.

    Args:
        backup_dir: The folder; it is made if need be.
        save_freq: `"epoch"`, or every how many batches.
        delete_checkpoint: Whether the checkpoints are removed when training has come to its end.
        keep_last: How many of them are kept; if the newest is damaged, the one before is used.

    Example:
        >>> import minifw, numpy as np, tempfile
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     keep = BackupAndRestore(folder, delete_checkpoint=False)
        ...     history = net.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[keep])
        ...     os.listdir(folder)
        ['backup-000002-00000000.safetensors']
    """

    writes = True

    def __init__(
        self, backup_dir: Any, save_freq: str | int = "epoch", delete_checkpoint: bool = True, keep_last: int = 1
    ) -> None:
        self.backup_dir = path(self, "backup_dir", backup_dir)
        self.save_freq = checked_frequency(self, save_freq)
        self.delete_checkpoint = flag(self, "delete_checkpoint", delete_checkpoint)
        self.keep_last = integer(self, "keep_last", keep_last)
        self._batches = 0

    def due_after_batch(self) -> bool:
        """Count a batch; whether a checkpoint follows it."""
        self._batches += 1
        return is_due(self.save_freq, self._batches)


def checked_frequency(owner: Callback, save_freq: Any) -> str | int:
    """Return `"epoch"` or a number of batches, or raise."""
    if isinstance(save_freq, str) and save_freq != "epoch":
        raise ArgumentValueError(f"{named(owner)}: save_freq must be 'epoch' or a number of batches, got {save_freq!r}")
    return save_freq if isinstance(save_freq, str) else integer(owner, "save_freq", save_freq)


def is_due(save_freq: str | int, batches: int) -> bool:
    """Whether a file follows after so many batches."""
    return not isinstance(save_freq, str) and batches % save_freq == 0


class ModelCheckpoint(MonitorCallback):
    """Saves the network after each epoch, or after so many batches, or only when a number of the logs has become better.

    Each file is written whole or not at all. To go on with a training that was stopped use `BackupAndRestore`.

    Args:
        filepath: The file, with fields if there is to be one for each epoch: `"net-{epoch:02d}-{val_loss:.2f}.safetensors"`.
            `{epoch}` and `{batch}` count from 1. Missing folders are made.
        monitor: The key in the logs that `save_best_only` looks at.
        verbose: Whether to say so.
        save_best_only: Whether to save only when that number is better than ever before.
        save_weights_only: Whether to save with `save_weights` instead of `save`.
        mode: As in `MonitorCallback`.
        save_freq: `"epoch"`, or every how many batches, counted across epochs.
        initial_value_threshold: A number that must be beaten first.

    Raises:
        OSError: When training begins, if the folder cannot be written to.

    Example:
        >>> ModelCheckpoint("net-{epoch:02d}.safetensors", save_best_only=True).monitor
        'val_loss'
    """

    writes = True
    kept = ("best", "batches", "epoch")
    batches = epoch = 0

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath = checked_name(self, filepath)
        self.verbose = verbose
        self.save_best_only = flag(self, "save_best_only", save_best_only)
        self.save_weights_only = flag(self, "save_weights_only", save_weights_only)
        self.save_freq = checked_frequency(self, save_freq)
        self.initial_value_threshold = optional(number, self, "initial_value_threshold", initial_value_threshold)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.save_best_only:
            super().on_train_begin(logs)
        self.best, self.batches = self.initial_value_threshold, 0
        folder, name = os.path.split(self.filepath)
        if "{" not in folder:
            atomic.make_folder(self.filepath)
            atomic.check_writable(os.path.join(folder, "checkpoint" if "{" in name else name))

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.batches += 1
        if is_due(self.save_freq, self.batches):
            self._save(self.epoch, batch, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs or {})

    def _save(self, epoch: int, batch: int | None, logs: Logs) -> None:
        value = self.value(logs) if self.save_best_only else None
        message = f"Epoch {epoch + 1}: "
        if value is not None:
            if not self.improves(value, self.best):
                self._tell(f"{message}{self.monitor} did not improve from {self.best:.5f}")
                return
            before = "the first" if self.best is None else f"{self.best:.5f}"
            message += f"{self.monitor} improved from {before} to {value:.5f}, "
        path = self._path(epoch, batch, logs)
        atomic.make_folder(path)
        self._tell(f"{message}saving model to {path}")
        assert self.model is not None
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if value is not None:
            self.best = value

    def _path(self, epoch: int, batch: int | None, logs: Logs) -> str:
        fields = {**logs, "epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1})}
        try:
            return self.filepath.format(**fields)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise ArgumentValueError(
                f"ModelCheckpoint: the fields of filepath={self.filepath!r} cannot be filled ({error}); there are "
                f"{', '.join(fields)}"
            ) from error
