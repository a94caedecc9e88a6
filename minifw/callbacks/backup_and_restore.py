"""Keeps a training that may be stopped at any moment."""

from __future__ import annotations

import os
from typing import Any

from .. import arguments
from ..errors import ArgumentValueError
from .base import Callback


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

    def __init__(
        self, backup_dir: Any, save_freq: str | int = "epoch", delete_checkpoint: bool = True, keep_last: int = 1
    ) -> None:
        self.backup_dir = os.fsdecode(backup_dir)
        self.save_freq = checked_frequency(self, save_freq)
        self.delete_checkpoint = arguments.flag(self, "delete_checkpoint", delete_checkpoint)
        self.keep_last = arguments.integer(self, "keep_last", keep_last)
        self._batches = 0

    def due_after_batch(self) -> bool:
        """Count a batch; whether a checkpoint follows it."""
        self._batches += 1
        return self.save_freq != "epoch" and self._batches % int(self.save_freq) == 0


def checked_frequency(owner: Callback, save_freq: Any) -> str | int:
    """Return `"epoch"` or a number of batches, or raise."""
    if isinstance(save_freq, str):
        if save_freq != "epoch":
            raise ArgumentValueError(
                f"{type(owner).__name__}: save_freq must be 'epoch' or a number of batches, got {save_freq!r}"
            )
        return save_freq
    return arguments.integer(owner, "save_freq", save_freq)
