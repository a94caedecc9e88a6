"""Numbers times a gate: `x` is let through for large `x` and held back for small `x`.

Far below zero both functions are `x * exp(x)`, far above they are `x`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import divide, exp, maximum, negative

from .._typing import Array
from .ranges import within

_ENDS = {4: (-87.0, 88.0), 8: (-708.0, 709.0)}
"""Between them `exp` is a normal number, by the bytes of an entry."""

_SHIFTS = {4: 61, 8: 652}
"""Whole numbers whose `exp(-shift)` happens to be rounded by less than a twentieth of the usual."""


def silu(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x * sigmoid(x)`, also called swish, within 4 ulp.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Source:
        Ramachandran et al., Searching for activation functions (2017).

    Example:
        >>> silu(np.array([-np.inf, 0.0, 1.0])).round(6)
        array([-0.      ,  0.      ,  0.731059])
    """
    y = np.empty_like(x) if out is None else out
    near = within(x, *_ENDS[x.itemsize])
    u = exp(negative(near, out=slope), out=slope)
    d = u + 1.0
    divide(near, d, y)
    if slope is not None:
        slope *= y
        slope += 1.0
        slope /= d  # s + x s (1 - s) = (1 + y u) / d
    if near is not x:
        _continue(x, y, slope)
    return y


def mish(x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x * tanh(softplus(x))` within 4 ulp.

    Args:
        x: float32 or float64, any shape.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Source:
        Misra, Mish: a self regularized non-monotonic activation function (2019). With `u = exp(-x)` the gate is
        `1 / (u + (1 + u) / (1 + 2u))`, which has fewer roundings than `tanh` of a logarithm.

    Example:
        >>> mish(np.array([-np.inf, 0.0, 1.0])).round(6)
        array([-0.      ,  0.      ,  0.865098])
    """
    y = np.empty_like(x) if out is None else out
    near = within(x, *_ENDS[x.itemsize])
    u = exp(negative(near))
    q = u + 1.0
    b = q + u
    q /= b
    d = q + u
    divide(near, d, y)
    if slope is not None:
        q *= 4.0
        q *= y
        q *= u
        u /= b
        q *= u
        q += 1.0
        divide(q, d, slope)  # (1 + y 4q u u/b) / d
    if near is not x:
        _continue(x, y, slope)
    return y


def _continue(x: Array, y: Array, slope: Array | None) -> None:
    """Write value and slope beyond both ends."""
    (least, most), shift = _ENDS[x.itemsize], _SHIFTS[x.itemsize]
    far = x > most
    y[far] = x[far]
    far = x < least
    low = maximum(x[far], 2.0 * least)  # -inf * exp(-inf) would be NaN
    y[far] = low * exp(low + shift) * math.exp(-shift)  # exp(low) alone would lose its digits
    if slope is not None:
        slope[far] = y[far] * (1.0 + 1.0 / low)
