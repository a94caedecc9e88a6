"""Activations of one argument: `f(x, out, slope)` returns the value and writes the derivative where it is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, divide, exp, expm1, greater, log1p, maximum, minimum, multiply, sign, subtract

from .._typing import Array
from ..engine.errstate import silent
from ..engine.tuning import SMALL_SIGN


def within(x: Array, least: float, most: float) -> Array:
    """Return `x` itself if all of it lies from `least` to `most`, otherwise a clipped copy; NaN stays NaN.

    Args:
        x: Any shape.
        least: The smallest number allowed.
        most: The largest.

    Example:
        >>> import numpy as np
        >>> within(np.array([-9.0, 2.0]), -3.0, 3.0)
        array([-3.,  2.])
    """
    if not x.size or (minimum.reduce(x, None) >= least and maximum.reduce(x, None) <= most):
        return x  # two reductions cost a third of two clipping passes
    return minimum(maximum(x, least), most)


_NUMBERS: dict[int, Any] = {
    4: [np.array(number, np.float32) for number in (0, 1, 88)],
    8: [np.array(number, np.float64) for number in (0, 1, 709)],
}
"""0, 1 and the whole number up to which `exp` is finite, by the bytes of an entry.

They are arrays of the dtype that they meet: a call with one costs half of what it costs with a Python number.
"""


@silent
def _line(x: Array, slope: float, zero: float = 0.0, out: Array | None = None) -> Any:
    """Return `slope * (x - zero)`; of the largest numbers it is infinite, and not used."""
    return multiply(subtract(x, zero, out) if zero else x, slope, out)


def relu(
    x: Array, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, out: Array | None = None,
    slope: Array | None = None,
) -> Array:
    """Return `x` above the threshold and a flat line below it, cut at `max_value`.

    `x if x > threshold else negative_slope * (x - threshold)`, then `min(., max_value)`.

    Args:
        x: Any shape.
        max_value: The largest value, or `None`.
        negative_slope: The slope up to the threshold.
        threshold: Where the line begins.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Example:
        >>> relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """
    if slope is not None:
        greater(x, threshold, out=slope)
    if not threshold and not negative_slope:
        y = maximum(x, 0.0, out=out)
    else:
        y = np.empty_like(x) if out is None else out
        low = x.dtype.type(0)
        if negative_slope:  # 0 * inf would be NaN
            low = _line(minimum(x, threshold), negative_slope, threshold)
            if slope is not None:
                slope += negative_slope * (1.0 - slope)
        y[...] = np.where(x <= threshold, low, x)
    if max_value is not None:
        minimum(y, max_value, out=y)
        if slope is not None:
            slope *= y < max_value
    return y


def leaky_relu(x: Array, negative_slope: float = 0.2, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x if x > 0 else negative_slope * x`.

    Args:
        x: Any shape.
        negative_slope: The slope for `x <= 0`, of either sign.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Example:
        >>> leaky_relu(np.array([-1.0, 2.0]), 0.1)
        array([-0.1,  2. ])
    """
    if slope is not None:
        if 0.0 < negative_slope <= 1.0:
            return multiply(x, maximum(above_zero(x, slope), negative_slope, out=slope), out)
        slope[...] = np.where(x > 0.0, 1.0, negative_slope)
    if not negative_slope:
        return maximum(x, 0.0, out=out)  # 0 * inf would be NaN
    out = np.empty_like(x) if out is None else out
    y: Array = (maximum if negative_slope <= 1 else minimum)(x, _line(x, negative_slope, out=out), out=out)
    return y


def sigmoid(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `exp(x) / (1 + exp(x))` within 4 ulp, subnormal results included, without overflow.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted: `y * (1 - y)`, without its cancellation.

    Example:
        >>> sigmoid(np.array([0.0, -1000.0]))
        array([0.5, 0. ])
    """
    out = np.empty_like(x) if out is None else out
    _, one, most = _NUMBERS[x.itemsize]
    minimum(x, most, out=out)  # exp would overflow beyond, and the result is 1 long before
    exp(out, out)
    below = add(out, one, slope)
    divide(out, below, out)
    if slope is not None:
        divide(out, below, slope)
    return out


def above_zero(x: Array, out: Array | None = None) -> Array:
    """Return 1 for `x > 0` and a number of at most 0 otherwise, to be bounded below by a maximum.

    Args:
        x: Any shape.
        out: Where the result goes.

    Example:
        >>> np.maximum(above_zero(np.array([-2.0, 0.0, 3.0])), 0.0)
        array([0., 0., 1.])
    """
    out = np.empty_like(x) if out is None else out
    if x.size < SMALL_SIGN:
        return sign(x, out)
    out[...] = greater(x, _NUMBERS[x.itemsize][0])
    return out


def tanh(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return the hyperbolic tangent.

    Args:
        x: Any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted: `1 - y**2`.

    Example:
        >>> tanh(np.array([0.0]))
        array([0.])
    """
    y = np.tanh(x, out=out)
    if slope is not None:
        subtract(1.0, multiply(y, y, slope), slope)
    return y


SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


def elu(x: Array, alpha: float = 1.0, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x if x > 0 else alpha * (exp(x) - 1)`.

    Args:
        x: float32 or float64, any shape.
        alpha: The limit at `-inf` is `-alpha`.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted: 1 above zero, otherwise `alpha * exp(x)`.

    Example:
        >>> elu(np.array([-np.inf, 0.0, 2.0]))
        array([-1.,  0.,  2.])
    """
    return _bent(x, 1.0, alpha, out, slope)


@silent  # the largest numbers times the scale are infinite
def selu(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 from layer to layer.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Source:
        Klambauer et al., Self-normalizing neural networks (2017): scale 1.0507009873554805, alpha 1.6732632423543772.

    Example:
        >>> selu(np.array([0.0, 1.0])).round(6)
        array([0.      , 1.050701])
    """
    return _bent(x, SELU_SCALE, SELU_SCALE * SELU_ALPHA, out, slope)


def _bent(x: Array, right: float, left: float, out: Array | None, slope: Array | None) -> Array:
    """Return `right * x` above zero and `left * (exp(x) - 1)` below."""
    low = expm1(minimum(x, 0.0, out=slope), out=slope)
    if left != 1.0:
        low *= left
    y: Array = maximum(x, 0.0, out=out)
    if right != 1.0:
        y *= right
    y = add(y, low, out=out)
    if slope is not None:
        slope += left
        if left != right:
            slope += (x > 0.0) * x.dtype.type(right - left)
    return y


def softplus(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `log(1 + exp(x))`, which is `x` itself from 17 (float32) or 37 (float64) on.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted: the sigmoid.

    Example:
        >>> softplus(np.array([-np.inf, 0.0, 50.0])).round(6)
        array([ 0.      ,  0.693147, 50.      ])
    """
    e = exp(minimum(x, _NUMBERS[x.itemsize][2], out=out), out=out)
    if slope is not None:
        divide(e, add(e, 1.0, slope), slope)
    return maximum(x, log1p(e, out=out), out=out)  # type: ignore[no-any-return]


def softsign(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x / (1 + |x|)`.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted: `1 / (1 + |x|)**2`.

    Example:
        >>> softsign(np.array([-np.inf, 0.0, 1.0]))
        array([-1. ,  0. ,  0.5])
    """
    most = np.finfo(x.dtype).max
    near = within(x, -most, most)
    a = np.abs(near) + 1.0
    y = np.divide(near, a, out=out)
    if slope is not None:
        divide(1.0, a, slope)
        multiply(slope, slope, slope)  # of the inverse: the square of a large number would overflow
    return y
