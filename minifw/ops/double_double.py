"""Arithmetic in float64 to twice the digits: each result comes with the part that rounding took from it.

An exponent of -700 that is rounded spoils the exponential by hundreds of units in the last place.

Source:
    Dekker, A floating-point technique for extending the available precision (1971); Knuth's sum.
"""

from __future__ import annotations

from typing import Any

from numpy import exp, maximum, minimum

LOWEST = -700.0
"""Down to here `exp` has all of its digits; below -708 its results are subnormal."""


def total(a: Any, b: Any) -> tuple[Any, Any]:
    """Return `a + b` and what rounding took from it.

    Example:
        >>> total(1.0, 1e-20)
        (1.0, 1e-20)
    """
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


def product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return `a * b` and what rounding took from it.

    Example:
        >>> product(1.0 + 2.0**-30, 1.0 + 2.0**-30) == (1.0 + 2.0**-29, 2.0**-60)
        True
    """
    p = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    return p, ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low


def power(x: Any, rest: Any) -> tuple[Any, Any]:
    """Return two factors of `exp(x + rest)`, for a tiny `rest`.

    The second is 1 for `x >= -700`. Multiply by it last: a result that is subnormal then loses nothing before.

    Example:
        >>> import numpy as np
        >>> power(np.array([-740.0, 0.0]), 0.0)[1].round(3)
        array([0., 1.])
    """
    e = exp(maximum(x, LOWEST))
    return e + rest * e, exp(minimum(x - LOWEST, 0.0))


def _halves(a: Any) -> tuple[Any, Any]:
    """Return two numbers of 26 bits that sum to `a`."""
    c = 134217729.0 * a
    high = c - (c - a)
    return high, a - high
