"""Exponentials that share one sum, its logarithm, and the way back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import divide, maximum, multiply, subtract

from .._typing import Array
from ..engine.errstate import silent
from ..engine.reductions import with_column


@silent  # inf - inf is NaN on purpose, -1e308 - 1e308 is far enough
def softmax(x: Array, axis: int | Sequence[int] = -1, out: Array | None = None) -> Array:
    """Return `exp(x) / sum(exp(x))` along an axis, after subtracting the maximum.

    A row that holds `+inf`, or nothing but `-inf`, has no limit: it becomes NaN.

    Args:
        x: Scores, any shape.
        axis: The axis, or axes, whose values sum to 1.
        out: Where the result goes.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    scores = _rows(x, axis)
    e = with_column(subtract, scores, maximum.reduce(scores, -1, keepdims=True), out if scores is x else None)
    np.exp(e, e)
    with_column(divide, e, _column(e), e)
    return e if scores is x else _back(e, x, axis, out)


def softmax_gradient(y: Array, error_grad: Array, axis: int | Sequence[int] = -1, out: Array | None = None) -> Array:
    """Return dLoss/dx of a softmax: `y * (error_grad - sum(error_grad * y))`.

    Args:
        y: The softmax.
        error_grad: dLoss/dy, shaped like `y`.
        axis: The axis, or axes, whose values sum to 1.
        out: Where the result goes.

    Example:
        >>> softmax_gradient(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
        array([ 0.25, -0.25])
    """
    p, g = _rows(y, axis), _rows(error_grad, axis)
    message = multiply(p, g, out if p is y else None)
    with_column(subtract, g, _column(message), message)
    message *= p
    return message if p is y else _back(message, y, axis, out)


@silent  # as above
def log_softmax(x: Array, axis: int | Sequence[int] = -1, out: Array | None = None) -> Array:
    """Return `log(softmax(x))` without ever forming the softmax.

    `(x - max) - log1p(sum(exp(x - max)) over the others)`: the largest score's own 1 stays out of the sum,
    so the logarithm of a probability near 1 keeps its digits.

    Args:
        x: Scores, any shape.
        axis: The axis, or axes, whose exponentials sum to 1.
        out: Where the result goes.

    Example:
        >>> log_softmax(np.array([0.0, 0.0])).round(6)
        array([-0.693147, -0.693147])
    """
    scores = _rows(x, axis)
    shifted = with_column(subtract, scores, maximum.reduce(scores, -1, keepdims=True), out if scores is x else None)
    e = np.exp(shifted).reshape(-1, scores.shape[-1])
    e[np.arange(len(e)), scores.reshape(e.shape).argmax(axis=-1)] -= 1.0
    shifted -= np.log1p(_column(e)).reshape(*scores.shape[:-1], 1)
    return shifted if scores is x else _back(shifted, x, axis, out)


def log_softmax_gradient(y: Array, error_grad: Array, axis: int | Sequence[int] = -1, out: Array | None = None) -> Array:
    """Return dLoss/dx of a log-softmax: `error_grad - exp(y) * sum(error_grad)`.

    Args:
        y: The log-softmax.
        error_grad: dLoss/dy, shaped like `y`.
        axis: The axis, or axes, whose exponentials sum to 1.
        out: Where the result goes.

    Example:
        >>> log_softmax_gradient(np.log([0.5, 0.5]), np.array([1.0, 0.0])).round(6)
        array([ 0.5, -0.5])
    """
    log_p, g = _rows(y, axis), _rows(error_grad, axis)
    message = np.exp(log_p, out=out if log_p is y else None)
    with_column(multiply, message, _column(g), message)
    np.subtract(g, message, message)
    return message if log_p is y else _back(message, y, axis, out)


def _column(rows: Array) -> Any:
    """Return the sums of rows as a column; unlike `row_sums` no other row has a part in how one is added."""
    return np.add.reduce(rows, -1, keepdims=True)


def _rows(x: Array, axis: int | Sequence[int]) -> Array:
    """Return the array with what belongs together side by side along its last axis, where a sum is most exact."""
    if axis != -1:
        moved = np.moveaxis(x, axis, range(-np.size(axis), 0))
        x = moved.reshape(*moved.shape[: -np.size(axis)], math.prod(moved.shape[-np.size(axis) :]))
    return x if x.flags.c_contiguous else np.ascontiguousarray(x)


def _back(rows: Array, like: Array, axis: int | Sequence[int], out: Array | None) -> Array:
    """Return the rows as the array lay before `_rows`."""
    y = np.empty(like.shape, rows.dtype) if out is None else out
    moved = np.moveaxis(y, axis, range(-np.size(axis), 0))
    moved[...] = rows.reshape(moved.shape)
    return y
