"""`fit`: what is learned from, what is measured, who is told; then the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Never

from .. import arguments
from .._typing import ArrayLike
from ..callbacks.base import Callback
from ..callbacks.history import History
from ..errors import ArgumentValueError
from ..inspect.preflight import Finding, check, enforce, unsaved
from .batches import ArrayBatches, checked_class_weight
from .compiled import check_compiled
from .evaluate import prepared
from .iterated import IteratedBatches, holds_batches, opened
from .loop import Loop

if TYPE_CHECKING:
    from ..sequential import Sequential


def fit(
    self: Sequential,
    x: Any = None,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: list[Callback] | None = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: ArrayLike | None = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    resume: Any = None,
    team: Any = None,
    **unknown: Never,
) -> History:
    """Train the network and return the history of the loss and the metrics.

    Arrays that are mapped from a file are read batch by batch, in one pass over the file an epoch: shuffling then
    draws blocks of 256 kB from everywhere and mixes 64 of them at a time. A file sorted by class is better mixed
    once before.

    NumPy multiplies matrices on all cores. Where other programs keep these busy its threads wait for each other, and a step
    may take many times as long: start Python with `OPENBLAS_NUM_THREADS=1` in the environment then.

    The first Ctrl-C is raised when the batch is over: weights, optimizer, generators and `net.history` are then at one
    step. A second one ends at once.

    Args:
        x: The samples; or, without `y`, batches `(x, y)` or `(x, y, sample_weight)`: a generator, a sequence, or anything
            that can be iterated over.
        y: The targets.
        batch_size: Samples a step; 32 without one, or with `steps_per_epoch` so many that an epoch sees all. The last
            batch of an epoch may be short.
        epochs: The number of the last epoch; with `initial_epoch=2, epochs=4` epochs 2 and 3 are run.
        verbose: 0 prints nothing, 1 and `"auto"` show a bar where there is a terminal or a notebook and `tqdm` is
            installed (`pip install "minifw[progress]"`), 2 and all else print one line an epoch.
        callbacks: Who is told, in this order, before the history.
        validation_split: The share of samples, taken from the end before shuffling, that only validates.
        validation_data: `(x, y)` or `(x, y, sample_weight)` that only validate, or batches of them; comes before
            `validation_split`. A generator goes on from one validation to the next; what can be iterated over again, such
            as a list of batches, begins anew.
        shuffle: Whether each epoch has an order of its own, of samples, or of the batches of a sequence.
        class_weight: `{class: weight}` for class numbers or one-hot targets, instead of `sample_weight`; other classes
            weigh 1.
        sample_weight: One weight a sample.
        initial_epoch: The number of the first epoch.
        steps_per_epoch: Batches an epoch; the next epoch goes on where this one stopped.
        validation_steps: Batches of each validation, the first ones.
        validation_batch_size: Samples at a time in validation; `batch_size` without one.
        validation_freq: Every how many epochs to validate, or a list of epochs, counted from 1.
        resume: A folder with checkpoints of `BackupAndRestore`: training goes on from the newest one, with the same bits
            as if it had never been stopped. Without one in it, it begins as usual.
        team: The processes that train together, such as `minifw.parallel.MPITeam()`; all call `fit` alike.

    Returns:
        The `History`; `net.history` is the same.

    Raises:
        UsageError: If the network is not compiled, or is being fitted already; or if a generator raises; or if another
            process of the team has ended with an error.
        ArgumentValueError: If an argument is outside its range or the lengths differ.
        NonFiniteError: If a loss or a gradient is not finite; it names the layer, and the weights stay as they were
            before that batch. With `TerminateOnNaN` among the callbacks training ends instead.

    Warns:
        UserWarning: For each other thing that `net.check(x, y)` finds.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile(minifw.SGD(0.1), "mse")
        >>> history = net.fit(np.ones((8, 1)), np.ones((8, 1)), epochs=2, verbose=0)
        >>> len(history.history["loss"])
        2
    """
    with _joined(self, team) as loop:
        _check(self, unknown, epochs, initial_epoch, validation_split, shuffle, validation_freq)
        counts = {"steps_per_epoch": steps_per_epoch, "validation_steps": validation_steps}
        events = prepared("fit", callbacks, verbose, History, writes=team is None or team.rank == 0, **counts)
        train = opened(self, x, y, sample_weight, "fit", checked_class_weight("fit", class_weight, sample_weight))
        validation = _validation(self, validation_data)
        share = validation_split if validation is None else 0.0
        enforce(_findings(self, train, batch_size, share))
        if share:
            train, validation = train.divided(share)
        train.cut(batch_size, steps_per_epoch)
        if validation is not None:
            validation.cut(validation_batch_size, validation_steps, "validation_batch_size", batch_size)
        train.build()
        train.shuffles = shuffle and train.indexed
        if validation is not None and self.packed is not None:
            validation.build()
        return loop(self, train, validation, validation_freq, events).run(initial_epoch, epochs, verbose, resume)


def _findings(
    net: Sequential, train: ArrayBatches | IteratedBatches, batch_size: int | None, share: float
) -> Iterable[Finding]:
    """Return what is wrong before the first step; what an iterator will give cannot be looked at."""
    if isinstance(train, ArrayBatches):
        return check(net, train.x, train.y, batch_size=batch_size, validation_split=share)
    return unsaved(net)


def _joined(net: Sequential, team: Any) -> AbstractContextManager[Callable[..., Loop]]:
    """Give the loop to run; a team of one needs none."""
    if team is None or (getattr(team, "rank", None), getattr(team, "size", None)) == (0, 1):
        return nullcontext(Loop)
    from .team import joined  # most never need it

    return joined(net, team)


def _check(
    net: Sequential, unknown: Any, epochs: Any, initial_epoch: Any, validation_split: Any, shuffle: Any, validation_freq: Any
) -> None:
    check_compiled(net, "fit")
    arguments.refuse_unknown("fit", unknown, fit.__code__.co_varnames[1 : fit.__code__.co_argcount])
    arguments.integer("fit", "epochs", epochs, "[0, inf)")
    arguments.integer("fit", "initial_epoch", initial_epoch, "[0, inf)")
    arguments.number("fit", "validation_split", validation_split, "[0, 1)")
    arguments.flag("fit", "shuffle", shuffle)
    for every in validation_freq if isinstance(validation_freq, (list, tuple)) else (validation_freq,):
        arguments.integer("fit", "validation_freq", every)


def _validation(net: Sequential, data: Any) -> ArrayBatches | IteratedBatches | None:
    if data is None:
        return None
    parts = (data, None) if not isinstance(data, tuple) and holds_batches(data) else data
    if not isinstance(parts, (tuple, list)) or len(parts) not in (2, 3):
        raise ArgumentValueError("fit: validation_data must be (x, y), (x, y, sample_weight), or batches of them")
    x, y, sample_weight = (*parts, None)[:3]
    return opened(net, x, y, sample_weight, "fit: validation_data")
