"""The angle between a target and its prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..errors import ArgumentValueError
from .base import EPSILON, Loss


class CosineSimilarityLoss(Loss, aliases=("CosineSimilarity",)):
    """`-cos` of the angle between target and prediction: -1 where they point the same way, 1 where they are opposed.

    With `u = x / max(|x|, 1e-7)` of each vector it is `-sum(u_true u_pred)`; the gradient is
    `-(u_true - cos u_pred) / |y_pred|`, and `-u_true / 1e-7` where the prediction is shorter than that.

    Args:
        axis: The axis along which the vectors lie.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If the predictions have no such axis after the batch.

    Example:
        >>> loss = CosineSimilarityLoss()
        >>> loss.forward(np.array([[0.0, 2.0]]), np.array([[3.0, 4.0]]))
        -0.8
    """

    factor_text = "(cos û - u) / |ŷ|, u = y / |y|"
    name = "cosine_similarity"
    takes_logarithm = False

    def __init__(self, axis: int = -1, **options: Any) -> None:
        if arguments.integer(self, "axis", axis, "(-inf, inf)") == 0:
            raise ArgumentValueError("CosineSimilarityLoss: axis=0 is the batch; give the axis of the vectors")
        self.axis = axis
        super().__init__(**options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if self.axis != -1 and not -y_pred.ndim < self.axis < y_pred.ndim:
            text = f"predictions {y_pred.shape} have no axis={self.axis} after the batch"
            raise ArgumentValueError(f"CosineSimilarityLoss: {text}")
        return y_true, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        products: Array = self._unit(y_true)[0] * self._unit(y_pred)[0]
        cosine: Array = products.sum(axis=self.axis)
        return -cosine

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        (true, _), (pred, length) = self._unit(y_true), self._unit(y_pred)
        cosine = (true * pred).sum(axis=self.axis, keepdims=True)
        along = cosine * pred * (length > EPSILON)
        slopes: Array = (along - true) / np.maximum(length, EPSILON)
        return slopes

    def _unit(self, vectors: Array) -> tuple[Array, Array]:
        """Return the vectors with length 1, and their lengths; those of length 0 stay."""
        largest = np.abs(vectors).max(axis=self.axis, keepdims=True, initial=0.0)
        scaled = vectors / np.where(largest > 0, largest, 1.0)  # the square of a large number would be infinite
        root = np.sqrt(np.square(scaled).sum(axis=self.axis, keepdims=True))
        return scaled / np.maximum(root, EPSILON / largest), largest * root
