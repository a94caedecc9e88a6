"""Numbers at the ends of the range, where a formula alone would not do."""

from __future__ import annotations

import math

LEAST = 1e-37
"""Stands for an epsilon of 0, so that a parameter whose gradient was always 0 stays where it is."""


def bias_correction(beta: float, step: int) -> float:
    """Return `1 - beta**step` without losing digits when `beta` is near 1."""
    return -math.expm1(step * math.log(beta)) if beta > 0.0 else 1.0
