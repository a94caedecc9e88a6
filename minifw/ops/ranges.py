"""Where a formula holds: entries outside are clipped, and nothing is copied when there are none."""

from __future__ import annotations

from numpy import maximum, minimum

from .._typing import Array


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
    clipped: Array = minimum(maximum(x, least), most)
    return clipped
