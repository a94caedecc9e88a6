"""How far a fit has come, for a checkpoint, and back to there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ..callbacks.base import Callbacks
from ..callbacks.checkpoints import BackupAndRestore
from ..callbacks.progress import EpochLines
from ..definitions import constructor
from ..errors import ArgumentValueError
from ..files import atomic, checkpoint
from .batches import ArrayBatches, Batches

if TYPE_CHECKING:
    from ..sequential import Sequential


class Position(NamedTuple):
    """An epoch that goes on, how many of its batches are over, and the sums of their losses and samples."""

    epoch: int
    batch: int = 0
    total: float = 0.0
    seen: int = 0


class CheckpointWriter:
    """Writes the checkpoints of one fit and finds the way back to the last one.

    Args:
        net: The network.
        batches: What it learns from.
        events: All who are told, the history among them; where they do not write, it does not either.
        folder: Where to go on from; without it, the folder of a `BackupAndRestore`.

    Attributes:
        lines: Those who print, unless nobody is to.

    Raises:
        OSError: If a checkpoint could not be written.
    """

    def __init__(self, net: Sequential, batches: Batches, events: Callbacks, folder: Any) -> None:
        self.net, self.batches, self._writes, callbacks = net, batches, events.writes, events.callbacks
        backups = [callback for callback in callbacks if isinstance(callback, BackupAndRestore)]
        self.backups = backups if events.writes else []
        self.folder = folder if folder is not None or not backups else backups[0].backup_dir
        self.lines = [callback for callback in callbacks if isinstance(callback, EpochLines) and events.writes]
        self._others = [callback for callback in callbacks if not isinstance(callback, (BackupAndRestore, EpochLines))]
        for backup in self.backups:
            os.makedirs(backup.backup_dir, exist_ok=True)
            atomic.check_writable(os.path.join(backup.backup_dir, "backup"))

    def resumed(self) -> Position | None:
        """Put everything where the newest checkpoint has it, and return the position; `None` if there is none.

        Raises:
            ArgumentValueError: If the data, the batches or the callbacks are others than those of the checkpoint.
        """
        if self.folder is None or not checkpoint.files(self.folder):
            return None
        if not self.batches.restarts:
            remedy = "pass arrays, or what starts again for every epoch"
            raise ArgumentValueError(f"resume: an iterator cannot be brought back to where it stood; {remedy}")
        progress = checkpoint.restore(self.net, self.folder, self._compare)
        assert progress is not None
        self.batches.go_to(progress["position"])
        self.net.stop_training = progress["stopped"]
        for callback, state in zip(self._others, progress["states"], strict=True):
            if self._writes or not callback.writes:
                callback.set_state(state)
        for metric, state in zip(self.net.metrics or (), progress["metrics"], strict=True):
            vars(metric).update(state)
        return Position(*progress["place"])

    def write_due(self, position: Position) -> None:
        """Write what is due after a batch, or after an epoch, where the position is the beginning of the next one."""
        for backup in self.backups:
            if backup.due_after_batch() if position.batch else backup.save_freq == "epoch":
                self._write(backup, position)

    def finish(self) -> None:
        """Remove the checkpoints of a training that has come to its end."""
        for backup in self.backups:
            if backup.delete_checkpoint:
                for path in checkpoint.files(backup.backup_dir):
                    os.unlink(path)
                with suppress(OSError):  # something else lies there
                    os.rmdir(backup.backup_dir)

    def _write(self, backup: BackupAndRestore, position: Position) -> None:
        progress = {
            **self.description(),
            "place": list(position), "position": self.batches.position(position.batch), "stopped": self.net.stop_training,
            "states": [callback.get_state() for callback in self._others],
            "metrics": [_state(metric) for metric in self.net.metrics or ()],
        }
        checkpoint.write(self.net, backup.backup_dir, position.epoch, position.batch, progress, backup.keep_last)

    def description(self) -> dict[str, Any]:
        """Return what must be the same for training to go on: the data, how it is cut, and who is told."""
        batches = self.batches
        data: dict[str, Any] = {"batches": "Stream", "steps": batches.steps}
        if isinstance(batches, ArrayBatches):
            data |= {"batches": "Dataset", "samples": batches.size, "batch_size": batches.batch_size}
            data |= {name: f"{array.dtype} {array.shape[1:]}" for name, array in (("x", batches.x), ("y", batches.y))}
        data |= {"steps_per_epoch": batches.limit, "shuffle": batches.shuffles}
        return {"data": data, "callbacks": [type(callback).__name__ for callback in self._others]}

    def _compare(self, progress: dict[str, Any]) -> None:
        """Raise unless a checkpoint was made with the same data, batches and callbacks."""
        was, now = ({**fit["data"], "callbacks": fit["callbacks"]} for fit in (progress, self.description()))
        other = [f"{key} {was.get(key)}, now {now.get(key)}" for key in {**was, **now} if was.get(key) != now.get(key)]
        if other:
            text = f"resume: the checkpoint in {self.folder} was made with {'; '.join(other)}"
            raise ArgumentValueError(f"{text}. Call fit as before, or remove the checkpoint")


def _state(metric: Any) -> dict[str, Any]:
    """Return what a metric has summed up; what it can choose again from the next batch is left out."""
    known = constructor(type(metric))
    return {key: value for key, value in vars(metric).items() if key not in known and not hasattr(value, "kinds")}
