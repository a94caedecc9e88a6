"""The cross-entropy between one-hot or soft targets and predicted shares or scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from ..errors import ArgumentValueError
from ..engine.blocks import blocks
from ..engine.rows import row_dots, row_sums, with_column
from .base import EPSILON
from .crossentropy import _Categorical


class CategoricalCrossentropyLoss(_Categorical, aliases=("CategoricalCrossentropy",)):
    """`-sum(y log q)` over the classes, for one-hot rows or any shares `y`.

    From scores `z` (`from_logits=True`) `log q` is `log_softmax(z)`, and the gradient `sum(y) softmax(z) - y`; no logarithm
    of a softmax is formed, so nothing overflows. From shares `p` it is `log(p / sum(p))`, clipped to
    `[1e-7, 1 - 1e-7]`, with gradient `sum(y) / sum(p) - y / p`, and nothing from what was clipped.

    Args:
        from_logits: Whether predictions are scores; put no softmax before it then.
        label_smoothing: `s` in [0, 1]; `y` becomes `y (1 - s) + s / classes`.
        axis: Where the classes lie.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If a target is negative or not finite.
        ShapeError: If targets and predictions have another number of classes.

    Example:
        >>> loss = CategoricalCrossentropyLoss(from_logits=True)
        >>> loss.forward([[1, 0]], np.array([[0.0, 0.0]])).__round__(6)
        0.693147
    """

    factor_text = "(Σ y / Σ ŷ - y / ŷ) / n"
    name = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **options: Any) -> None:
        arguments.number(self, "label_smoothing", label_smoothing, "[0, 1]")
        self.label_smoothing = label_smoothing
        if from_logits:
            self.factor_text = "(softmax(ŷ) Σ y - y) / n"
        super().__init__(from_logits, **options)

    @override
    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if y_true.size and not (y_true.min() >= 0 and y_true.max() < np.inf):
            raise ArgumentValueError(
                f"{type(self).__name__}: targets must be finite and at least 0, got {y_true.min()} to {y_true.max()}; give "
                "one-hot rows or shares of each class"
            )
        if self.label_smoothing:
            y_true = y_true * (1.0 - self.label_smoothing) + self.label_smoothing / y_true.shape[-1]
        return y_true, y_pred

    @override
    def _mismatch(self, target: Array, y_pred: Array) -> str:
        if target.shape in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
            return "; these look like class numbers: use SparseCategoricalCrossentropyLoss"
        return "; give the last layer as many units as there are classes"

    @override
    def _chosen(self, y_true: Array, rows: Array) -> Array:
        return rows

    @override
    def _dot(self, y_true: Array, chosen: Array) -> Array:
        found = row_dots(y_true, chosen, chosen)
        if np.isnan(found).any():  # 0 * inf, of a class that is impossible and does not happen
            found = row_sums(np.where(y_true == 0, 0, chosen))
        return found

    @override
    def _put_slopes(self, y: Array, rows: Array, scale: Any, slopes: Array) -> None:
        found, total = self._share(y, rows)
        share = np.clip(found, EPSILON, 1 - EPSILON)
        inside = np.multiply(y, np.equal(share, found), found)
        mass = row_sums(inside)[:, np.newaxis]
        inside /= share
        scale = scale / total
        with_column(np.multiply, inside, scale, inside)
        np.subtract(scale * mass, inside, slopes)

    @override
    def _take_off(self, y_true: Array, rows: Array, amount: Any) -> None:
        for part in blocks(rows):
            rows[part] -= y_true[part] * (amount if isinstance(amount, float) else amount[part])

    @override
    def _mass(self, y_true: Array) -> Any:
        return row_sums(y_true)[:, np.newaxis]
