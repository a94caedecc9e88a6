"""Who made the first number that is not finite, and why: a batch is gone through again, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._typing import Array
from ..engine.errstate import silent
from ..errors import NonFiniteError, shown
from ..layers.base import Layer
from ..network import tree
from ..network.entries import Entry
from ..network.tap import Hop, Hops, tap

if TYPE_CHECKING:
    from ..losses.base import Loss
    from ..regularizers import Regularizer
    from ..sequential import Sequential
    from ..training.batches import Batch

FEW = 10
"""Rows that a message lists."""

GROWN = 1e4
"""Weights of this size come from steps that were too long; layers start with some of size 1 and smaller."""

HUGE = 1e15
"""Numbers whose squares and products soon leave the range of float32."""

NO_ROWS = np.empty(0, int)


class Suspect(NamedTuple):
    """Where the first number that is not finite came from.

    Attributes:
        who: What messages call it.
        name: The layer's name with those around it, or the loss's class.
        direction: `"forward"`, `"loss"` or `"backward"`.
        what: What is not finite.
        cause: What is likely the reason.
        rows: Which rows of the batch.
        x: What came in.
        weights: The parameters of the layer, by name.
    """

    who: str
    name: str
    direction: str
    what: str
    cause: str
    rows: Array = NO_ROWS
    x: Array | None = None
    weights: dict[str, Array] = {}  # noqa: RUF012 (never written to)


class _LocatedError(Exception):
    """Ends the pass at the first number that is not finite; its argument is the `Suspect`."""


@silent
def locate(net: Sequential, batch: Batch, value: float, where: str, **place: int) -> NonFiniteError:
    """Return the error that names the first layer whose output, message or gradients are not finite.

    Args:
        net: A network on its weights from before the update, with its generators rewound to where the batch began.
        batch: The samples, targets and weights.
        value: The loss that was found.
        where: Begins the message.
        place: More for the error to carry.
    """
    try:
        suspect = _first(net, batch)
    except _LocatedError as error:
        suspect = error.args[0]
    except Exception as error:  # whoever breaks here, what was found before counts
        direction, what = ("backward", "a gradient") if math.isfinite(value) else ("loss", "the loss")
        cause = f"unknown: going through the batch a second time raised {type(error).__name__}: {error}"
        suspect = Suspect(tree.label(net), net.name, direction, f"{what} is not finite", cause)
    who, name, direction, what, cause, bad_rows, x, weights = suspect
    rate = float(net.optimizer.learning_rate)
    rows = [int(row) for row in (bad_rows if batch.rows is None else np.r_[batch.rows][bad_rows])]
    lines = [f"{where}: {who}, {direction}: {what}"]
    lines += [f"  its input: {_text(x)}"] if x is not None else []
    texts = "; ".join(f"{key} {_text(array)}" for key, array in weights.items())
    lines += [f"  its weights: {texts}"] if texts else []
    if rows:
        few = ", ".join(map(str, rows[:FEW])) + (", ..." if len(rows) > FEW else "")
        data = "the batch" if batch.rows is None else "x"
        lines.append(f"  rows of {data}: {few} ({len(rows)} of {len(batch.x)} in the batch)")
    lines += [f"  loss: {value}", f"  learning rate: {shown(rate)}", f"  likely cause: {cause}"]
    text = "\n".join([*lines, "The weights are those from before this batch."])
    ranges = {"input_range": x if x is None else _range(x), "weight_ranges": {key: _range(weights[key]) for key in weights}}
    about = {"layer": name, "direction": direction, "cause": cause, "rows": rows, "batch": batch[:3], **ranges, **place}
    return NonFiniteError(text, loss=value, learning_rate=rate, **about)


def _first(net: Sequential, batch: Batch) -> Suspect:
    """Go forward and back; return or raise whom the first number that is not finite came from."""
    loss = net.loss
    assert loss is not None
    known = {id(layer): (path or layer.name, _weights(layer)) for path, layer in tree.paths(net)}
    hops, inputs = Hops(), dict[int, Array]()

    def look(hop: Hop) -> None:
        if not hops.take(hop):
            return
        layer, forward = hop.layer, hop.direction == "forward"
        made = [("its output is" if forward else "the message that it calculates is", hop.sent)]
        if forward:
            inputs[id(layer)] = hop.came.copy()
        elif layer.trainable:
            made += [("the gradient that it calculates is", grad) for grad in vars(layer.grads).values()]
        for what, array in made:
            if array is not None and not np.isfinite(array).all():
                raise _LocatedError(_in_layer(net, batch, hop, what, array, inputs.get(id(layer)), *known[id(layer)]))

    with tap(net, look):
        y_pred = net.forward(batch.x, training=True)
        value, penalty = loss.forward(batch.y, y_pred, batch.sample_weight), net.penalty()
        error_grad = loss.backward()
        for what, number in (("loss", value), ("penalty", penalty), ("gradient", error_grad)):
            if not np.isfinite(number).all():
                rows, cause = _in_loss(net, loss, batch, y_pred, what, error_grad)
                name = type(loss).__name__
                return Suspect(name, name, "loss", f"the {what} is not finite", cause, rows, y_pred)
        net.backward(error_grad, to_input=True)
    return _in_penalty(net) or Suspect(
        *(tree.label(net), net.name, "backward", "a gradient is not finite"),
        "it did not happen again when the batch was gone through a second time: a callback has changed the gradients in "
        "on_backward_end, or a layer keeps something that is neither its state nor its generator",
    )


def _in_layer(
    net: Sequential, batch: Batch, hop: Hop, what: str, bad: Array, x: Array | None, name: str, weights: dict[str, Array]
) -> Suspect:
    rows = NO_ROWS if "gradient" in what else _rows(bad)  # a gradient has no rows
    if x is not None and not np.isfinite(x).all() and not np.isfinite(batch.x).all():
        rows = _rows(batch.x)
        large = batch.x.dtype == np.float32 and np.isinf(batch.x).any()
        more = "; numbers above 3.4e38 are too large for float32: scale them, or take dtype='float64'" if large else ""
        cause = f"the data: x holds NaN or infinities in {len(rows)} of the {len(batch.x)} rows; fill or drop them{more}"
    elif hop.direction == "backward" and (heavy := _weights_too_large(batch)):
        rows, cause = heavy
    else:
        cause = likely_cause(net, hop, x, bad, weights)
    who = f"layer {name} ({type(hop.layer).__name__})"
    return Suspect(who, name, hop.direction, f"{what} not finite", cause, rows, x, weights)


def _in_loss(net: Sequential, loss: Loss, batch: Batch, y_pred: Array, what: str, error_grad: Array) -> tuple[Array, str]:
    """Return the rows and the likely reason when the loss, its penalty or its gradient is not finite."""
    target, y_pred = loss.admit(batch.y, y_pred)
    if y_pred.ndim < 2:
        target, y_pred = target.reshape(-1, 1), y_pred.reshape(-1, 1)
    rows = NO_ROWS if what == "penalty" else _rows(loss.values(target, y_pred) if what == "loss" else error_grad)
    if len(wrong := _rows(target)):
        return wrong, f"the data: y holds NaN or infinities in {len(wrong)} of the {len(target)} rows; fill or drop them"
    if what != "penalty" and (heavy := _weights_too_large(batch)):
        return heavy
    if grown := _grown(net):
        return rows, grown
    if what == "penalty":
        names = [
            f"{type(regularizer).__name__} of {entry.name}"
            for entry, regularizer in _penalized(net)
            if not np.isfinite(regularizer(entry.array))
        ]
        return rows, f"a penalty that is not finite: {', '.join(names) or 'the sum of all'}"
    at = rows if len(rows) else slice(None)
    if max(np.abs(y_pred[at]).max(), np.abs(target[at]).max()) > HUGE:
        return rows, "predictions or targets too large for their dtype: scale the data, or lower the learning rate"
    argument = y_pred[rows] if loss.takes_logarithm else NO_ROWS
    if ((argument == 0) | (argument == 1)).any():
        fix = "clip them, or take a loss on scores (from_logits=True)"
        return rows, f"a logarithm of 0, or a division by 0: predictions are exactly 0 or 1; {fix}"
    if (argument < 0).any():
        fix = "end the network in what is never below 0 (softplus or relu for counts, softmax or sigmoid for shares)"
        return rows, f"a logarithm of predictions below 0, down to {argument.min():.6g}: {fix}"
    return rows, f"{type(loss).__name__} itself"


def _in_penalty(net: Sequential) -> Suspect | None:
    """Return who it was if only the gradient of a penalty has spoilt that of a layer."""
    for entry, regularizer in _penalized(net):
        bad, path = ~np.isfinite(entry.grad), entry.name.rpartition("/")[0]
        if bad.any():
            cause = (
                f"the gradient of the regularizer {type(regularizer).__name__} at {entry.name}, in {bad.sum()} of its "
                f"{bad.size} entries{', which are exactly 0' if (entry.array[bad] == 0).all() else ''}"
            )
            who, what = f"layer {path} ({type(entry.layer).__name__})", f"the gradient of {entry.key} is not finite"
            return Suspect(who, path, "backward", what, cause, weights={entry.key: entry.array})
    return None


def likely_cause(net: Sequential, hop: Hop, x: Array | None, bad: Array, weights: dict[str, Array]) -> str:
    """Return the likely reason why what a layer calculated is not finite, read off the numbers around it.

    Args:
        net: The network.
        hop: The layer and the direction.
        x: What came in forwards, if that is known.
        bad: The output, message or gradient.
        weights: The layer's parameters and state, by name.
    """
    for name, array in weights.items():
        if not np.isfinite(array).all():
            return f"its {name} is not finite itself: set or loaded so, or the last update was too large for its dtype"
    if grown := _grown(net):
        return grown
    if x is not None and x.shape == bad.shape and x.dtype.kind == "f" and (reason := _elementwise(x, bad)):
        return reason
    if x is not None and x.size and np.abs(x).max() > HUGE:
        return "numbers too large for their dtype come in: scale the data, or look at the layers before"
    name, ours = type(hop.layer).__name__, type(hop.layer).__module__.startswith("minifw.")
    return f"the {hop.direction} of {name} itself" + ("" if ours else f" (minifw.check_layer({name}(...), shape) tries it)")


def _elementwise(x: Array, y: Array) -> str | None:
    """Return why a function of single numbers, or of rows or columns that it normalizes, has no finite value."""
    undefined, at = np.isnan(y).any(), x[~np.isfinite(y)]
    if undefined and x.ndim > 1 and _constant(x, ~np.isfinite(y)):
        return "a division by a deviation of 0: a row or column holds one number only; add an epsilon, or drop that feature"
    if (at == 0).all():
        return "a logarithm of 0, or a division by 0: its input is exactly 0 there; add an epsilon or clip it"
    if undefined and (at <= 0).all():
        return "a logarithm or root of numbers below 0; clip its input"
    if at.min() > np.log(np.finfo(x.dtype).max):
        return f"an exponential that overflows: its input reaches {at.max():.6g} there; scale it or subtract its maximum"
    return None


def _constant(x: Array, bad: Array) -> bool:
    """Whether what is not finite lies in columns, or else in rows, whose numbers are all the same."""
    x, bad = x.reshape(len(x), -1), bad.reshape(len(x), -1)
    return any(x.shape[axis] > 1 and (np.ptp(x, axis)[bad.any(axis)] == 0).all() for axis in (0, 1))


def _weights_too_large(batch: Batch) -> tuple[Array, str] | None:
    """Return the rows and the reason if samples have weights that no gradient stands."""
    weights = batch.sample_weight
    if weights is None or not np.max(weights) > HUGE:
        return None
    rows = np.flatnonzero((weights > HUGE).reshape(len(weights), -1).any(axis=1))
    fix = "divide sample_weight or class_weight by one number"
    return rows, f"the weights of the samples, which go up to {np.max(weights):.3g}: too large for their dtype; {fix}"


def _grown(net: Sequential) -> str | None:
    """Return the reason if a weight of the network is larger than training leaves them."""
    sizes = ((float(np.abs(param).max()), name) for name, param, _ in net.named_parameters())
    largest, name = max(sizes, default=(0.0, ""))
    fix = "the learning rate is too high; lower it, clip the gradients (clipnorm=1.0) or scale the data"
    return f"exploding weights, {name} has grown to {largest:.3g}: {fix}" if largest > GROWN else None


def _penalized(net: Sequential) -> Iterator[tuple[Entry, Regularizer]]:
    """Yield the parameters with a penalty, also of networks inside."""
    for entry in net.entries():
        if entry.param.regularizer and not entry.frozen:
            yield entry, entry.param.regularizer


def _weights(layer: Layer) -> dict[str, Array]:
    """Return parameters and state by name; the state, which moves while the batch is gone through, as it is now."""
    return {**vars(layer.params), **{name: array.copy() for name, array in vars(layer.state).items()}}


def _rows(array: Array) -> Array:
    """Return the rows that hold something that is not finite."""
    return np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))


def _range(array: Array) -> tuple[float, float]:
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (math.nan, math.nan)


def _text(array: Array) -> str:
    low, high = _range(array)
    bad = array.size - int(np.isfinite(array).sum())
    odd = f", {bad} of {array.size} not finite" if bad else ""
    return f"{low:.6g} to {high:.6g}{odd}" if not math.isnan(low) else f"nothing finite in {array.size} numbers"
