"""The share of samples whose class is among the best predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from .accuracy import _Categorical


class SparseTopKCategoricalAccuracy(_Categorical):
    """The share of samples for which fewer than `k` predictions are larger than that of their class.

    Equal predictions count as found.

    Args:
        k: How many predictions are looked at.
        name: The key in logs.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([2, 0], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]])
        0.5
    """

    target_kind = "index"

    def __init__(self, k: int = 5, name: str | None = None, **options: Any) -> None:
        arguments.integer(self, "k", k)
        self.k = k
        super().__init__(name=name, **options)

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        known = np.clip(y_true, 0, y_pred.shape[-1] - 1)
        own = np.take_along_axis(y_pred, known[..., np.newaxis], axis=-1)
        if own.dtype.kind == "f":
            own = np.fmax(own, -np.inf)  # NaN is larger than nothing
        found: Array = np.greater(y_pred, own).sum(axis=-1) < self.k
        found &= known == y_true  # an ignored class may be out of range
        return found


class TopKCategoricalAccuracy(SparseTopKCategoricalAccuracy):
    """The share of samples for which fewer than `k` predictions are larger than that of the largest one-hot target.

    Equal predictions count as found; of equal targets the first is the largest.

    Args:
        k: How many predictions are looked at.
        name: The key in logs.

    Example:
        >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1], [1, 0, 0]], [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3]])
        0.5
    """

    target_kind = "float"

    @override
    def values(self, y_true: Array, y_pred: Array) -> Array:
        return super().values(y_true.argmax(axis=-1), y_pred)
