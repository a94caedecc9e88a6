"""Exponential units: straight above zero, bending into an exponential below."""

from __future__ import annotations

import numpy as np
from numpy import add, expm1, maximum, minimum

from .._typing import Array

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
    with np.errstate(over="ignore"):  # the largest numbers times the scale are infinite
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
