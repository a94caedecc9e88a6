"""The loop around the step: epochs, batches, validation, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..callbacks.base import Callback, Callbacks, checked
from ..callbacks.epoch_lines import EpochLines
from ..callbacks.history import History
from ..data import split
from ..door import wrong_shape
from ..errors import ArgumentValueError, UsageError
from ..layers import tree
from .compiled import check_compiled
from .dataset import Dataset, checked_batch_size
from .evaluate import measure
from .results import drop_caches
from .step import Step

if TYPE_CHECKING:
    from ..model import Sequential


def fit(
    self: Sequential,
    x: ArrayLike,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: list[Callback] | None = None,
    validation_split: float = 0.0,
    validation_data: Sequence[Any] | None = None,
    shuffle: bool = True,
    sample_weight: ArrayLike | None = None,
    initial_epoch: int = 0,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    **unknown: Any,
) -> History:
    """Train the network and return the history of the loss and the metrics.

    Args:
        x: The samples.
        y: The targets.
        batch_size: Samples a step; 32 without one. The last batch of an epoch may be short.
        epochs: The number of the last epoch; with `initial_epoch=2, epochs=4` epochs 2 and 3 are run.
        verbose: 0 prints nothing; 1, 2 and `"auto"` print one line an epoch.
        callbacks: Who is told, in this order, before the history.
        validation_split: The share of samples, taken from the end before shuffling, that only validates.
        validation_data: `(x, y)` or `(x, y, sample_weight)` that only validate; comes before `validation_split`.
        shuffle: Whether each epoch has an order of its own.
        sample_weight: One weight a sample.
        initial_epoch: The number of the first epoch.
        validation_batch_size: Samples at a time in validation; `batch_size` without one.
        validation_freq: Every how many epochs to validate, or a list of epochs, counted from 1.

    Returns:
        The `History`; `net.history` is the same.

    Raises:
        UsageError: If the network is not compiled, or is being fitted already.
        ArgumentValueError: If an argument is outside its range or the lengths differ.

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
    arguments.integer("fit", "epochs", epochs, "[0, inf)")
    arguments.integer("fit", "initial_epoch", initial_epoch, "[0, inf)")
    arguments.number("fit", "validation_split", validation_split, "[0, 1)")
    arguments.flag("fit", "shuffle", shuffle)
    arguments.choice("fit", "verbose", verbose, ("auto", 0, 1, 2, False, True))
    batch_size = checked_batch_size("fit", batch_size)
    train = Dataset(self, x, y, sample_weight, "fit")
    validation = None if validation_data is None else _validation_data(self, validation_data)
    if validation is None and validation_split:
        at = split(train.size, validation_split)
        train, validation = train.part(slice(0, at)), train.part(slice(at, None))
    if self.packed is None:
        self.build(train.x.shape[1:])
    if validation is not None and validation.x.shape[1:] != self.input_shape:
        raise wrong_shape(self, validation.x.shape[1:], validation.x)
    loop = Loop(self, train, batch_size, shuffle, checked(callbacks, "fit"), verbose, epochs)
    loop.validation = validation
    if validation_batch_size is not None:
        loop.validation_batch_size = arguments.integer("fit", "validation_batch_size", validation_batch_size)
    loop.validation_epochs = _validation_epochs(validation_freq)
    return loop.run(initial_epoch, epochs)


class Loop:
    """The epochs of one `fit`."""

    validation: Dataset | None = None
    validation_epochs: int | Sequence[int] = 1

    def __init__(
        self,
        net: Sequential,
        data: Dataset,
        batch_size: int,
        shuffle: bool,
        callbacks: list[Callback],
        verbose: Any,
        epochs: int,
    ) -> None:
        self.net, self.data, self.batch_size, self.shuffle = net, data, batch_size, shuffle
        self.validation_batch_size = batch_size
        self.history = History()
        self.callbacks = Callbacks([*callbacks, self.history, *[EpochLines()] * bool(verbose)])
        steps = -(-data.size // batch_size)
        self.callbacks.start(net, {"verbose": verbose, "epochs": epochs, "steps": steps})

    def run(self, initial_epoch: int, epochs: int) -> History:
        """Run the epochs; whatever ends them, the callbacks hear of the end."""
        net = self.net
        if net._fitting:
            raise UsageError(f"{tree.label(net)} is being fitted already; a callback cannot call fit on it")
        net.history, net.stop_training, net._fitting = self.history, False, True
        logs: dict[str, Any] = {}
        try:
            self.callbacks.call("on_train_begin", {})
            step = Step(net, self.callbacks)
            for epoch in range(initial_epoch, epochs):
                logs = self._epoch(step, epoch)
                if net.stop_training:
                    break
            if initial_epoch < epochs:
                net.optimizer.finalize(net.params_and_grads())
        finally:
            net._fitting = False
            drop_caches(net)
            self.callbacks.call("on_train_end", logs)
        return self.history

    def _epoch(self, step: Step, epoch: int) -> dict[str, Any]:
        net, call, metrics = self.net, self.callbacks.call, self.net.metrics
        assert metrics is not None
        metrics.reset()
        call("on_epoch_begin", epoch, {})
        listening = self.callbacks.listeners["on_train_batch_begin"] or self.callbacks.listeners["on_train_batch_end"]
        total, seen = 0.0, 0
        for i, (x, y, sample_weight) in enumerate(self.data.batches(self.batch_size, self._order())):
            if listening:
                call("on_train_batch_begin", i, {})
            value, y_pred = step.train(x, y, sample_weight, i)
            total, seen = total + value * len(x), seen + len(x)
            metrics.update(y, y_pred, sample_weight)
            if listening:
                call("on_train_batch_end", i, {"loss": total / seen, **metrics.results()})
            if net.stop_training:
                break
        logs = {"loss": total / seen, **metrics.results()}
        if self.validation is not None and self._validates(epoch + 1):
            found = measure(net, self.validation, self.validation_batch_size, self.callbacks)
            logs.update({f"val_{key}": value for key, value in found.items()})
        logs = dict(sorted(logs.items()))
        call("on_epoch_end", epoch, logs)
        return logs

    def _order(self) -> Array | None:
        """Return the order of the next epoch, made from the network's seed and the number of epochs shuffled before."""
        if not self.shuffle:
            return None
        net = self.net
        seeds = net._seeds
        assert seeds is not None
        key = (*seeds.spawn_key, 1, net.shuffles)
        net.shuffles += 1
        return np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key)).permutation(self.data.size)

    def _validates(self, number: int) -> bool:
        every = self.validation_epochs
        return number % every == 0 if isinstance(every, int) else number in every


def _validation_data(net: Sequential, given: Any) -> Dataset:
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ArgumentValueError("fit: validation_data must be (x, y) or (x, y, sample_weight)")
    x, y, sample_weight = (*given, None)[:3]
    return Dataset(net, x, y, sample_weight, "fit: validation_data")


def _validation_epochs(given: Any) -> int | Sequence[int]:
    if isinstance(given, (list, tuple)):
        return [arguments.integer("fit", "validation_freq", epoch) for epoch in given]
    return arguments.integer("fit", "validation_freq", given)
