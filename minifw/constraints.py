"""Conditions that a parameter is put back under after each update."""

from __future__ import annotations

import numpy as np

from . import arguments
from ._typing import Array
from .config import Configurable
from .engine.errstate import silent


class Constraint(Configurable, registered=False):
    """A condition on a parameter; a subclass writes `project(w)`."""

    kinds = ("constraint",)

    def project(self, w: Array) -> Array:
        """Return the parameter that is used instead of `w`."""
        raise NotImplementedError(f"{type(self).__name__} must write project(self, w)")


class NonNeg(Constraint):
    """`max(w, 0)`."""

    def project(self, w: Array) -> Array:
        return np.maximum(w, 0.0)


class MaxNorm(Constraint):
    """Scales the vectors along an axis down to a length: `w * min(|w|, max_value) / (|w| + 1e-7)`.

    Args:
        max_value: The greatest length.
        axis: The axis or axes that one vector runs along; 0 is one unit of a `Dense` kernel, `(0, 1, 2)` one filter of
            an image convolution.

    Example:
        >>> MaxNorm(1.0).project(np.array([[3.0], [4.0]])).round(3)
        array([[0.6],
               [0.8]])
    """

    def __init__(self, max_value: float = 2, axis: int | tuple[int, ...] | list[int] = 0) -> None:
        self.max_value = arguments.number(self, "max_value", max_value, "[0, inf)")
        self.axis = arguments.axes(self, "axis", axis)

    @silent
    def project(self, w: Array) -> Array:
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        norm = np.sqrt(np.square(w).sum(axis=axis, keepdims=True))
        return np.asarray(w * (np.minimum(norm, self.max_value) / (norm + 1e-7)))


max_norm, non_neg = MaxNorm, NonNeg
