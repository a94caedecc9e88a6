"""Functions of one argument, elementwise: exact to a few ulp over the whole range, and silent.

Each takes `out`, where the result goes (never `x` itself), and where it needs one `work`, an array of the
same shape; both are made when they are not given.
"""

from __future__ import annotations

import numpy as np
from numpy import absolute, add, divide, exp, greater, maximum, minimum, multiply, negative, reciprocal, sign

from .._typing import Array

LEAST = -87.0
"""Above it `exp(-x)` is finite in float32, and so in float64."""


def relu(x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Array:
    """Return `x` above the threshold and a flat line below it, cut at `max_value`.

    `x if x > threshold else negative_slope * (x - threshold)`, then `min(., max_value)`.

    Args:
        x: Any shape.
        max_value: The largest value, or `None`.
        negative_slope: The slope up to the threshold.
        threshold: Where the line begins.

    Example:
        >>> relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    if not threshold and not negative_slope:
        y = np.maximum(x, 0.0)
    else:
        # 0 * inf would be NaN
        low = negative_slope * (x - threshold) if negative_slope else x.dtype.type(0)
        y = np.where(x <= threshold, low, x)
    return y if max_value is None else np.minimum(y, max_value, out=y)


def leaky_relu(x: Array, negative_slope: float = 0.2, out: Array | None = None) -> Array:
    """Return `x if x > 0 else negative_slope * x`.

    Args:
        x: Any shape.
        negative_slope: The slope for `x <= 0`, of either sign.
        out: Where the result goes.

    Example:
        >>> leaky_relu(np.array([-1.0, 2.0]), 0.1)
        array([-0.1,  2. ])
    """
    if not negative_slope:
        return np.maximum(x, 0.0, out=out)  # 0 * inf would be NaN
    if out is None:
        out = np.empty_like(x)
    if negative_slope <= 1:
        multiply(x, negative_slope, out)
        return maximum(x, out, out=out)
    with np.errstate(over="ignore"):  # of a large positive x, whose product is not used
        multiply(x, negative_slope, out)
    return minimum(x, out, out=out)


def sigmoid(x: Array, out: Array | None = None, work: Array | None = None) -> Array:
    """Return `1 / (1 + exp(-x))` within 3 ulp, subnormal results included, without overflow.

    Where an entry is so small that `exp(-x)` would overflow, the array goes another way: with `e = exp(-|x|)` it is
    `1 / (1 + e)` for `x > 0` and `e / (1 + e)` otherwise.

    Args:
        x: Any shape.
        out: Where the result goes.
        work: An array to calculate in.

    Example:
        >>> sigmoid(np.array([0.0, -1000.0]))
        array([0.5, 0. ])
    """
    if out is None:
        out = np.empty_like(x)
    if x.size and minimum.reduce(x, None) > LEAST:
        negative(x, out)
        exp(out, out)
        add(out, 1.0, out)
        return reciprocal(out, out)
    if work is None:
        work = np.empty_like(x)
    absolute(x, work)
    negative(work, work)
    exp(work, work)
    above_zero(x, out)
    maximum(out, work, out=out)  # 1 for x > 0 and e otherwise: no mask, no branch
    add(work, 1.0, work)
    return divide(out, work, out)


def above_zero(x: Array, out: Array | None = None) -> Array:
    """Return 1 for `x > 0` and a number of at most 0 otherwise, to be bounded below by a maximum.

    Args:
        x: Any shape.
        out: Where the result goes.

    Example:
        >>> np.maximum(above_zero(np.array([-2.0, 0.0, 3.0])), 0.0)
        array([0., 0., 1.])
    """
    if out is None:
        out = np.empty_like(x)
    if x.size < 4096:  # a third of a comparison's cost on a small array, twice that on a large one
        return sign(x, out)
    return greater(x, 0.0, out)


def tanh(x: Array, out: Array | None = None) -> Array:
    """Return the hyperbolic tangent.

    Args:
        x: Any shape.
        out: Where the result goes.

    Example:
        >>> tanh(np.array([0.0]))
        array([0.])
    """
    return np.tanh(x, out=out)
