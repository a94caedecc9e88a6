"""Keras' module of utilities."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from . import arguments
from ._typing import Array, ArrayLike
from .arrays import as_index, as_numbers
from .errors import ArgumentValueError, UsageError

__all__ = ["set_random_seed", "to_categorical"]


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> Array:
    """Return class numbers as one-hot rows, float64.

    Args:
        x: Class numbers from 0, any shape; a last axis of 1 is dropped.
        num_classes: The number of classes; by default one more than the greatest number.

    Raises:
        ArgumentValueError: If a number is negative, a fraction, or not below `num_classes`.

    Example:
        >>> to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    labels = as_index(as_numbers(x, "to_categorical: x"), "to_categorical: x")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels.reshape(labels.shape[:-1])
    if num_classes is None:
        num_classes = int(labels.max()) + 1 if labels.size else 1
    arguments.integer("to_categorical", "num_classes", num_classes)
    if labels.size and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ArgumentValueError(
            f"to_categorical: class numbers must be 0 to {num_classes - 1} for num_classes={num_classes}, "
            f"got {labels.min()} to {labels.max()}"
        )
    return np.equal(labels[..., np.newaxis], np.arange(num_classes)).astype(np.float64)


def set_random_seed(seed: Any) -> NoReturn:
    """Raise: nothing here draws from a global generator.

    Raises:
        UsageError: Always; it names what to write instead.
    """
    raise UsageError(
        f"nothing here is global, so there is no seed to set; give it to the network: Sequential([...], seed={seed!r})"
    )
