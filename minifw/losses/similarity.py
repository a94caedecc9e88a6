"""The angle between a target and its prediction."""

from __future__ import annotations

import numpy as np

from .._typing import Array
from .base import EPSILON
from .crossentropy import AlongAxis


class CosineSimilarityLoss(AlongAxis, aliases=("CosineSimilarity",)):
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

    def values(self, y_true: Array, y_pred: Array) -> Array:
        products: Array = self._unit(y_true)[0] * self._unit(y_pred)[0]
        cosine: Array = products.sum(axis=-1)
        return -cosine

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        (true, _), (pred, length) = self._unit(y_true), self._unit(y_pred)
        cosine = (true * pred).sum(axis=-1, keepdims=True)
        along = cosine * pred * (length > EPSILON)
        slopes: Array = (along - true) / np.maximum(length, EPSILON)
        return slopes

    def _unit(self, vectors: Array) -> tuple[Array, Array]:
        """Return the vectors with length 1, and their lengths; those of length 0 stay."""
        largest = np.abs(vectors).max(axis=-1, keepdims=True, initial=0.0)
        scaled = vectors / np.where(largest > 0, largest, 1.0)  # the square of a large number would be infinite
        root = np.sqrt(np.square(scaled).sum(axis=-1, keepdims=True))
        return scaled / np.maximum(root, EPSILON / largest), largest * root
