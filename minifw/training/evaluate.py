"""Using a network without training it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..callbacks.base import Callback, Callbacks, checked
from ..data import batches
from ..door import admit
from .compiled import check_compiled
from .dataset import Dataset, checked_batch_size
from .results import drop_caches, returned

if TYPE_CHECKING:
    from ..model import Sequential

LEAST_ROWS = 32
"""Samples that `predict` takes at once however wide the layers are."""

CACHE_BYTES = 1 << 20
"""Activations of one part of `predict` stay below this, so that each layer finds them in the processor's cache."""


def evaluate(
    self: Sequential,
    x: ArrayLike,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    verbose: Any = "auto",
    sample_weight: ArrayLike | None = None,
    callbacks: list[Callback] | None = None,
    return_dict: bool = False,
) -> Any:
    """Return the loss and the metrics over all samples.

    Args:
        x: The samples.
        y: The targets.
        batch_size: Samples at a time; 32 without one.
        verbose: Accepted as in Keras; nothing is printed.
        sample_weight: One weight a sample.
        callbacks: Who is told.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.

    Returns:
        The loss, a list `[loss, metric, ...]` if there are metrics, or a dictionary.
    """
    check_compiled(self, "evaluate")
    told = Callbacks(checked(callbacks, "evaluate"))
    told.start(self, {"verbose": verbose, "epochs": 1, "steps": None})
    data = Dataset(self, x, y, sample_weight, "evaluate")
    return returned(measure(self, data, checked_batch_size("evaluate", batch_size), told), return_dict)


def measure(net: Sequential, data: Dataset, batch_size: int, callbacks: Callbacks) -> dict[str, Any]:
    """Return the loss and the metrics over a data set; each batch counts by its samples."""
    loss, metrics = net.loss, net.metrics
    assert loss is not None and metrics is not None
    metrics.reset()
    total, seen = 0.0, 0
    callbacks.call("on_test_begin", {})
    try:
        for i, batch in enumerate(data.batches(batch_size)):
            callbacks.call("on_test_batch_begin", i, {})
            y_pred = net.forward(batch.x)
            total += loss.forward(batch.y, y_pred, batch.sample_weight) * len(batch.x)
            seen += len(batch.x)
            metrics.update(batch.y, y_pred, batch.sample_weight)
            if callbacks.listeners["on_test_batch_end"]:
                callbacks.call("on_test_batch_end", i, {"loss": total / seen + net.penalty(), **metrics.results()})
    finally:
        drop_caches(net)
    logs = {"loss": total / seen + net.penalty(), **metrics.results()}
    callbacks.call("on_test_end", logs)
    return logs


def predict(self: Sequential, x: ArrayLike, batch_size: int | None = None, verbose: Any = "auto") -> Array:
    """Return the network's output for all samples.

    Args:
        x: The samples; none at all give an empty result.
        batch_size: Samples at a time; without one as many as keep the activations in the processor's cache. Rows agree
            with those predicted one at a time to rounding, not in bits.
        verbose: Accepted as in Keras; nothing is printed.

    Returns:
        An array that belongs to the caller.
    """
    x = admit(self, x)
    if batch_size is not None:
        rows = arguments.integer("predict", "batch_size", batch_size)
    else:
        rows = LEAST_ROWS if len(x) <= LEAST_ROWS else _rows_in_cache(self)
    if len(x) <= rows:
        return _at_once(self, x)
    found: Array | None = None
    try:
        for part in batches(len(x), rows):
            y = self.forward(x[part])
            if found is None:
                found = np.empty((len(x), *y.shape[1:]), y.dtype)
            found[part] = y
    finally:
        drop_caches(self)
    assert found is not None
    return found


def predict_on_batch(self: Sequential, x: ArrayLike) -> Array:
    """Return the network's output for the samples, all at once; the array belongs to the caller.

    Args:
        x: The samples.
    """
    return _at_once(self, admit(self, x))


def _at_once(net: Sequential, x: Array) -> Array:
    try:
        y = net.forward(x)
    finally:
        drop_caches(net)
    return y.copy() if np.may_share_memory(y, x) else y


def _rows_in_cache(net: Sequential) -> int:
    shape = net.input_shape or ()
    widths = [math.prod(shape)]
    for layer in net.layers:
        shape = layer.output_shape(shape)
        widths.append(math.prod(shape))
    return max(LEAST_ROWS, CACHE_BYTES // (max(sum(widths), 1) * net._dtype.itemsize))
