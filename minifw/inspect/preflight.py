"""What is wrong before the first step: shapes, targets, activations and numbers that do not belong together."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..arrays import as_batch, as_numbers, same_length, split
from ..errors import MinifwError, ShapeError
from ..losses.base import Loss
from ..network import build, tree
from ..network.inputs import wrong_shape
from .ends import Finding, mismatches

if TYPE_CHECKING:
    from ..sequential import Sequential

SAMPLED = 1000
"""Rows looked at, evenly spread."""

ENTRIES = 1_000_000
"""Numbers looked at: of large samples fewer rows."""

WILD = 1000.0
"""Inputs beyond it saturate activations and make gradients explode."""

FEW = 10
"""Fewer targets may stand in order by chance."""


def check(
    self: Sequential, x: Any, y: Any = None, *, batch_size: int | None = None, validation_split: float = 0.0
) -> list[Finding]:
    """Return what looks wrong before training, from at most 1,000 rows; changes, warns and raises nothing.

    Args:
        x: The samples.
        y: The targets, if there are any.
        batch_size: As in `fit`.
        validation_split: As in `fit`.

    Returns:
        One `Finding` each: what, where and one fix. The list is empty where all is well.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(3, activation="softmax")])
        >>> net.compile("sgd", minifw.SparseCategoricalCrossentropyLoss(from_logits=True))
        >>> [finding.where for finding in net.check(np.ones((4, 2)), [0, 1, 2, 0])]
        ['SparseCategoricalCrossentropyLoss']
    """
    arguments.number("check", "validation_split", validation_split, "[0, 1)")
    findings: list[Finding] = []
    shape: Shape | None = None
    try:
        rows = as_numbers(x, "x")
        size = same_length(x=rows, y=None if y is None else as_numbers(y, "y"))
        most = min(size, SAMPLED, max(1, ENTRIES * size // max(rows.size, 1)))
        at = np.unique(np.linspace(0, size - 1, most).astype(np.intp))
        sample = as_batch(rows[at], self._dtype, "x", index=self.input_kind == "index")
        findings += _inputs(self, sample, at)
        if not self.layers:
            return findings
        shape = _shape_after(self, sample)
        if y is not None and self.loss is not None:
            targets = as_numbers(y, "y")
            findings += _targets(self, self.loss, targets[at], shape)
            findings += _order(targets, at, size, validation_split)
        findings += _lone_sample(self, size, batch_size)
    except MinifwError as error:
        findings.append(Finding("x", str(error), "", error))
    return [*findings, *mismatches(self, shape)] if self.layers else findings


def heed(net: Sequential, x: Any, y: Any, batch_size: int | None, validation_split: float) -> None:
    """Raise or warn of what `check` finds; numbers that are not finite are left to the blame."""
    for finding in check(net, x, y, batch_size=batch_size, validation_split=validation_split):
        if finding.error is not None:
            raise finding.error
        if not finding.data:
            warnings.warn(str(finding), UserWarning, stacklevel=3)


def trail(net: Sequential, input_shape: Shape) -> str:
    """Return the shapes on the way through the network, as far as they go.

    Example:
        >>> import minifw
        >>> trail(minifw.Sequential([minifw.Dense(3), minifw.Dense(2)]), (5,))
        '(batch, 5) → dense (batch, 3) → dense_1 (batch, 2)'
    """
    found = [_batch(input_shape)]
    for layer in net.layers:
        try:
            input_shape = layer.output_shape(input_shape)
        except Exception:
            return " → ".join([*found, f"{layer.name} ?"])
        found.append(f"{layer.name} {_batch(input_shape)}")
    return " → ".join(found)


def _shape_after(net: Sequential, sample: Array) -> Shape:
    """Return the shape of the output of one sample, or raise with the trail."""
    shape = sample.shape[1:]
    if net.input_shape is not None and shape != net.input_shape:
        raise wrong_shape(net, shape, sample)
    try:
        if net.packed is None:
            build.plan(net, shape)
        return net.output_shape(shape)
    except MinifwError as error:
        raise type(error)(f"{error} (shapes: {trail(net, shape)})", **vars(error)) from error


def _inputs(net: Sequential, sample: Array, at: Array) -> Iterator[Finding]:
    first = net.layers[0] if net.layers else net
    if sample.dtype.kind != "f" or not sample.size:
        return
    finite = np.isfinite(sample)
    if not finite.all():
        row = at[np.argmin(finite.reshape(len(sample), -1).all(axis=1))]
        yield Finding("x", f"it holds NaN or infinities, such as in row {row}", "fill or drop those rows", data=True)
    largest = float(np.abs(sample[finite]).max()) if finite.any() else 0.0
    if largest > WILD and not first.takes_any_size:
        yield Finding(
            f"layer 0, {tree.label(first)}",
            f"its inputs go up to {largest:.3g}",
            "scale them to about -1 to 1, or put Normalization first",
        )


def _targets(net: Sequential, loss: Loss, targets: Array, shape: Shape) -> Iterator[Finding]:
    with np.errstate(over="ignore"):
        target = targets if loss.target_kind == "index" else targets.astype(net._dtype)
    if target.dtype.kind == "f" and not np.isfinite(target).all():
        yield Finding("y", "it holds NaN or infinities", "fill or drop those rows", data=True)
        return
    try:
        loss.admit(target, np.zeros((len(target), *shape), net._dtype))
    except ShapeError as error:
        text = f"{error} (shapes: {trail(net, net.input_shape or ())})" if net.packed is not None else str(error)
        yield Finding("y", text, "", ShapeError(text, **vars(error)))
    except MinifwError as error:
        yield Finding("y", str(error), "", error)


def _order(targets: Array, at: Array, size: int, validation_split: float) -> Iterator[Finding]:
    """Look at what `validation_split` would cut off: the last rows."""
    if not 0 < validation_split < 1:
        return
    split(size, validation_split)
    labels = targets[at]
    if labels.ndim == 2 and labels.shape[1] > 1 and (np.count_nonzero(labels, axis=1) == 1).all():
        labels = labels.argmax(axis=1)  # one-hot rows
    labels = labels.reshape(len(labels), -1)
    steps = np.diff(labels[:, 0].astype(np.float64))
    if labels.shape[1] == 1 and len(labels) >= FEW and steps.any() and ((steps >= 0).all() or (steps <= 0).all()):
        yield Finding(
            "validation_split",
            "it takes the last rows, and the targets are sorted, so it validates on what was never trained",
            "shuffle x and y together first",
        )


def _lone_sample(net: Sequential, size: int, batch_size: int | None) -> list[Finding]:
    batch = 32 if batch_size is None else batch_size
    lone = isinstance(batch, int) and batch > 0 and (batch == 1 or size % batch == 1)
    return [
        Finding(
            tree.label(layer),
            "a batch of one sample has no variance, so it gives its beta there",
            "choose a batch_size that leaves no single sample, or LayerNormalization",
        )
        for layer in tree.walk(net)
        if lone and layer.mixes_samples and layer.trainable
    ]


def _batch(shape: Shape) -> str:
    return f"({', '.join(['batch', *map(str, shape)])})"
