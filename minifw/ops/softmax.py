"""Exponentials that share one sum, and its logarithm."""

from __future__ import annotations

import numpy as np

from .._typing import Array


def softmax(x: Array, axis: int = -1) -> Array:
    """Return `exp(x) / sum(exp(x))` along an axis, after subtracting the maximum.

    A row that holds `+inf`, or nothing but `-inf`, has no limit: it becomes NaN.

    Args:
        x: Scores, any shape.
        axis: The axis whose values sum to 1.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is NaN on purpose, -1e308 - 1e308 is far enough
        e: Array = np.exp(x - x.max(axis=axis, keepdims=True))
    e /= e.sum(axis=axis, keepdims=True)
    return e


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return `log(softmax(x))` without ever forming the softmax.

    `(x - max) - log1p(sum(exp(x - max)) over the others)`: the largest score's own 1 stays out of the sum,
    so the logarithm of a probability near 1 keeps its digits.

    Args:
        x: Scores, any shape.
        axis: The axis whose exponentials sum to 1.

    Example:
        >>> log_softmax(np.array([0.0, 0.0])).round(6)
        array([-0.693147, -0.693147])
    """
    largest = np.expand_dims(x.argmax(axis=axis), axis)
    with np.errstate(invalid="ignore", over="ignore"):  # inf - inf is NaN on purpose, -1e308 - 1e308 is far enough
        shifted: Array = x - np.take_along_axis(x, largest, axis)
        e = np.exp(shifted)
    np.put_along_axis(e, largest, np.take_along_axis(e, largest, axis) - 1.0, axis)
    shifted -= np.log1p(e.sum(axis=axis, keepdims=True))
    return shifted
