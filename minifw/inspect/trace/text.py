"""Numbers and shapes as short text."""

from __future__ import annotations

from typing import Any

from ..._typing import Array, Shape

SHOWN = 6
"""Entries of an array that are printed."""


def number(value: Any) -> str:
    """Return a number with five digits."""
    return f"{value:.5g}"


def numbers(array: Array) -> str:
    """Return the first entries of an array.

    Example:
        >>> import numpy as np
        >>> numbers(np.array([[0.5, -0.25]]))
        '0.5 -0.25'
    """
    return " ".join(number(value) for value in array.reshape(-1)[:SHOWN]) + " …" * (array.size > SHOWN)


def shape(sizes: Shape) -> str:
    """Return a shape as Python writes it."""
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"
