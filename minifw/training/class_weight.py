"""Weights of samples by the class they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, DType
from ..errors import ArgumentTypeError, ArgumentValueError, shown


def checked_class_weight(verb: str, class_weight: Any, sample_weight: Any) -> dict[int, float] | None:
    """Return `{class: weight}`, or raise if it is something else or stands beside sample weights."""
    if class_weight is None:
        return None
    if not isinstance(class_weight, Mapping):
        raise ArgumentTypeError(
            f"{verb}: class_weight must be a dictionary such as {{0: 1.0, 1: 5.0}}, got {shown(class_weight)}"
        )
    if sample_weight is not None:
        raise ArgumentValueError(f"{verb}: class_weight and sample_weight cannot both be given; multiply them yourself")
    return {
        arguments.integer(verb, "a class in class_weight", label, "[0, inf)"): arguments.number(
            verb, f"class_weight[{label!r}]", weight, "[0, inf)"
        )
        for label, weight in class_weight.items()
    }


def weights_of(y: Array, class_weight: Mapping[int, float], dtype: DType, numbers: bool) -> Array:
    """Return one weight a class: of its number, or of the largest entry of its one-hot row; else 1.

    Args:
        y: The targets.
        class_weight: `{class: weight}`.
        dtype: Of the weights.
        numbers: Whether the targets are class numbers, of sequences too: `(n, t)` or `(n, t, 1)`.

    Example:
        >>> weights_of(np.array([[1, 0], [0, 1]]), {1: 5.0}, np.dtype(float), numbers=False)
        array([1., 5.])
        >>> weights_of(np.array([[1, 0], [0, 1]]), {1: 5.0}, np.dtype(float), numbers=True)
        array([[5., 1.],
               [1., 5.]])
    """
    if y.ndim > 1 and y.shape[-1] == 1:
        y = y[..., 0]
    elif y.ndim > 1 and not numbers:
        y = y.argmax(axis=-1)
    weights = [class_weight.get(label, 1.0) for label in np.rint(y).ravel().tolist()]
    return np.array(weights, dtype).reshape(y.shape)
