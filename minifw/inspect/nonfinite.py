"""Who made the first number that is not finite: a batch is gone through again, layer by layer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._typing import Array
from ..engine.errstate import silent
from ..errors import NonFiniteError, shown
from ..layers.base import Layer
from ..network import tree
from ..network.tap import Hop, Hops, tap
from .causes import cause_in_layer, cause_in_loss, cause_in_penalty, penalized, weights_too_large

if TYPE_CHECKING:
    from ..sequential import Sequential
    from ..training.batches import Batch

FEW = 10
"""Rows that a message lists."""


class Suspect(NamedTuple):
    """Where the first number that is not finite came from.

    Attributes:
        who: What messages call it.
        name: The layer's name with those around it, or the loss's class.
        direction: `"forward"`, `"loss"` or `"backward"`.
        what: What is not finite.
        x: What came in.
        weights: The parameters of the layer, by name.
        rows: Which rows of the batch.
        cause: What is likely the reason.
    """

    who: str
    name: str
    direction: str
    what: str
    x: Array | None
    weights: dict[str, Array]
    rows: Array
    cause: str


@silent
def blame(net: Sequential, batch: Batch, value: float, where: str, **place: int) -> NonFiniteError:
    """Return the error that names the first layer whose output, message or gradients are not finite.

    Args:
        net: A network on its weights from before the update, with its generators rewound to where the batch began.
        batch: The samples, targets and weights.
        value: The loss that was found.
        where: Begins the message.
        place: More for the error to carry.
    """
    try:
        found = _first(net, batch)
    except Exception as error:  # whoever breaks here, what was found before counts
        direction, what = ("backward", "a gradient") if math.isfinite(value) else ("loss", "the loss")
        cause = f"unknown: going through the batch a second time raised {type(error).__name__}: {error}"
        found = Suspect(tree.label(net), net.name, direction, f"{what} is not finite", None, {}, np.empty(0, int), cause)
    rate = float(net.optimizer.learning_rate)
    rows = [int(row) for row in _in_data(batch.rows, found.rows)]
    ranges = {name: _range(array) for name, array in found.weights.items()}
    lines = [f"{where}: {found.who}, {found.direction}: {found.what}"]
    if found.x is not None:
        lines.append(f"  its input: {_text(found.x)}")
    if found.weights:
        lines.append("  its weights: " + "; ".join(f"{name} {_text(array)}" for name, array in found.weights.items()))
    if rows:
        few = ", ".join(map(str, rows[:FEW])) + (", ..." if len(rows) > FEW else "")
        lines.append(
            f"  rows of {'the batch' if batch.rows is None else 'x'}: {few} ({len(rows)} of {len(batch.x)} in the batch)"
        )
    lines += [f"  loss: {value}", f"  learning rate: {shown(rate)}", f"  likely cause: {found.cause}"]
    lines.append("The weights are those from before this batch.")
    return NonFiniteError(
        "\n".join(lines),
        layer=found.name,
        direction=found.direction,
        input_range=None if found.x is None else _range(found.x),
        weight_ranges=ranges,
        rows=rows,
        learning_rate=rate,
        cause=found.cause,
        batch=(batch.x, batch.y, batch.sample_weight),
        loss=value,
        **place,
    )


class _FoundError(Exception):
    """Ends the pass at the first number that is not finite."""

    def __init__(self, suspect: Suspect) -> None:
        self.suspect = suspect


def _first(net: Sequential, batch: Batch) -> Suspect:
    loss = net.loss
    assert loss is not None
    known = {id(layer): (path or layer.name, _weights(layer)) for path, layer in tree.paths(net)}
    came: dict[int, Array] = {}
    hops = Hops()

    def look(hop: Hop) -> None:
        if hops.take(hop) and (wrong := _wrong(hop, came)) is not None:
            what, array = wrong
            layer, x = hop.layer, came.get(id(hop.layer))
            raise _FoundError(_layer(net, batch, layer, known[id(layer)], hop.direction, what, x, array))

    try:
        with tap(net, look):
            y_pred = net.forward(batch.x, training=True)
        value = loss.forward(batch.y, y_pred, batch.sample_weight)
        penalty = net.penalty()
        error_grad = loss.backward()
        for what, number in (("loss", value), ("penalty", penalty), ("gradient", error_grad)):
            if not np.isfinite(number).all():
                rows, cause = cause_in_loss(net, batch, y_pred, what, error_grad)
                name = type(loss).__name__
                return Suspect(name, name, "loss", f"the {what} is not finite", y_pred, {}, rows, cause)
        with tap(net, look):
            net.backward(error_grad, to_input=True)
    except _FoundError as found:
        return found.suspect
    return _penalty(net) or Suspect(
        *(tree.label(net), net.name, "backward", "a gradient is not finite", None, {}, np.empty(0, int)),
        "it did not happen again when the batch was gone through a second time: a callback has changed the gradients in "
        "on_backward_end, or a layer keeps something that is neither its state nor its generator",
    )


def _wrong(hop: Hop, came: dict[int, Array]) -> tuple[str, Array] | None:
    """Return what of a hop is not finite, and keep what came in."""
    if hop.direction == "forward":
        came[id(hop.layer)] = hop.came.copy()
        made = [("its output is", hop.sent)]
    else:
        grads = vars(hop.layer.grads).values() if hop.layer.trainable else ()
        made = [("the message that it calculates is", hop.sent), *(("the gradient that it calculates is", g) for g in grads)]
    bad = (array is not None and not np.isfinite(array).all() for _, array in made)
    return next(((f"{what} not finite", array) for (what, array), is_bad in zip(made, bad, strict=True) if is_bad), None)


def _penalty(net: Sequential) -> Suspect | None:
    """Return who is to blame if only the gradient of a penalty has spoilt that of a layer."""
    layers = dict(tree.paths(net))
    for name, regularizer, param, grad in penalized(net):
        if not np.isfinite(grad).all():
            path, _, key = name.rpartition("/")
            who, what = f"layer {path} ({type(layers[path]).__name__})", f"the gradient of {key} is not finite"
            cause = cause_in_penalty(name, regularizer, param, grad)
            return Suspect(who, path, "backward", what, None, {key: param}, np.empty(0, int), cause)
    return None


def _weights(layer: Layer) -> dict[str, Array]:
    """Return parameters and state by name; the state, which moves while the batch is gone through, as it is now."""
    return {**vars(layer.params), **{name: array.copy() for name, array in vars(layer.state).items()}}


def _layer(
    net: Sequential,
    batch: Batch,
    layer: Layer,
    known: tuple[str, dict[str, Array]],
    direction: str,
    what: str,
    x: Any,
    bad: Array,
) -> Suspect:
    name, weights = known
    rows = np.empty(0, int) if "gradient" in what else _rows(bad)  # a gradient has no rows
    if x is not None and not np.isfinite(x).all() and not np.isfinite(batch.x).all():
        rows = _rows(batch.x)
        cause = f"the data: x holds NaN or infinities in {len(rows)} of the {len(batch.x)} rows; fill or drop them"
    elif direction == "backward" and (heavy := weights_too_large(batch)):
        rows, cause = heavy
    else:
        cause = cause_in_layer(net, layer, direction, x, bad, weights)
    return Suspect(f"layer {name} ({type(layer).__name__})", name, direction, what, x, weights, rows, cause)


def _rows(array: Array) -> Array:
    """Return the rows that hold something that is not finite."""
    return np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))


def _in_data(taken: Any, rows: Array) -> Array:
    """Return rows of the batch as rows of the data that it was taken from."""
    if taken is None:
        return rows
    found: Array = rows + taken.start if isinstance(taken, slice) else taken[rows]
    return found


def _range(array: Array) -> tuple[float, float]:
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)


def _text(array: Array) -> str:
    low, high = _range(array)
    bad = array.size - int(np.isfinite(array).sum())
    odd = f", {bad} of {array.size} not finite" if bad else ""
    return f"{low:.6g} to {high:.6g}{odd}" if not math.isnan(low) else f"nothing finite in {array.size} numbers"
