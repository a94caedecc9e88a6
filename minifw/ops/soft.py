"""Kinks made soft: of the rectifier, and of the sign."""

from __future__ import annotations

import numpy as np
from numpy import add, divide, exp, log1p, maximum, minimum, multiply

from .._typing import Array
from .ranges import within

_MOST = {4: 88.0, 8: 709.0}
"""The whole number up to which `exp` is finite, by the bytes of an entry."""


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
    e = exp(minimum(x, _MOST[x.itemsize], out=out), out=out)
    if slope is not None:
        divide(e, add(e, 1.0, slope), slope)
    y: Array = maximum(x, log1p(e, out=out), out=out)
    return y


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
    a = np.abs(near)
    a += 1.0
    y = np.divide(near, a, out=out)
    if slope is not None:
        divide(1.0, a, slope)
        multiply(slope, slope, slope)  # of the inverse: the square of a large number would overflow
    return y
