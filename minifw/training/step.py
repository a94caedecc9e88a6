"""One step: forward, loss, backward, update; or nothing at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, ArrayLike
from ..callbacks.base import Callbacks
from ..engine.errstate import silent
from ..errors import MinifwError
from ..inspect.nonfinite import locate
from ..network import tree
from ..network.entries import Pairs
from ..network.penalties import Penalized, collect_all
from ..network.views import Snapshot
from .batches import ArrayBatches, Batch, checked_class_weight
from .compiled import check_compiled, fresh_metrics
from .evaluate import drop_caches, measure_batch, returned

if TYPE_CHECKING:
    from ..sequential import Sequential


class Step:
    """Trains a network batch by batch.

    An error inside a batch leaves state and generators where the batch began, as if it had never been. A loss or a
    gradient that is not finite is such an error: the weights are those of the last finite step.

    Args:
        net: A compiled network.
        callbacks: Who is told when the gradients are there.

    Attributes:
        where: Begins messages.
        place: The epoch, for errors to carry.
        passes: Who goes forward and back: the network, unless another does it in its place.
    """

    where = "train_on_batch"
    place: dict[str, int] = {}  # noqa: RUF012 (replaced, never written to)
    passes: Any

    def __init__(self, net: Sequential, callbacks: Callbacks | None = None) -> None:
        self.net = self.passes = net
        self.watchers = callbacks.listeners["on_backward_end"] if callbacks else []
        self._pairs: Pairs | None = None
        self._gradients: list[Array] = []
        self._penalized: list[Penalized] = []

    @silent
    def train(self, batch: Batch, number: int = 0) -> tuple[float, Array]:
        """Return the loss, penalties included, and the predictions, both from before the update.

        Raises:
            NonFiniteError: If the loss or a gradient is not finite; nothing has changed then.
        """
        net, (x, y, sample_weight, _), updating = self.net, batch, False
        loss, packed = net.loss, net.packed
        if loss is None:
            loss = check_compiled(net, self.where)
        assert packed is not None
        before = Snapshot(net._everyone(), packed.state)
        try:
            y_pred = self.passes.forward(x, True)
            value = loss.forward(y, y_pred, sample_weight)
            self.passes.backward(loss.backward())
            pairs = net.params_and_grads()
            if pairs is not self._pairs:
                self._bind(pairs)
            if self._penalized:
                value += sum((regularizer(param) for regularizer, param, _ in self._penalized), 0.0)
            for watch in self.watchers:
                watch(number, pairs)
            total = value
            for grad in self._gradients:
                total += grad.dot(grad)
            if not math.isfinite(total) and not self._all_finite(value):
                before.restore()
                raise locate(net, batch, value, f"{self.where}, batch {number}", **self.place, batch_number=number)
            updating = True
            net.optimizer.step(pairs)
        except BaseException as error:
            before.restore()
            if updating and not isinstance(error, MinifwError):
                error.add_note("the update of the weights was under way and may be half done: go back to the last good ones")
            raise
        return value, y_pred

    def _bind(self, pairs: Pairs) -> None:
        """Look up what only changes with the layers and their flags."""
        self._pairs, self._gradients = pairs, [run.grad for run in pairs.runs]
        self._penalized = collect_all(self.net._everyone())

    def _all_finite(self, value: float) -> bool:
        """Whether only the squares were too large."""
        return math.isfinite(value) and all(np.isfinite(grad).all() for grad in self._gradients)


def train_on_batch(
    self: Sequential, x: ArrayLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None,
    class_weight: Mapping[int, float] | None = None, return_dict: bool = False,
) -> Any:
    """Update the network once and return the loss and the metrics of this batch, from before the update.

    In a callback what `fit` is counting, and the gradients that wait for their update, stay as they were.

    Args:
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        class_weight: `{class: weight}`, instead of `sample_weight`; other classes weigh 1.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.

    Returns:
        The loss, a list `[loss, metric, ...]` if there are metrics, or a dictionary.

    Raises:
        NonFiniteError: If the loss or a gradient is not finite; nothing has changed then.
    """
    weights = checked_class_weight("train_on_batch", class_weight, sample_weight)
    batch = _one_batch(self, x, y, sample_weight, "train_on_batch", weights)
    waiting = tree.vectors(self).grads.copy() if self._fitting else None
    try:
        value, y_pred = Step(self).train(batch)
    finally:
        drop_caches(self)
        if waiting is not None:
            tree.vectors(self).grads[:] = waiting
            self.params_and_grads().fresh = True
    metrics = fresh_metrics(self)
    metrics.update(batch.y, y_pred, batch.sample_weight)
    return returned({"loss": value, **metrics.results()}, return_dict)


def test_on_batch(
    self: Sequential, x: ArrayLike, y: ArrayLike | None = None, sample_weight: ArrayLike | None = None,
    return_dict: bool = False,
) -> Any:
    """Return the loss and the metrics of one batch; changes nothing.

    Args:
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.
    """
    batch = _one_batch(self, x, y, sample_weight, "test_on_batch")
    metrics = fresh_metrics(self)
    try:
        value = measure_batch(self, batch, metrics) + self.penalty()
    finally:
        drop_caches(self)
    return returned({"loss": value, **metrics.results()}, return_dict)


def _one_batch(
    net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str, class_weight: Mapping[int, float] | None = None
) -> Batch:
    check_compiled(net, verb)
    arrays = ArrayBatches(net, x, y, sample_weight, verb, class_weight)
    arrays.build()
    return arrays.all_rows()
