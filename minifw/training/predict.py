"""Using a network: what it says about samples."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..arrays import as_numbers
from ..callbacks.base import Callback, Callbacks
from ..engine.errstate import silent
from ..engine.tuning import LEAST_ROWS, PART_BYTES, PART_WEIGHTS
from ..errors import ArgumentValueError
from ..network import tree
from ..network.inputs import admit, wrong_shape
from .evaluate import drop_caches, prepared
from .iterated import IteratedBatches, holds_batches

if TYPE_CHECKING:
    from ..sequential import Sequential


def predict(
    self: Sequential, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None,
    callbacks: list[Callback] | None = None,
) -> Array:
    """Return the network's output for all samples.

    Args:
        x: The samples; none at all give an empty result. Or batches of them: `x`, `(x,)`, or as in `fit`.
        batch_size: Samples at a time; without one as many as suit the processor's caches and the number of weights, or
            with `steps` so many that all are seen. Rows agree with those predicted one at a time to rounding, not in bits.
        verbose: 1 and 2 as in `fit`; 0 and, other than in Keras, `"auto"` print nothing, since loops predict.
        steps: How many batches, the first ones.
        callbacks: Who is told.

    Returns:
        An array that belongs to the caller.
    """
    plain = verbose in ("auto", 0) and callbacks is None and steps is None and batch_size is None
    if plain and type(x) is np.ndarray and x.ndim and len(x) <= LEAST_ROWS:
        return predict_on_batch(self, x)
    events = prepared("predict", callbacks, 0 if verbose == "auto" else verbose, steps=steps)
    size, count, parts = _parts(self, x, batch_size, steps)
    events.start(self, {"verbose": verbose, "epochs": 1, "steps": count})
    try:
        return _joined(self, parts, size, events)
    finally:
        drop_caches(self)


@silent
def predict_on_batch(self: Sequential, x: ArrayLike) -> Array:
    """Return the network's output for the samples, all at once; the array belongs to the caller.

    Args:
        x: The samples.
    """
    x = admit(self, x)
    try:
        y = self.forward(x)
    finally:
        drop_caches(self)
    return y.copy() if np.may_share_memory(y, x) else y


def _parts(
    net: Sequential, x: Any, batch_size: int | None, steps: int | None
) -> tuple[int | None, int | None, Iterable[Array]]:
    """Return the numbers of samples and of parts, as far as they are known, and the parts that go through at a time."""
    if holds_batches(x):
        batches = IteratedBatches(net, x, "predict", targets=False)
        batches.cut(batch_size, steps)
        return None, batches.steps if steps is None else steps, (batch.x for batch in batches.first())
    # not yet cast: what is mapped from a file may be larger than memory
    array = as_numbers(x, f"layer 0, {tree.label(net.layers[0])}" if net.layers else tree.label(net))
    if array.ndim == 0 or net.packed is None:
        admit(net, array[:1] if array.ndim else array)
    if array.shape[1:] != net.input_shape:
        raise wrong_shape(net, array.shape[1:], array)
    rows = _rows(net, len(array), batch_size, steps)
    count = max(1, -(-len(array) // rows)) if steps is None else steps
    parts = (array[i * rows : (i + 1) * rows] for i in range(count))
    return min(len(array), count * rows), count, parts


def _joined(net: Sequential, parts: Iterable[Array], size: int | None, events: Callbacks) -> Array:
    """Return the outputs of all parts in one array: written where they belong when their number is known."""
    outputs: list[Array] = []
    begin = 0
    events.call("on_predict_begin", {})
    for i, part in enumerate(parts):
        events.call("on_predict_batch_begin", i, {})
        y = silent(net.forward)(part)
        events.call("on_predict_batch_end", i, {"outputs": y})
        if size is None:
            outputs.append(y)
            continue
        outputs = outputs or [np.empty((size, *y.shape[1:]), y.dtype)]
        outputs[0][begin : begin + len(y)] = y
        begin += len(y)
    events.call("on_predict_end", {})
    return np.concatenate(outputs) if size is None else outputs[0]


def _rows(net: Sequential, size: int, batch_size: int | None, steps: int | None) -> int:
    """Return how many samples go through the network at a time."""
    if batch_size is not None:
        rows = arguments.integer("predict", "batch_size", batch_size)
    elif steps is not None:
        rows = max(1, -(-size // steps))
    else:
        shapes = accumulate(net.layers, lambda shape, layer: layer.output_shape(shape), initial=net.input_shape or ())
        width = sum(map(math.prod, shapes))  # the numbers that one sample is on its way
        part = int(np.clip(PART_WEIGHTS * tree.vectors(net).params.nbytes, *PART_BYTES))
        rows = max(LEAST_ROWS, part // (max(width, 1) * net._dtype.itemsize))
    if steps is not None and steps > max(1, -(-size // rows)):
        raise ArgumentValueError(f"predict: {steps} steps are wanted, but {size} samples in batches of {rows} are fewer")
    return rows
