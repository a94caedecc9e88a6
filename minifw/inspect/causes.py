"""What is likely the reason for a number that is not finite, read off the numbers around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array
from ..layers.base import Layer
from ..network import penalties

if TYPE_CHECKING:
    from ..regularizers import Regularizer
    from ..sequential import Sequential
    from ..training.batches import Batch

GROWN = 1e4
"""Weights of this size come from steps that were too long; layers start with some of size 1 and smaller."""

HUGE = 1e15
"""Numbers whose squares and products soon leave the range of float32."""


def cause_in_layer(
    net: Sequential, layer: Layer, direction: str, x: Array | None, bad: Array, weights: dict[str, Array]
) -> str:
    """Return the likely reason why what a layer calculated is not finite.

    Args:
        net: The network.
        layer: The layer.
        direction: `"forward"` or `"backward"`.
        x: What came in, if that is known.
        bad: The output, message or gradient.
        weights: The layer's parameters and state, by name.
    """
    for name, array in weights.items():
        if not np.isfinite(array).all():
            return f"its {name} is not finite itself: set or loaded so, or the last update was too large for its dtype"
    grown = _grown(net)
    if grown:
        return grown
    if x is not None and x.shape == bad.shape and x.dtype.kind == "f":
        reason = _elementwise(x, ~np.isfinite(bad), bool(np.isnan(bad).any()))
        if reason:
            return reason
    if x is not None and x.size and np.abs(x).max() > HUGE:
        return "numbers too large for their dtype come in: scale the data, or look at the layers before"
    name, ours = type(layer).__name__, type(layer).__module__.startswith("minifw.")
    return f"the {direction} of {name} itself" + ("" if ours else f" (minifw.check_layer({name}(...), shape) tries it)")


def cause_in_loss(net: Sequential, batch: Batch, y_pred: Array, what: str, error_grad: Array) -> tuple[Array, str]:
    """Return the rows and the likely reason when the loss, its penalty or its gradient is not finite."""
    loss = net.loss
    assert loss is not None
    target, y_pred = loss.admit(batch.y, y_pred)
    if y_pred.ndim < 2:
        target, y_pred = target.reshape(-1, 1), y_pred.reshape(-1, 1)
    bad = ~np.isfinite(loss.values(target, y_pred) if what == "loss" else error_grad)
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1)) if what != "penalty" else np.empty(0, int)
    wrong = np.flatnonzero(~np.isfinite(target).reshape(len(target), -1).all(axis=1))
    if len(wrong):
        return wrong, f"the data: y holds NaN or infinities in {len(wrong)} of the {len(target)} rows; fill or drop them"
    heavy = weights_too_large(batch)
    if heavy and what != "penalty":
        return heavy
    grown = _grown(net)
    if grown:
        return rows, grown
    if what == "penalty":
        found = [
            f"{type(each).__name__} of {name}" for name, each, param, _ in penalized(net) if not np.isfinite(each(param))
        ]
        return rows, f"a penalty that is not finite: {', '.join(found) or 'the sum of all'}"
    at = rows if len(rows) else slice(None)
    if max(np.abs(y_pred[at]).max(), np.abs(target[at]).max()) > HUGE:
        return rows, "predictions or targets too large for their dtype: scale the data, or lower the learning rate"
    if len(rows) and loss.takes_logarithm and ((y_pred[rows] == 0) | (y_pred[rows] == 1)).any():
        return rows, (
            "a logarithm of 0, or a division by 0: predictions are exactly 0 or 1; clip them, or take a loss on scores "
            "(from_logits=True)"
        )
    if len(rows) and loss.takes_logarithm and (y_pred[rows] < 0).any():
        return rows, (
            f"a logarithm of predictions below 0, down to {y_pred[rows].min():.6g}: end the network in what is never below "
            "0 (softplus or relu for counts, softmax or sigmoid for shares)"
        )
    return rows, f"{type(loss).__name__} itself"


def weights_too_large(batch: Batch) -> tuple[Array, str] | None:
    """Return the rows and the reason if samples have weights that no gradient stands."""
    weights = batch.sample_weight
    if weights is None or not np.max(weights) > HUGE:
        return None
    return np.flatnonzero((weights > HUGE).reshape(len(weights), -1).any(axis=1)), (
        f"the weights of the samples, which go up to {np.max(weights):.3g}: too large for their dtype; divide sample_weight "
        "or class_weight by one number"
    )


def cause_in_penalty(name: str, regularizer: Regularizer, param: Array, grad: Array) -> str:
    """Return where the gradient of a penalty is not finite, when the layers' own gradients are."""
    bad = ~np.isfinite(grad)
    at = ", which are exactly 0" if (param[bad] == 0).all() else ""
    return (
        f"the gradient of the regularizer {type(regularizer).__name__} at {name}, in {bad.sum()} of its {param.size} "
        f"entries{at}"
    )


def penalized(net: Sequential) -> Iterator[tuple[str, Regularizer, Array, Array]]:
    """Yield `(name, regularizer, param, grad)` of the parameters with a penalty, also of networks inside."""
    names = {id(grad): name for name, _, grad in net.named_parameters()}
    networks: list[Any] = [layer for layer in net._everyone() if layer.owns_vectors]
    for network in networks:
        for each in penalties.collect(network):
            yield names[id(each.grad)], *each


def _elementwise(x: Array, bad: Array, undefined: bool) -> str | None:
    """Return why a function of single numbers, or of rows or columns that it normalizes, has no finite value."""
    at = x[bad]
    if undefined and _constant(x, bad):
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
    if x.ndim < 2:
        return False
    flat, hit = x.reshape(len(x), -1), bad.reshape(len(x), -1)
    columns = len(x) > 1 and bool((np.ptp(flat, axis=0)[hit.any(axis=0)] == 0).all())
    return columns or (flat.shape[1] > 1 and bool((np.ptp(flat, axis=1)[hit.any(axis=1)] == 0).all()))


def _grown(net: Sequential) -> str | None:
    """Return the reason if a weight of the network is larger than training leaves them."""
    sizes = ((float(np.abs(param).max()), name) for name, param, _ in net.named_parameters())
    largest, name = max(sizes, default=(0.0, ""))
    if largest <= GROWN:
        return None
    return (
        f"exploding weights, {name} has grown to {largest:.3g}: the learning rate is too high; lower it, clip the gradients "
        "(clipnorm=1.0) or scale the data"
    )
