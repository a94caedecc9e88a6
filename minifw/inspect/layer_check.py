"""Does a layer keep the contract? Everything a network relies on, tried once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..config import constructor
from ..layers.base import Layer
from ..network import build, tree
from ..network.snapshot import Snapshot
from .gradients import Check, Probe, Report, in_float64

BATCHES = (1, 2, 7)


def check_layer(layer: Layer, input_shape: Shape, *, seed: int = 0) -> Report:
    """Try a layer on random samples: its gradients, its shapes, and what it promises to leave alone.

    Args:
        layer: Any layer of anybody's; it is not changed.
        input_shape: The shape of one sample.
        seed: Chooses the samples.

    Returns:
        A `Report` with the gradients for batches of 1, 2 and 7 in both modes, and one line per promise.

    Example:
        >>> import minifw
        >>> minifw.check_layer(minifw.Dense(3), (5,)).passed
        True
    """
    shape = arguments.shape("check_layer", "input_shape", input_shape)
    checks: list[Check] = []
    for n in BATCHES:
        for training in (False, True):
            probe = Probe(layer, _samples(layer, shape, n, seed), seed, training)
            mode = f"batch of {n}, {'training' if training else 'inference'}"
            checks += [check._replace(name=f"{check.name}, {mode}") for check in probe.run()]
    with np.errstate(all="ignore"):
        checks += _promises(layer, shape, seed)
    return Report(tree.label(layer), checks)


def _promises(layer: Layer, shape: Shape, seed: int) -> Iterator[Check]:
    twin, x = in_float64(layer, shape), _samples(layer, shape, 3, seed)
    start = Snapshot(list(tree.walk(twin)))

    def forward(training: bool) -> Array:
        start.restore()
        return np.array(twin.forward(x, training=training))

    x_before, first = x.copy(), forward(training=False)
    error_grad = np.random.default_rng(seed).normal(size=first.shape)
    error_grad_before = error_grad.copy()
    message = twin.backward(error_grad)
    yield _same("output_shape", first.shape, (3, *twin.output_shape(shape)))
    if message is not None:
        yield _same("message shape", message.shape, x.shape)
    yield Check("input left alone", np.array_equal(x, x_before))
    yield Check("error_grad left alone", np.array_equal(error_grad, error_grad_before))
    yield Check("inference twice the same", np.array_equal(first, forward(training=False), equal_nan=True))
    yield Check("training twice the same", np.array_equal(forward(training=True), forward(training=True), equal_nan=True))
    start.restore()
    yield _dtype_kept(layer, x)
    yield from _any_memory(twin, x, first)
    yield _round_trip(layer)


def _same(name: str, got: Shape, wanted: Shape) -> Check:
    return Check(name, got == wanted, detail="" if got == wanted else f"got {got}, wanted {wanted}")


def _dtype_kept(layer: Layer, x: Array) -> Check:
    twin = copy.deepcopy(layer)
    build.build(twin, x.shape[1:], np.dtype(np.float32), build.Seeds(0))
    small = x.astype(np.float32) if layer.input_kind == "float" else x
    y = twin.forward(small, training=True)
    message = twin.backward(np.ones_like(y))
    dtypes = {str(array.dtype) for array in (y, message) if array is not None}
    return Check("float32 kept", dtypes == {"float32"}, detail=", ".join(sorted(dtypes)))


def _any_memory(twin: Layer, x: Array, y: Array) -> Iterator[Check]:
    """Memory laid out in another way holds the same numbers, so it gives the same bits."""
    kinds = {
        "Fortran order": np.asfortranarray(x),
        "strided": np.repeat(x, 2, axis=0)[::2],
        "read-only": np.broadcast_to(x, x.shape),
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
    }
    for name, array in kinds.items():
        try:
            same, detail = np.array_equal(twin(array), y, equal_nan=True), ""
        except Exception as error:
            same, detail = False, f"{type(error).__name__}: {error}"
        yield Check(f"{name} input", same, detail=detail)


def _round_trip(layer: Layer) -> Check:
    try:
        config = layer.config()
        again = type(layer).from_config(config, _functions(layer)).config()
    except Exception as error:
        return Check("config round trip", False, detail=f"{type(error).__name__}: {error}")
    return Check("config round trip", again == config and not set(constructor(type(layer))) - set(config))


def _functions(layer: Layer) -> dict[str, Any]:
    """Return the functions among the arguments of a layer and of all inside it by name: a configuration holds no more."""
    given = (inner._argument(name) for inner in tree.walk(layer) for name in constructor(type(inner)))
    return {value.__name__: value for value in given if callable(value) and hasattr(value, "__name__")}


def _samples(layer: Layer, shape: Shape, n: int, seed: int) -> Array:
    rng = np.random.default_rng([seed, n])
    if layer.input_kind == "index":
        return rng.integers(0, 2, (n, *shape))
    return rng.normal(size=(n, *shape))
