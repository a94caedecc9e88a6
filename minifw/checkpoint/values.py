"""What callbacks and metrics keep, as JSON with the arrays beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._typing import Array
from ..errors import ArgumentTypeError, shown

PREFIX = "train/kept."


def encoded(value: Any, arrays: dict[str, Array]) -> Any:
    """Return a value as plain data; its arrays go into a dictionary, under names that the data hold.

    Raises:
        ArgumentTypeError: If it is made of anything but numbers, strings, arrays, `None`, lists and dictionaries.

    Example:
        >>> arrays = {}
        >>> decoded(encoded({"a": [1.0, np.ones(2), math.inf]}, arrays), arrays)
        {'a': [1.0, array([1., 1.]), inf]}
    """
    if isinstance(value, np.ndarray):
        name = f"{PREFIX}{len(arrays)}"
        arrays[name] = value.copy()
        return {"array": name}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [encoded(item, arrays) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encoded(item, arrays) for key, item in value.items()}}
    raise ArgumentTypeError(
        f"a checkpoint keeps numbers, strings, arrays, None, and lists and dictionaries of them, not {shown(value)}"
    )


def decoded(value: Any, arrays: Mapping[str, Array]) -> Any:
    """Return what `encoded` was given; tuples come back as lists."""
    if isinstance(value, list):
        return [decoded(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    if kind == "array":
        return arrays[inner]
    return float(inner) if kind == "float" else {key: decoded(item, arrays) for key, item in inner.items()}
