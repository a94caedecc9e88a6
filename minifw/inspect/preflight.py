"""What is wrong before the first step: shapes, targets, activations and numbers that do not belong together."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..arrays import as_batch, as_numbers, same_length, split
from ..config import is_built_in
from ..errors import ArgumentTypeError, MinifwError, ShapeError
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import build, tree
from ..network.inputs import batch_of, wrong_shape

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

ENDING = {"shares that sum to 1": "softmax", "probabilities": "sigmoid"}
"""The activation that gives what a loss wants."""


class Finding(NamedTuple):
    """Something that does not belong together; as text it is one line.

    Attributes:
        where: The layer, the loss, the metric or the argument.
        what: What is wrong there.
        fix: One thing to do about it.
        error: What `fit` raises for it; without one it warns.
        quiet: Whether `fit` says nothing of it: what is not finite training finds and explains, a metric spoils no training,
            and what only a file cannot hold, such as a lambda, is as meant.
    """

    where: str
    what: str
    fix: str
    error: MinifwError | None = None
    quiet: bool = False

    def __str__(self) -> str:
        return str(self.error) if self.error is not None else f"{self.where}: {self.what}; {self.fix}"


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
    try:
        rows, targets = as_numbers(x, "x"), None if y is None else as_numbers(y, "y")
        size = same_length(x=rows, y=targets)
        most = min(size, SAMPLED, max(1, ENTRIES * size // max(rows.size, 1)))
        at = np.unique(np.linspace(0, size - 1, most).astype(np.intp))
        sample = as_batch(rows[at], self._dtype, "x", index=self.input_kind == "index")
        findings += _inputs(self, sample, at)
        if not self.layers:
            return findings
        shape = _shape_after(self, sample)
        if targets is not None and self.loss is not None:
            findings += _targets(self, self.loss, targets[at], shape)
            findings += _order(targets[at], size, validation_split)
        findings += _thresholds(self, None if targets is None else targets[at], shape)
        findings += _lone_sample(self, size, 32 if batch_size is None else batch_size)
    except MinifwError as error:
        findings.append(Finding("x", str(error), "", error))
    return [*findings, *_mismatches(self), *unsaved(self)] if self.layers else findings


def enforce(findings: Iterable[Finding]) -> None:
    """Raise or warn of what was found; numbers that are not finite are left to training, which locates them."""
    for finding in findings:
        if finding.error is not None:
            raise finding.error
        if not finding.quiet:
            warnings.warn(str(finding), UserWarning, stacklevel=3)


def trail(net: Sequential, input_shape: Shape) -> str:
    """Return the shapes on the way through the network, as far as they go.

    Example:
        >>> import minifw
        >>> trail(minifw.Sequential([minifw.Dense(3), minifw.Dense(2)]), (5,))
        '(batch, 5) → dense (batch, 3) → dense_1 (batch, 2)'
    """
    shapes = [batch_of(input_shape)]
    for layer in net.layers:
        try:
            input_shape = layer.output_shape(input_shape)
        except Exception:
            return " → ".join([*shapes, f"{layer.name} ?"])
        shapes.append(f"{layer.name} {batch_of(input_shape)}")
    return " → ".join(shapes)


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
        yield Finding("x", f"it holds NaN or infinities, such as in row {row}", "fill or drop those rows", quiet=True)
    largest = np.abs(sample[finite]).max(initial=0.0)
    if largest > WILD and not first.takes_any_size:
        what, fix = f"its inputs go up to {largest:.3g}", "scale them to about -1 to 1, or put Normalization first"
        yield Finding(f"layer 0, {tree.label(first)}", what, fix)


def _targets(net: Sequential, loss: Loss, targets: Array, shape: Shape) -> Iterator[Finding]:
    with np.errstate(over="ignore"):
        target = targets if loss.target_kind == "index" else targets.astype(net._dtype)
    if target.dtype.kind == "f" and not np.isfinite(target).all():
        yield Finding("y", "it holds NaN or infinities", "fill or drop those rows", quiet=True)
        return
    try:
        loss.admit(target, np.zeros((len(target), *shape), net._dtype))
    except MinifwError as error:
        if isinstance(error, ShapeError) and net.packed is not None:
            error = ShapeError(f"{error} (shapes: {trail(net, net.input_shape or ())})", **vars(error))
        yield Finding("y", str(error), "", error)


def _thresholds(net: Sequential, targets: Array | None, shape: Shape) -> Iterator[Finding]:
    """Look for metrics that count what is right, where nothing can be, or above 0.5, where 0 is the middle."""
    wants = net.loss.wants if net.loss is not None else ""
    fractions = wants is None and targets is not None and (targets != np.floor(targets)).any()
    halved = ("probabilities", "one probability") if shape[-1:] == (1,) else ("probabilities",)
    for key, metric in (*net.metrics.plain.items(), *net.metrics.weighted.items()) if net.metrics is not None else ():
        where = f"metric {key!r}"
        if fractions and metric.wants is not None:
            what = "it counts classes that are right, but the targets are fractions"
            yield Finding(where, what, "take 'mae', 'mse' or 'r2_score'", quiet=True)
        if wants == "scores" and metric.wants in halved:
            what = "it counts what is above 0.5, but the network ends in scores, where 0 is the middle"
            fix = "use a threshold of 0, as in BinaryAccuracy(threshold=0.0), or end with sigmoid and no from_logits"
            yield Finding(where, what, fix)


def _order(labels: Array, size: int, validation_split: float) -> Iterator[Finding]:
    """Look at what `validation_split` would cut off: the last rows."""
    if validation_split == 0:
        return
    split(size, validation_split)
    if labels.ndim == 2 and labels.shape[1] > 1 and (np.count_nonzero(labels, axis=1) == 1).all():
        labels = labels.argmax(axis=1)  # one-hot rows
    labels = labels.reshape(len(labels), -1)
    steps = np.diff(labels[:, 0].astype(np.float64))
    if labels.shape[1] == 1 and len(labels) >= FEW and steps.any() and ((steps >= 0).all() or (steps <= 0).all()):
        what = "it takes the last rows, and the targets are sorted, so it validates on what was never trained"
        yield Finding("validation_split", what, "shuffle x and y together first")


def _lone_sample(net: Sequential, size: int, batch_size: int) -> Iterator[Finding]:
    """Look for layers that are not ready, and for a batch of one sample and layers that cannot learn from it."""
    lone = isinstance(batch_size, int) and batch_size > 0 and (batch_size == 1 or size % batch_size == 1)
    fix = "choose a batch_size that leaves no single sample, or LayerNormalization"
    for layer in tree.walk(net):
        if layer.unready:
            yield Finding(tree.label(layer), *layer.unready)
        if lone and layer.mixes_samples and layer.trainable:
            yield Finding(tree.label(layer), "a batch of one sample has no variance, so it gives its beta there", fix)


def _mismatches(net: Sequential) -> Iterator[Finding]:
    """Compare what the last layer gives with what the loss wants."""
    if net.loss is None:
        return
    loss, wants, last = type(net.loss).__name__, net.loss.wants, _end(net)
    if wants == "scores" and last.gives in (*ENDING, "logarithms"):
        what = f"from_logits=True wants scores, but {tree.label(last)} gives {last.gives}"
        yield Finding(loss, what, "drop one of the two")
    elif wants in ENDING and last.gives not in (None, wants):
        fix = f"end the network with {ENDING[wants]}" + ", or pass from_logits=True" * (last.gives == "any numbers")
        yield Finding(loss, f"it wants {wants}, but {tree.label(last)} gives {last.gives}", fix)


def unsaved(net: Sequential) -> Iterator[Finding]:
    """Look for arguments that a file could not hold."""
    for thing in (*tree.walk(net), net.optimizer, net.loss, *(net.metrics or ())):
        if thing is not None and not hasattr(thing, "layers"):
            try:
                thing.config()
            except ArgumentTypeError as error:
                what, _, fix = str(error).partition(": ")[2].partition("; ")
                where = tree.label(thing) if isinstance(thing, Layer) else type(thing).__name__
                built_in = is_built_in(type(thing).__module__)
                yield Finding(where, what, f"{fix or 'store it'}, or save() refuses the network", quiet=built_in)


def _end(layer: Layer) -> Layer:
    """Return the innermost layer that gives what a layer gives: an activation inside, the last of a chain."""
    inner = layer.children()
    return _end(inner[-1][1]) if inner and layer.gives is not None and inner[-1][1].gives == layer.gives else layer
