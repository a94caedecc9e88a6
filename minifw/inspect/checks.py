"""Is a layer right? Central differences in float64 check its gradients; what else a network relies on is tried once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..arrays import as_batch
from ..definitions import constructor
from ..engine.errstate import silent
from ..errors import ArgumentTypeError, UsageError, shown
from ..layers.activated import Activation
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import build, penalties, tree
from ..network.tap import Hop, tap
from ..network.views import Snapshot
from .report import Check, Report

TOLERANCE = 1e-6
WEIGHTS = 0x77
"""Keeps what is drawn here apart from data that somebody drew with the same seed."""
BATCHES = (1, 2, 7)
STEP = float(np.cbrt(np.finfo(np.float64).eps))


def check_gradients(
    layer: Layer,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    loss: Loss | None = None,
    training: bool = True,
    samples: int = 200,
    seed: int = 0,
) -> Report:
    """Compare every gradient of a layer or network with central differences in float64, on a copy.

    What is probed is the loss (penalties included), or without one a random weighted sum of the outputs. Per array
    the error is `max|a - n| / max(max|a|, max|n|, 1e-6, 1e-4 S)`, with `S` the sum of the absolute terms of what is
    probed; it must be below 1e-6. Generators are rewound for every probe, so dropout drops the same units.

    Args:
        layer: A layer or a network; it is not changed.
        x: A batch.
        y: Its targets, for the loss.
        loss: A loss; by default the one the network was compiled with, if `y` is given.
        training: In which mode.
        samples: At most so many entries of each array are probed.
        seed: Chooses the entries and the weights.

    Returns:
        A `Report`; a bad gradient is in it, not raised.

    Example:
        >>> import minifw
        >>> minifw.check_gradients(minifw.Tanh(), np.ones((2, 3))).passed
        True
    """
    _check_kind("check_gradients", layer)
    loss = None if y is None else copy.deepcopy(loss or getattr(layer, "loss", None))
    if y is not None and loss is None:
        raise UsageError("check_gradients: there are targets but no loss; pass loss=, or compile the network")
    x = as_batch(x, np.dtype(np.float64), layer.name, index=layer.input_kind == "index")
    probe = Probe(layer, x, seed, training, samples, loss, y)
    checks = probe.run()
    return Report(tree.label(layer), checks, "" if all(check.passed for check in checks) else probe.first_to_blame())


def _check_kind(verb: str, layer: Any) -> None:
    if not isinstance(layer, Layer):
        hint = f"; make an instance of it: {layer.__name__}(...)" if isinstance(layer, type) else ""
        raise ArgumentTypeError(f"{verb}: wanted a layer, got {shown(layer)}{hint}")


class Probe:
    """A scalar function of the entries of a layer's input and parameters, and its gradient by both ways."""

    def __init__(
        self, layer: Layer, x: Array, seed: int, training: bool, samples: int = 200, loss: Any = None, targets: Any = None
    ) -> None:
        self.layer = in_float64(layer, x.shape[1:])
        self.layer.needs_message = True
        self.x, self.training, self.samples, self.loss, self.targets = x.copy(), training, samples, loss, targets
        self.rng = np.random.default_rng([seed, WEIGHTS])
        self._layers = list(tree.walk(self.layer))
        self._start = Snapshot(self._layers)
        self._weights: Any = None

    @silent  # what is no number fails its check
    def run(self) -> list[Check]:
        """Return one check per parameter, and one for the input."""
        again = self._value()[0]
        self.scalar, self.terms = self._value()
        if self.scalar != again and not (np.isnan(self.scalar) and np.isnan(again)):
            return [Check("repeatable", False, detail="two forwards from one state differ; draw from self.rng")]
        for grad in (grad for inner in self._layers for grad in vars(inner.grads).values()):
            grad.fill(np.nan)
        message = self.layer.backward(self._weights.copy() if self.loss is None else self.loss.backward())
        arrays = [
            (f"{path}/{key}".lstrip("/"), param, vars(inner.grads)[key].copy())
            for path, inner in tree.paths(self.layer)
            for key, param in vars(inner.params).items()
        ]
        if self.layer.input_kind == "float":
            arrays.append(("input", self.x, None if message is None else np.array(message)))
        return [self._compare(*array) for array in arrays]

    def first_to_blame(self) -> str:
        """Try each layer inside alone, innermost first, and then the loss; return what is wrong first, in words."""
        hops: list[Hop] = []
        self._start.restore()
        with tap(self.layer, lambda hop: hops.append(hop._replace(came=hop.came.copy()))):
            y = self.layer.forward(self.x, self.training)
        probes = [(tree.label(hop.layer), Probe(hop.layer, hop.came, 0, self.training, self.samples)) for hop in hops]
        if self.loss is not None:
            alone = Probe(Activation(None), y, 0, self.training, self.samples, self.loss, self.targets)
            probes.append((f"the loss {type(self.loss).__name__}", alone))
        for who, probe in probes:
            if wrong := [check.name for check in probe.run() if not check.passed]:
                return f"{who}, which is wrong alone, too ({', '.join(wrong)})"
        return ""

    def _value(self) -> tuple[float, float]:
        """Return what is probed, and the sum of its absolute terms; a penalty's gradient is in the network's, too."""
        self._start.restore()
        y = self.layer.forward(self.x.copy(), self.training)  # who writes into it is told so by a check of its own
        penalty = penalties.total(self._layers)
        if self.loss is None and self._weights is None:
            self._weights = self.rng.normal(size=y.shape)
        terms: Any = self._weights * y if self.loss is None else np.sum(self.loss.forward(self.targets, y))
        return float(terms.sum()) + penalty, float(np.abs(terms).sum()) + penalty

    def _compare(self, name: str, array: Array, analytic: Array | None) -> Check:
        if analytic is None or analytic.shape != array.shape:
            got = "None" if analytic is None else f"shape {analytic.shape}"
            return Check(name, False, np.inf, detail=f"backward gave {got}, wanted shape {array.shape}")
        if analytic.size and np.isnan(analytic).all() and np.isfinite(self.scalar):
            key = name.rpartition("/")[2]
            return Check(name, False, np.inf, detail=f"backward() left it unset; assign it there: self.grads.{key} = ...")
        at = np.arange(array.size)
        if array.size > self.samples:
            at = np.sort(self.rng.choice(array.size, self.samples, replace=False))
        numeric, bends = self._differences(array.reshape(-1), at)
        claimed, use = analytic.reshape(-1)[at], ~bends
        if not use.any():
            detail = "nothing compared: the function bends at every entry" if at.size else ""
            return Check(name, True, skipped=len(at), detail=detail)
        sizes = [np.abs(values[np.isfinite(values) & use]).max(initial=0.0) for values in (claimed, numeric)]
        scale = max(*sizes, 1e-6, 1e-4 * self.terms if np.isfinite(self.terms) else 0.0)
        apart = np.where(use, np.abs(claimed - numeric), -1.0) / scale
        apart[use & ~np.isfinite(apart)] = np.inf
        i = int(apart.argmax())
        worst, error = tuple(int(k) for k in np.unravel_index(at[i], array.shape)), float(apart[i])
        numbers = float(claimed[i]), float(numeric[i]), int(use.sum()), int(bends.sum())
        return Check(name, error < TOLERANCE, error, worst, *numbers)

    def _differences(self, flat: Array, at: Array) -> tuple[Array, Array]:
        """Return central differences, and where the function bends: where halving the step or the side matters."""
        slopes = np.empty((4, len(at)))
        for i, k in enumerate(at):
            entry = flat[k]
            step = STEP * max(1.0, abs(entry))
            for row, h in enumerate((step, -step, step / 2, -step / 2)):
                flat[k] = entry + h
                slopes[row, i] = self._value()[0]
            flat[k] = entry
            above, below, half_above, half_below = slopes[:, i]
            slopes[:2, i] = (above - below) / (2 * step), (half_above - half_below) / step
            slopes[2:, i] = (above - self.scalar) / step, (self.scalar - below) / step
        numeric, halved, right, left = slopes
        scale = max(np.abs(numeric).max(initial=0.0), 1e-6, 1e-4 * self.terms)
        bends = (np.abs(numeric - halved) > TOLERANCE * scale) | (np.abs(right - left) > 1e-3 * scale)
        return numeric, bends


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
    _check_kind("check_layer", layer)
    shape = arguments.shape("check_layer", "input_shape", input_shape)
    with np.errstate(all="ignore"):
        promises = list(_promises(layer, shape, seed))
    checks = [check for check in promises if check.name.endswith("left alone") and not check.passed]  # a cause of others
    for n in BATCHES:
        for training in (False, True):
            probe = Probe(layer, _samples(layer, shape, n, seed), seed, training)
            mode = f"batch of {n}, {'training' if training else 'inference'}"
            checks += [check._replace(name=f"{check.name}, {mode}") for check in probe.run()]
    checks += [check for check in promises if check not in checks]
    return Report(tree.label(layer), checks)


def in_float64(layer: Layer, input_shape: Shape) -> Layer:
    """Return a built float64 copy with the same values and generators; contract checks are left to the caller."""
    twin = copy.deepcopy(layer)
    build.build(twin, input_shape, np.dtype(np.float64), getattr(twin, "seeds", build.Seeds(0)))
    for inner in tree.walk(twin):
        if inner.is_network:
            inner._contract = None  # type: ignore[attr-defined]
    return twin


def _promises(layer: Layer, shape: Shape, seed: int) -> Iterator[Check]:
    twin, x = in_float64(layer, shape), _samples(layer, shape, 3, seed)
    start = Snapshot(list(tree.walk(twin)))

    written: list[bool] = []

    def forward(training: bool) -> Array:
        start.restore()
        handed = x.copy()
        y = np.array(twin.forward(handed, training=training))
        written.append(not np.array_equal(handed, x))
        return y

    first = forward(training=False)
    error_grad = np.random.default_rng(seed).normal(size=first.shape)
    error_grad_before = error_grad.copy()
    message = twin.backward(error_grad)
    expected = 3, *twin.output_shape(shape)
    yield _promise("output_shape", first.shape == expected, f"got {first.shape}, wanted {expected}")
    if message is not None:
        yield _promise("message shape", message.shape == x.shape, f"got {message.shape}, wanted {x.shape}")
    yield _promise("error_grad left alone", np.array_equal(error_grad, error_grad_before))
    yield Check("inference twice the same", np.array_equal(first, forward(training=False), equal_nan=True))
    yield Check("training twice the same", np.array_equal(forward(training=True), forward(training=True), equal_nan=True))
    yield _promise("input left alone", not any(written))
    start.restore()
    yield _dtype_kept(layer, x)
    if not any(written):
        yield from _any_memory(twin, x, first)
    yield _tried("config round trip", _round_trip, layer)


def _promise(name: str, passed: bool, otherwise: str = "it was written into; return a new array") -> Check:
    return Check(name, passed, detail="" if passed else otherwise)


def _dtype_kept(layer: Layer, x: Array) -> Check:
    twin = copy.deepcopy(layer)
    build.build(twin, x.shape[1:], np.dtype(np.float32), build.Seeds(0))
    small = x.astype(np.float32) if layer.input_kind == "float" else x
    y = twin.forward(small, training=True)
    message = twin.backward(np.ones_like(y))
    dtypes = {str(array.dtype) for array in (y, message) if array is not None}
    return Check("float32 kept", dtypes == {"float32"}, detail=", ".join(sorted(dtypes)))


def _any_memory(twin: Layer, x: Array, y: Array) -> list[Check]:
    """Memory laid out in another way holds the same numbers, so it gives the same bits."""
    kinds = {
        "Fortran order": np.asfortranarray(x),
        "strided": np.repeat(x, 2, axis=0)[::2],
        "read-only": np.broadcast_to(x, x.shape),
        "big-endian": x.astype(x.dtype.newbyteorder(">")),
    }

    def same(array: Array) -> bool:
        return np.array_equal(twin(array), y, equal_nan=True)

    return [_tried(f"{name} input", same, array) for name, array in kinds.items()]


def _round_trip(layer: Layer) -> bool:
    config = layer.config()
    again = type(layer).from_config(config, _functions(layer)).config()
    return bool(again == config and not set(constructor(type(layer))) - set(config))


def _tried(name: str, promise: Callable[[Any], bool], value: Any) -> Check:
    try:
        return Check(name, promise(value))
    except Exception as error:
        return Check(name, False, detail=f"{type(error).__name__}: {error}")


def _functions(layer: Layer) -> dict[str, Any]:
    """Return the functions among the arguments of a layer and of all inside it by name: a configuration holds no more."""
    values = (inner._argument(name) for inner in tree.walk(layer) for name in constructor(type(inner)))
    return {value.__name__: value for value in values if callable(value) and hasattr(value, "__name__")}


def _samples(layer: Layer, shape: Shape, n: int, seed: int) -> Array:
    rng, shape = np.random.default_rng([seed, n]), (n, *shape)
    return rng.integers(0, 2, shape, np.intp) if layer.input_kind == "index" else rng.normal(size=shape)
