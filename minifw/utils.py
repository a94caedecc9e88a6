"""Keras' module of utilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import arguments
from ._typing import Array, ArrayLike
from .arrays import as_floats, as_index, as_numbers, outside
from .errors import ArgumentTypeError, ShapeError, shown

__all__ = ["normalize", "pad_sequences", "to_categorical"]


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
        raise outside("to_categorical", f"class numbers must be 0 to {num_classes - 1} for {num_classes=}", labels)
    return np.equal(labels[..., np.newaxis], np.arange(num_classes)).astype(np.float64)


def pad_sequences(
    sequences: Sequence[Any], maxlen: int | None = None, dtype: Any = "int32", padding: str = "pre",
    truncating: str = "pre", value: float = 0.0,
) -> Array:
    """Return sequences of different lengths as the rows of one array.

    Args:
        sequences: Lists or arrays; those of an array with more axes are padded along the first.
        maxlen: The length of a row; by default that of the longest.
        dtype: The dtype of the array.
        padding: `"pre"` or `"post"`: whether what is missing goes before or behind.
        truncating: `"pre"` or `"post"`: where what is too long is cut.
        value: What is filled in.

    Raises:
        ArgumentTypeError: If something in it is no sequence of numbers.
        ShapeError: If the items of two sequences have different shapes.

    Example:
        >>> pad_sequences([[1], [2, 3]])
        array([[0, 1],
               [2, 3]], dtype=int32)
    """
    for name, where in (("padding", padding), ("truncating", truncating)):
        arguments.choice("pad_sequences", name, where, ("pre", "post"))
    if isinstance(sequences, str) or not hasattr(sequences, "__len__"):
        raise ArgumentTypeError(f"pad_sequences: sequences must be a list of sequences of numbers, got {shown(sequences)}")
    rows = [as_numbers(row, f"pad_sequences: sequence {i}") for i, row in enumerate(sequences)]
    shapes = {row.shape[1:] for row in rows if len(np.atleast_1d(row))}
    if len(shapes) > 1 or any(row.ndim == 0 for row in rows):
        text = f"pad_sequences: every sequence must hold items of one shape, got the shapes {shown([r.shape for r in rows])}"
        raise ShapeError(text, expected="(steps, ...)", received=[row.shape for row in rows])
    longest = max(map(len, rows), default=0)
    maxlen = longest if maxlen is None else arguments.integer("pad_sequences", "maxlen", maxlen)
    padded = np.full((len(rows), maxlen, *(shapes.pop() if shapes else ())), value, dtype)
    for into, row in zip(padded, rows, strict=True):
        part = row[-maxlen:] if truncating == "pre" else row[:maxlen]
        into[maxlen - len(part) if padding == "pre" else 0 :][: len(part)] = part
    return padded


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> Array:
    """Return `x` with each vector along an axis divided by its norm; one of norm 0 stays.

    Args:
        x: Numbers, any shape.
        axis: The axis along which the vectors lie.
        order: Which norm, as in `np.linalg.norm`: 1, 2, `np.inf`, ...

    Example:
        >>> normalize([[3.0, 4.0]])
        array([[0.6, 0.8]])
    """
    array = np.atleast_1d(as_floats(as_numbers(x, "normalize: x")))
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    unit: Array = array / np.where(norm == 0, 1.0, norm).astype(array.dtype)
    return unit
