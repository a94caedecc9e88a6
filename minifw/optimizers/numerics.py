"""Numbers at the ends of the range, where a formula alone would not do."""

from __future__ import annotations

import math
from contextvars import Context, copy_context

import numpy as np

LEAST = 1e-37
"""Stands for an epsilon of 0, so that a parameter whose gradient was always 0 stays where it is."""


def silence() -> Context:
    """Return a context in which NumPy warns of nothing; to run a function in it costs a tenth of `np.errstate`.

    A gradient whose square overflows makes an infinite mean and no step; a warning in mid-update would tear the state.

    Example:
        >>> silence().run(np.multiply, np.float32(1e30), np.float32(1e30))
        np.float32(inf)
    """
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context


def bias_correction(beta: float, step: int) -> float:
    """Return `1 - beta**step` without losing digits when `beta` is near 1."""
    return -math.expm1(step * math.log(beta)) if beta > 0.0 else 1.0
