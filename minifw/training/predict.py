"""Using a network: what it says about samples."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..arrays import as_numbers, batches
from ..callbacks.base import Callback, Callbacks, checked
from ..callbacks.progress import reporters
from ..engine.errstate import silent
from ..errors import ArgumentValueError
from ..network import tree
from ..network.inputs import admit, wrong_shape
from .evaluate import drop_caches
from .stream import Stream, holds_batches, limited

if TYPE_CHECKING:
    from ..sequential import Sequential

LEAST_ROWS = 32
"""Samples that `predict` takes at once however wide the layers are."""

CACHE_BYTES = 1 << 20
"""Activations of one part of `predict` stay below this, so that each layer finds them in the processor's cache."""


def predict(
    self: Sequential,
    x: Any,
    batch_size: int | None = None,
    verbose: Any = "auto",
    steps: int | None = None,
    callbacks: list[Callback] | None = None,
) -> Array:
    """Return the network's output for all samples.

    Args:
        x: The samples; none at all give an empty result. Or batches of them: `x`, `(x,)`, or as in `fit`.
        batch_size: Samples at a time; without one as many as keep the activations in the processor's cache, or with
            `steps` so many that all are seen. Rows agree with those predicted one at a time to rounding, not in bits.
        verbose: 1 and 2 as in `fit`; 0 and, other than in Keras, `"auto"` print nothing, since loops predict.
        steps: How many batches, the first ones.
        callbacks: Who is told.

    Returns:
        An array that belongs to the caller.
    """
    plain = verbose in ("auto", 0) and callbacks is None and steps is None and batch_size is None
    if plain and type(x) is np.ndarray and x.ndim and len(x) <= LEAST_ROWS:
        return _at_once(self, x)
    arguments.choice("predict", "verbose", verbose, ("auto", 0, 1, 2, False, True))
    if steps is not None:
        arguments.integer("predict", "steps", steps)
    given = checked(callbacks, "predict")
    told = Callbacks([*given, *reporters(0 if verbose == "auto" else verbose, given)])
    if holds_batches(x):
        stream = Stream(self, x, "predict", targets=False)
        stream.cut(batch_size, steps)
        size, parts = None, (batch.x for batch in limited(stream, steps))
        count = stream.steps if steps is None else steps
    else:
        array = _checked(self, x)
        rows = _rows(self, len(array), batch_size, steps)
        count = max(1, -(-len(array) // rows)) if steps is None else steps
        size = min(len(array), count * rows)
        parts = (array[part] for part in islice(batches(max(1, len(array)), rows), count))
    told.start(self, {"verbose": verbose, "epochs": 1, "steps": count})
    try:
        return _joined(self, parts, size, told)
    finally:
        drop_caches(self)


def predict_on_batch(self: Sequential, x: ArrayLike) -> Array:
    """Return the network's output for the samples, all at once; the array belongs to the caller.

    Args:
        x: The samples.
    """
    return _at_once(self, x)


@silent
def _at_once(net: Sequential, x: Any) -> Array:
    x = admit(net, x)
    try:
        y = net.forward(x)
    finally:
        drop_caches(net)
    return y.copy() if np.may_share_memory(y, x) else y


def _joined(net: Sequential, parts: Iterable[Array], size: int | None, told: Callbacks) -> Array:
    """Return the outputs of all parts in one array: written where they belong when their number is known."""
    outputs: list[Array] = []
    found, at = None, 0
    told.call("on_predict_begin", {})
    for i, part in enumerate(parts):
        told.call("on_predict_batch_begin", i, {})
        y = silent(net.forward)(part)
        told.call("on_predict_batch_end", i, {"outputs": y})
        if size is None:
            outputs.append(y)
            continue
        if found is None:
            found = np.empty((size, *y.shape[1:]), y.dtype)
        found[at : at + len(y)] = y
        at += len(y)
    told.call("on_predict_end", {})
    return np.concatenate(outputs) if found is None else found


def _checked(net: Sequential, x: Any) -> Array:
    """Return the samples, not yet cast: what is mapped from a file may be larger than memory."""
    array = as_numbers(x, f"layer 0, {tree.label(net.layers[0])}" if net.layers else tree.label(net))
    if array.ndim == 0 or net.packed is None:
        admit(net, array[:1] if array.ndim else array)
    if array.shape[1:] != net.input_shape:
        raise wrong_shape(net, array.shape[1:], array)
    return array


def _rows(net: Sequential, size: int, batch_size: int | None, steps: int | None) -> int:
    """Return how many samples go through the network at a time."""
    if batch_size is not None:
        rows = arguments.integer("predict", "batch_size", batch_size)
    elif steps is not None:
        rows = max(1, -(-size // steps))
    else:
        rows = max(LEAST_ROWS, CACHE_BYTES // (max(_width(net), 1) * net._dtype.itemsize))
    if steps is not None and steps > max(1, -(-size // rows)):
        raise ArgumentValueError(f"predict: {steps} steps are wanted, but {size} samples in batches of {rows} are fewer")
    return rows


def _width(net: Sequential) -> int:
    """Return the numbers that one sample is on its way through the network."""
    shape = net.input_shape or ()
    widths = [math.prod(shape)]
    for layer in net.layers:
        shape = layer.output_shape(shape)
        widths.append(math.prod(shape))
    return sum(widths)
