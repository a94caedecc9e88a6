"""Is a gradient right? Central differences in float64 say so, entry by entry."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._typing import Array, ArrayLike, Shape
from ..arrays import as_batch
from ..engine.errstate import silent
from ..errors import UsageError
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import build, penalties, tree
from ..network.network import Network
from ..network.snapshot import Snapshot

TOLERANCE = 1e-6
WEIGHTS = 0x77
"""Keeps what is drawn here apart from data that somebody drew with the same seed."""
STEP = float(np.cbrt(np.finfo(np.float64).eps))


class Check(NamedTuple):
    """One array or one promise, and whether it holds.

    Attributes:
        name: The parameter's name, `"input"`, or the promise.
        passed: Whether it holds.
        error: The greatest difference, relative to the array's size; 0 for a promise.
        worst: The index of that entry.
        analytic: What `backward` says there.
        numeric: What the differences say there.
        checked: Entries compared.
        skipped: Entries left out because the function bends there.
        detail: What is wrong, in words.
    """

    name: str
    passed: bool
    error: float = 0.0
    worst: tuple[int, ...] = ()
    analytic: float = 0.0
    numeric: float = 0.0
    checked: int = 0
    skipped: int = 0
    detail: str = ""


class Report:
    """The checks of a layer or network, readable as a table.

    Attributes:
        checks: One `Check` per array or promise.
    """

    def __init__(self, title: str, checks: list[Check]) -> None:
        self.title, self.checks = title, checks

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(check.passed for check in self.checks)

    def __str__(self) -> str:
        lines = [f"{self.title}: {'all right' if self.passed else 'WRONG'}"]
        width = max([len(check.name) for check in self.checks], default=0)
        for check in self.checks:
            line = f"  {'ok   ' if check.passed else 'WRONG'} {check.name:<{width}}"
            if check.checked or check.skipped:
                line += f"  error {check.error:.1e} at {check.worst}: backward {check.analytic:.9g}, numeric"
                line += f" {check.numeric:.9g} ({check.checked} checked, {check.skipped} at bends)"
            lines.append(line + (f"  {check.detail}" if check.detail else ""))
        return "\n".join(lines)

    __repr__ = __str__


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
    probe = Probe(layer, as_batch(x, np.dtype(np.float64), layer.name, index=layer.input_kind == "index"), seed)
    if y is not None:
        probe.targets, probe.loss = y, copy.deepcopy(loss or getattr(layer, "loss", None))
        if probe.loss is None:
            raise UsageError("check_gradients: there are targets but no loss; pass loss=, or compile the network")
    return Report(tree.label(layer), probe.run(training, samples))


class Probe:
    """A scalar function of the entries of a layer's input and parameters, and its gradient by both ways."""

    loss: Any = None
    targets: Any = None

    def __init__(self, layer: Layer, x: Array, seed: int) -> None:
        self.layer = in_float64(layer, x.shape[1:])
        self.x = x.copy()
        self.rng = np.random.default_rng([seed, WEIGHTS])
        self._layers = list(tree.walk(self.layer))
        self._start = Snapshot(self._layers)
        self._weights: Array | None = None

    @silent  # what is no number fails its check
    def run(self, training: bool, samples: int) -> list[Check]:
        """Return one check per parameter, and one for the input."""
        again = self._value(training)[0]
        scalar, terms = self._value(training)
        if scalar != again and not (np.isnan(scalar) and np.isnan(again)):
            return [Check("repeatable", False, detail="two forwards from one state differ; draw from self.rng")]
        error_grad: Any = self._weights if self.loss is None else self.loss.backward()
        if isinstance(self.layer, Network):
            message = self.layer.backward(error_grad, to_input=True)
        else:
            message = self.layer.backward(error_grad)
        arrays = [
            (f"{path}/{key}".lstrip("/"), window, vars(inner.grads)[key].copy())
            for path, inner in tree.paths(self.layer)
            for key, window in vars(inner.params).items()
        ]
        if self.layer.input_kind == "float":
            arrays.append(("input", self.x, None if message is None else np.array(message)))
        return [self._compare(*array, training, samples, scalar, terms) for array in arrays]

    def _value(self, training: bool) -> tuple[float, float]:
        self._start.restore()
        y = self.layer.forward(self.x, training)
        penalty = penalties.total(self._layers)
        if self.loss is not None:
            value = float(np.sum(self.loss.forward(self.targets, y)))
            return value + penalty, abs(value) + penalty
        if self._weights is None:
            self._weights = self.rng.normal(size=y.shape)
        # a penalty's gradient is in the network's gradients, so it belongs to what is probed
        return float((self._weights * y).sum()) + penalty, float(np.abs(self._weights * y).sum()) + penalty

    def _compare(
        self, name: str, array: Array, analytic: Array | None, training: bool, samples: int, scalar: float, terms: float
    ) -> Check:
        if analytic is None or analytic.shape != array.shape:
            got = "None" if analytic is None else f"shape {analytic.shape}"
            return Check(name, False, float("inf"), detail=f"backward gave {got}, wanted shape {array.shape}")
        at = np.arange(array.size)
        if array.size > samples:
            at = np.sort(self.rng.choice(array.size, samples, replace=False))
        numeric, bends = self._differences(array.reshape(-1), at, lambda: self._value(training)[0], scalar, terms)
        claimed = analytic.reshape(-1)[at]
        use = ~bends
        if not use.any():
            detail = "nothing compared: the function bends at every entry" if at.size else ""
            return Check(name, True, skipped=len(at), detail=detail)
        known = [np.abs(each[np.isfinite(each) & use]).max(initial=0.0) for each in (claimed, numeric)]
        scale = max(*known, 1e-6, 1e-4 * terms if np.isfinite(terms) else 0.0)
        apart = np.where(use, np.abs(claimed - numeric), -1.0) / scale
        apart[use & ~np.isfinite(apart)] = np.inf
        i = int(apart.argmax())
        worst = tuple(int(k) for k in np.unravel_index(at[i], array.shape))
        error = float(apart[i])
        passed = error < TOLERANCE
        return Check(name, passed, error, worst, float(claimed[i]), float(numeric[i]), int(use.sum()), int(bends.sum()))

    def _differences(
        self, flat: Array, at: Array, value: Callable[[], float], scalar: float, terms: float
    ) -> tuple[Array, Array]:
        """Return central differences, and where the function bends: where halving the step or the side matters."""
        found = np.empty((4, len(at)))
        for i, k in enumerate(at):
            kept = flat[k]
            step = STEP * max(1.0, abs(kept))
            for row, h in enumerate((step, -step, step / 2, -step / 2)):
                flat[k] = kept + h
                found[row, i] = value()
            flat[k] = kept
            found[:, i] = (
                (found[0, i] - found[1, i]) / (2 * step),
                (found[2, i] - found[3, i]) / step,
                (found[0, i] - scalar) / step,
                (scalar - found[1, i]) / step,
            )
        numeric, halved, right, left = found
        scale = max(np.abs(numeric).max(initial=0.0), 1e-6, 1e-4 * terms)
        bends = (np.abs(numeric - halved) > TOLERANCE * scale) | (np.abs(right - left) > 1e-3 * scale)
        return numeric, bends


def in_float64(layer: Layer, input_shape: Shape) -> Layer:
    """Return a built float64 copy with the same values and generators; contract checks are left to the caller."""
    twin = copy.deepcopy(layer)
    build.build(twin, input_shape, np.dtype(np.float64), getattr(twin, "seeds", build.Seeds(0)))
    for inner in tree.walk(twin):
        if inner.owns_vectors:
            inner._contract = None  # type: ignore[attr-defined]
    return twin
