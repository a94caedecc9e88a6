"""Activations that are their argument times a gate."""

from __future__ import annotations

import math

import numpy as np
from numpy import add, divide, exp, maximum, multiply, negative, subtract

from .._typing import Array
from .activations import within
from .double_double import power, product, total

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
        divide(add(multiply(u, y, slope), 1.0, slope), d, slope)  # s + x s (1 - s) = (1 + y u) / d
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


# fmt: off
TAIL = {
    4: (
        14.6,
        (-0.0004647087236677384, -0.00046838193078983743, 0.011689418370552249, 0.062188751772971194,
         0.1170030875824128, -0.037500000993410915),
        (0.012053099135760812, 0.11186945585846944, 0.4991883491759345, 1.2468077562362891, 1.7024850417670323, 1.0),
    ),
    8: (
        38.7,
        (-1.5185267610172658e-07, -2.722551343484065e-06, -2.0173849574771724e-05, -4.1634735710852525e-05,
         0.0005075284987472683, 0.005377912844075004, 0.02642232773597685, 0.07745035659388189, 0.13108895381205743,
         0.09221175167621093, -0.03749999999999999),
        (3.93832098163083e-06, 0.00010320842591844233, 0.0013367504908379077, 0.011044030603432, 0.06368903143074267,
         0.2656646270095587, 0.8067800268758111, 1.7528926906006201, 2.5977069023098567, 2.3635846400704135, 1.0),
    ),
}
"""By the bytes of an entry: an `a` beyond which all underflows, and two polynomials, highest power first.

`P(X > a) = exp(-a**2 / 2) * (7/16 + upper(a) / lower(a)) / (a + 0.8)` for a standard normal `X` and `a >= 0`, to
2**-28 and 2**-55. The quotient stays below 0.04, so that its rounding errors hardly count.
Found by tests/reference/make_gelu.py.
"""
# fmt: on

_LINE, _LINE_REST = 1.5957691216057308, -9.96930880911092e-17
_CUBE, _CUBE_REST = 0.07135481627260025, -6.175149918155315e-19
"""`2 sqrt(2/π)` and `0.044715` times that, each with what rounding took from it."""

_DENSITY = 0.3989422804014327
"""`1 / sqrt(2π)`."""


def gelu(x: Array, approximate: bool = False, out: Array | None = None, slope: Array | None = None) -> Array:
    """Return `x * Φ(x)`, with `Φ` the standard normal's distribution function.

    Within 4 ulp; below -5 in float64 within 16.

    Args:
        x: float32 or float64, any shape.
        approximate: Whether `x * sigmoid(2 sqrt(2/π) (x + 0.044715 x**3))` is returned instead, up to 5e-4 away.
        out: Where the result goes.
        slope: Where the derivative goes, if it is wanted.

    Source:
        Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> gelu(np.array([-np.inf, 0.0, 1.0])).round(6)
        array([0.      , 0.      , 0.841345])
    """
    y = np.empty_like(x) if out is None else out
    (_approximate if approximate else _exact)(x, y, slope)
    return y


def _exact(x: Array, y: Array, slope: Array | None) -> None:
    limit, upper, lower = TAIL[x.itemsize]
    near = within(x, -limit, limit)
    bell = _bell(near)
    a = np.abs(near)
    q = _polynomial(upper, a)
    q /= _polynomial(lower, a)
    q += 0.4375
    q /= a + 0.8
    a *= q
    subtract(maximum(x, 0.0, out=y), _times(a, bell), y)
    if slope is None:
        return
    np.greater(x, 0.0, out=slope)
    slope -= _times(q, bell)
    np.abs(slope, slope)  # Φ(x): the tail below zero, 1 less it above
    slope += _times(near * _DENSITY, bell)


def _times(x: Array, factors: tuple[Array, ...]) -> Array:
    for factor in factors:
        x *= factor
    return x


def _bell(x: Array) -> tuple[Array, ...]:
    """Return factors of `exp(-x**2 / 2)`."""
    if x.itemsize == 4:
        z = x.astype(np.float64)  # costs less than to mend the rounding of an exponent in float32
        z *= z
        z *= -0.5
        return (exp(z, z).astype(np.float32),)
    square, rest = product(x, x)
    return power(-0.5 * square, -0.5 * rest)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    y: Array = x * coefficients[0]
    for c in coefficients[1:-1]:
        y += c
        y *= x
    y += coefficients[-1]
    return y


def _approximate(x: Array, y: Array, slope: Array | None) -> None:
    if x.itemsize == 4:
        near = within(x, -12.0, 9.0)
        _approximate_single(near.astype(np.float64), y, slope)
    else:
        near = within(x, -22.0, 9.0)
        _approximate_double(near, y, slope)
    if near is not x:
        far = x > 9.0
        y[far] = x[far]


def _approximate_single(z: Array, y: Array, slope: Array | None) -> None:
    """Write the value `z / (1 + u)`, with `u = exp(-v)`, and the slope `(1 + value u v') / (1 + u)`, all in float64."""
    square = z * z
    u = square * -_CUBE
    u -= _LINE
    u *= z
    u = exp(u)
    z /= u + 1.0
    y[...] = z
    if slope is not None:
        square *= 3.0 * _CUBE
        square += _LINE
        square *= u
        square *= z
        square += 1.0
        square /= u + 1.0
        slope[...] = square


def _approximate_double(z: Array, y: Array, slope: Array | None) -> None:
    e, last = power(*_exponent(z))
    other = 1.0 / (e + 1.0)  # sigmoid(-v)
    e *= other
    value = z * e
    if slope is not None:
        slope[...] = ((z * z * (3.0 * _CUBE) + _LINE) * value * other + e) * last
    y[...] = value * last


def _exponent(z: Array) -> tuple[Array, Array]:
    """Return `2 sqrt(2/π) (z + 0.044715 z**3)` to twice the digits."""
    square, square_rest = product(z, z)
    w, w_rest = product(square, _CUBE)
    w, more = total(_LINE, w)
    w_rest += more + _LINE_REST + _CUBE * square_rest + _CUBE_REST * square
    v, rest = product(z, w)
    return v, rest + z * w_rest
