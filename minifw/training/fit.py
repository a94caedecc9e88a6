"""`fit`: what is learned from, what is measured, who is told; then the loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import arguments
from .._typing import ArrayLike
from ..callbacks.base import Callback, checked
from ..callbacks.history import History
from ..errors import ArgumentValueError
from ..inspect.preflight import enforce
from ..network.inputs import wrong_shape
from .batches import Dataset, checked_class_weight
from .compiled import check_compiled
from .loop import Loop, Validation
from .stream import Source, holds_batches, opened

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
    **unknown: Any,
) -> History:
    """Train the network and return the history of the loss and the metrics.

    Arrays that are mapped from a file are read batch by batch, in one pass over the file an epoch: shuffling then
    draws stretches of 256 kB from everywhere and mixes 64 of them at a time. A file sorted by class is better mixed
    once before.

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
            installed, 2 and all else print one line an epoch.
        callbacks: Who is told, in this order, before the history.
        validation_split: The share of samples, taken from the end before shuffling, that only validates.
        validation_data: `(x, y)` or `(x, y, sample_weight)` that only validate, or batches of them; comes before
            `validation_split`.
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

    Returns:
        The `History`; `net.history` is the same.

    Raises:
        UsageError: If the network is not compiled, or is being fitted already; or if a generator raises.
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
    arguments.refuse_unknown("fit", unknown, fit.__code__.co_varnames[1 : fit.__code__.co_argcount])
    check_compiled(self, "fit")
    _check(epochs, verbose, validation_split, shuffle, initial_epoch, steps_per_epoch, validation_steps)
    told, due = checked(callbacks, "fit"), _validation_epochs(validation_freq)
    train = opened(self, x, y, sample_weight, "fit", checked_class_weight("fit", class_weight, sample_weight))
    validation = None if validation_data is None else _validation_data(self, validation_data)
    share = validation_split if validation is None else 0.0
    if isinstance(train, Dataset):
        enforce(self, train.x, train.y, batch_size, share)
    if share:
        train, validation = train.divided(share)
    train.cut(batch_size, steps_per_epoch)
    if validation is not None:
        inherits = validation_batch_size is None and isinstance(validation, Dataset)
        validation.cut(batch_size if inherits else validation_batch_size, validation_steps, "validation_batch_size")
    if self.packed is None:
        train.build()
    measured = _measured(self, validation, validation_steps, due)
    return Loop(self, train, steps_per_epoch, shuffle, measured).run(initial_epoch, epochs, told, verbose, resume)


def _measured(net: Sequential, data: Source | None, steps: int | None, due: int | Sequence[int]) -> Validation | None:
    if data is None:
        return None
    if isinstance(data, Dataset) and net.packed is not None and data.sample_shape != net.input_shape:
        raise wrong_shape(net, data.sample_shape, data.x)
    return Validation(data, steps, due)


def _check(
    epochs: Any, verbose: Any, validation_split: Any, shuffle: Any, initial_epoch: Any, steps: Any, validation_steps: Any
) -> None:
    arguments.integer("fit", "epochs", epochs, "[0, inf)")
    arguments.integer("fit", "initial_epoch", initial_epoch, "[0, inf)")
    arguments.number("fit", "validation_split", validation_split, "[0, 1)")
    arguments.flag("fit", "shuffle", shuffle)
    arguments.choice("fit", "verbose", verbose, ("auto", 0, 1, 2, False, True))
    for name, value in (("steps_per_epoch", steps), ("validation_steps", validation_steps)):
        if value is not None:
            arguments.integer("fit", name, value)


def _validation_data(net: Sequential, given: Any) -> Source:
    if not isinstance(given, tuple) and holds_batches(given):
        return opened(net, given, None, None, "fit: validation_data")
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ArgumentValueError("fit: validation_data must be (x, y), (x, y, sample_weight), or batches of them")
    x, y, sample_weight = (*given, None)[:3]
    return opened(net, x, y, sample_weight, "fit: validation_data")


def _validation_epochs(given: Any) -> int | Sequence[int]:
    if isinstance(given, (list, tuple)):
        return [arguments.integer("fit", "validation_freq", epoch) for epoch in given]
    return arguments.integer("fit", "validation_freq", given)
