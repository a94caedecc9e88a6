"""How far a fit has come, for a checkpoint, and back to there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ..callbacks.base import Callback
from ..callbacks.checkpoints import BackupAndRestore
from ..callbacks.progress import EpochLines
from ..config import constructor
from ..errors import ArgumentValueError
from ..files import atomic, checkpoint
from .batches import Dataset
from .stream import Feed

if TYPE_CHECKING:
    from ..sequential import Sequential


class Place(NamedTuple):
    """An epoch that goes on, how many of its batches are over, and the sums of their losses and samples."""

    epoch: int
    batch: int = 0
    total: float = 0.0
    seen: int = 0


class Keeper:
    """Writes the checkpoints of one fit and finds the way back to the last one.

    Args:
        net: The network.
        feed: Gives out the batches.
        callbacks: All who are told, the history among them.
        folder: Where to go on from; without it, the folder of a `BackupAndRestore`.

    Raises:
        OSError: If a checkpoint could not be written.
    """

    def __init__(self, net: Sequential, feed: Feed, callbacks: Sequence[Callback], folder: Any) -> None:
        self.net, self.feed = net, feed
        self.writers = [callback for callback in callbacks if isinstance(callback, BackupAndRestore)]
        self.folder = folder if folder is not None or not self.writers else self.writers[0].backup_dir
        self._lines = [callback for callback in callbacks if isinstance(callback, EpochLines)]
        self._told = [each for each in callbacks if not isinstance(each, (BackupAndRestore, EpochLines))]
        for writer in self.writers:
            os.makedirs(writer.backup_dir, exist_ok=True)
            atomic.check_writable(os.path.join(writer.backup_dir, "backup"))

    def resumed(self) -> Place | None:
        """Put everything where the newest checkpoint has it, and return the place; `None` if there is none.

        Raises:
            ArgumentValueError: If the data, the batches or the callbacks are others than those of the checkpoint.
        """
        if self.folder is None or not checkpoint.files(self.folder):
            return None
        if not self.feed.source.restarts:
            raise ArgumentValueError(
                "resume: an iterator cannot be brought back to where it stood; pass arrays, or what starts again for every "
                "epoch"
            )
        found = checkpoint.restore(self.net, self.folder, self._compare)
        assert found is not None
        self.feed.go_to(found["position"])
        self.net.stop_training = found["stopped"]
        for callback, state in zip(self._told, found["states"], strict=True):
            callback.set_state(state)
        for metric, state in zip(self._metrics(), found["metrics"], strict=True):
            vars(metric).update(state)
        return Place(*found["place"])

    def begin_again(self, epoch: int) -> None:
        """Tell of an epoch that goes on; only who prints has to hear of its beginning twice."""
        for lines in self._lines:
            lines.on_epoch_begin(epoch, {})

    def after_batch(self, place: Place) -> None:
        """Write what is due after a batch."""
        for writer in self.writers:
            if writer.due_after_batch():
                self._write(writer, place)

    def after_epoch(self, place: Place) -> None:
        """Write what is due after an epoch; the place is the beginning of the next one."""
        for writer in self.writers:
            if writer.save_freq == "epoch":
                self._write(writer, place)

    def finish(self) -> None:
        """Remove the checkpoints of a training that has come to its end."""
        for writer in self.writers:
            if writer.delete_checkpoint:
                for path in checkpoint.files(writer.backup_dir):
                    os.unlink(path)
                with suppress(OSError):  # something else lies there
                    os.rmdir(writer.backup_dir)

    def _write(self, writer: BackupAndRestore, place: Place) -> None:
        progress = {
            **self._description(),
            "place": list(place),
            "position": self.feed.position(place.batch),
            "stopped": self.net.stop_training,
            "states": [callback.get_state() for callback in self._told],
            "metrics": [_state(metric) for metric in self._metrics()],
        }
        checkpoint.write(self.net, writer.backup_dir, place.epoch, place.batch, progress, writer.keep_last)

    def _metrics(self) -> list[Any]:
        metrics = self.net.metrics
        return [] if metrics is None else [*metrics.plain.values(), *metrics.weighted.values()]

    def _description(self) -> dict[str, Any]:
        source = self.feed.source
        data: dict[str, Any] = {"batches": type(source).__name__, "steps": source.steps}
        if isinstance(source, Dataset):
            data |= {"samples": source.size, "batch_size": source.batch_size}
            data |= {name: f"{array.dtype} {array.shape[1:]}" for name, array in (("x", source.x), ("y", source.y))}
        data |= {"steps_per_epoch": self.feed.steps, "shuffle": self.feed.shuffles}
        return {"data": data, "callbacks": [type(callback).__name__ for callback in self._told]}

    def _compare(self, found: dict[str, Any]) -> None:
        """Raise unless a checkpoint was made with the same data, batches and callbacks."""
        mine = self._description()
        was, now = ({**one["data"], "callbacks": one["callbacks"]} for one in (found, mine))
        other = [f"{key} {was.get(key)}, now {now.get(key)}" for key in {**was, **now} if was.get(key) != now.get(key)]
        if other:
            raise ArgumentValueError(
                f"resume: the checkpoint in {self.folder} was made with {'; '.join(other)}. Call fit as before, or remove "
                "the checkpoint"
            )


def _state(metric: Any) -> dict[str, Any]:
    """Return what a metric has summed up; what it can choose again from the next batch is left out."""
    known = constructor(type(metric))
    return {key: value for key, value in vars(metric).items() if key not in known and not hasattr(value, "kinds")}
