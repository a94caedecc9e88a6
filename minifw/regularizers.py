"""Penalties on parameters: a number that is added to the loss, and its gradient."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from . import arguments
from ._typing import Array
from .config import Configurable
from .engine.errstate import silent
from .engine.reductions import squares, total
from .errors import ArgumentTypeError, shown


class Regularizer(Configurable, registered=False):
    """A penalty; a subclass writes `penalty(w) -> float` and `gradient(w) -> array`."""

    kinds = ("regularizer",)

    def __call__(self, w: Array) -> float:
        """Return the penalty of a parameter."""
        value = self.penalty(w)
        if np.ndim(value) or not isinstance(value, (int, float, np.generic, np.ndarray)):
            raise ArgumentTypeError(f"{type(self).__name__}: penalty() must return a number, got {shown(value)}")
        return float(value)

    def penalty(self, w: Array) -> float:
        """Return the number that is added to the loss."""
        raise NotImplementedError(f"{type(self).__name__} must write penalty(self, w)")

    def gradient(self, w: Array) -> Array:
        """Return d penalty / d w, shaped like `w`."""
        raise NotImplementedError(f"{type(self).__name__} must write gradient(self, w)")


class L1L2(Regularizer):
    """`l1 * sum(|w|) + l2 * sum(w**2)`; the gradient is 0 at `w = 0`.

    Args:
        l1: Factor of the absolute values.
        l2: Factor of the squares (no ½).

    Example:
        >>> L1L2(l1=0.1, l2=0.01)(np.array([1.0, -2.0])).__round__(10)
        0.35
    """

    _live: ClassVar[tuple[str, ...]] = ("l1", "l2")

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = arguments.number(self, "l1", l1, "[0, inf)")
        self.l2 = arguments.number(self, "l2", l2, "[0, inf)")

    @silent
    def penalty(self, w: Array) -> float:
        value = 0.0
        if self.l1:
            value += float(self.l1) * total(np.abs(w))
        if self.l2:
            value += float(self.l2) * squares(w)
        return value

    @silent
    def gradient(self, w: Array) -> Array:
        if not self.l2:  # no product with 0, which is NaN at infinity
            return np.sign(w) * float(self.l1)
        slope = w * (2.0 * float(self.l2))
        return slope + np.sign(w) * float(self.l1) if self.l1 else slope


class L1(L1L2):
    """`l1 * sum(|w|)`. Args: l1: factor of the absolute values."""

    _live = ("l1",)

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """`l2 * sum(w**2)`. Args: l2: factor of the squares (no ½)."""

    _live = ("l2",)

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


l1, l2, l1_l2 = L1, L2, L1L2
