"""One step: forward, loss, backward, update; or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._typing import Array, ArrayLike
from ..callbacks.base import Callbacks
from ..layers.snapshot import Snapshot
from .compiled import check_compiled
from .dataset import Batch, Dataset
from .results import drop_caches, returned

if TYPE_CHECKING:
    from ..model import Sequential


class Step:
    """Trains a network batch by batch.

    An error inside a batch leaves state and generators where the batch began, as if it had never been.

    Args:
        net: A compiled network.
        callbacks: Who is told when the gradients are there.
    """

    def __init__(self, net: Sequential, callbacks: Callbacks | None = None) -> None:
        self.net = net
        self.watchers = callbacks.listeners["on_backward_end"] if callbacks else []
        self._layers = net._everyone()

    def train(self, x: Array, y: Array, sample_weight: Array | None = None, batch: int = 0) -> tuple[float, Array]:
        """Return the loss, penalties included, and the predictions, both from before the update."""
        net = self.net
        loss = net.loss
        assert loss is not None
        before = Snapshot(self._layers)
        try:
            y_pred = net.forward(x, training=True)
            value = loss.forward(y, y_pred, sample_weight) + net.penalty()
            net.backward(loss.backward())
            pairs = net.params_and_grads()
            for watch in self.watchers:
                watch(batch, pairs)
            net.optimizer.step(pairs)
        except BaseException:
            before.restore()
            raise
        return value, y_pred


def train_on_batch(
    self: Sequential, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, return_dict: bool = False
) -> Any:
    """Update the network once and return the loss and the metrics of this batch, from before the update.

    Args:
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.

    Returns:
        The loss, a list `[loss, metric, ...]` if there are metrics, or a dictionary.
    """
    batch = _one_batch(self, x, y, sample_weight, "train_on_batch")
    try:
        value, y_pred = Step(self).train(*batch)
    finally:
        drop_caches(self)
    return _measured(self, value, batch, y_pred, return_dict)


def test_on_batch(
    self: Sequential, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, return_dict: bool = False
) -> Any:
    """Return the loss and the metrics of one batch; changes nothing.

    Args:
        x: The samples.
        y: The targets.
        sample_weight: One weight a sample.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.
    """
    batch = _one_batch(self, x, y, sample_weight, "test_on_batch")
    assert self.loss is not None
    try:
        y_pred = self.forward(batch.x)
        value = self.loss.forward(batch.y, y_pred, batch.sample_weight) + self.penalty()
    finally:
        drop_caches(self)
    return _measured(self, value, batch, y_pred, return_dict)


def _one_batch(net: Sequential, x: Any, y: Any, sample_weight: Any, verb: str) -> Batch:
    check_compiled(net, verb)
    data = Dataset(net, x, y, sample_weight, verb)
    (batch,) = data.batches(data.size)
    found: Batch = batch
    return found


def _measured(net: Sequential, value: float, batch: Batch, y_pred: Array, return_dict: bool) -> Any:
    assert net.metrics is not None
    net.metrics.reset()
    net.metrics.update(batch.y, y_pred, batch.sample_weight)
    return returned({"loss": value, **net.metrics.results()}, return_dict)
