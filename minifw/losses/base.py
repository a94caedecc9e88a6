"""A loss says how wrong a prediction is, and in which direction to move it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..config import Configurable, constructor
from ..data import as_index, as_numbers, as_weights
from ..errors import ShapeError, UsageError

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none", "mean_with_sample_weight", None)

SILENT = np.errstate(over="ignore", invalid="ignore", divide="ignore")
"""A diverging network has an infinite loss; who trains looks at the number, and a warning says no more."""


class Loss(Configurable, registered=False):
    """The base of all losses; a subclass writes `values` and `slopes`.

    Args:
        reduction: How the values of the samples become one number: `"sum_over_batch_size"` (or `"mean"`) divides their
            weighted sum by the number of values, `"mean_with_sample_weight"` by the sum of the weights, `"sum"` by
            nothing; `"none"` returns them as they are.
        name: A label; the class name in snake case without one.

    Attributes:
        target_kind: `"float"`, or `"index"` for a loss whose targets are class numbers.
        factor_text: Its gradient in words for a trace; `n` is what the sum is divided by.

    Example:
        >>> class Fourth(Loss):
        ...     def values(self, y_true, y_pred):
        ...         return ((y_pred - y_true) ** 4).mean(axis=-1)
        ...     def slopes(self, y_true, y_pred):
        ...         return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]
        >>> Fourth().forward(np.array([[1.0]]), np.array([[3.0]]))
        16.0
    """

    kinds = ("loss",)
    target_kind: ClassVar[str] = "float"
    factor_text: str = ""
    reduction: str | None = "sum_over_batch_size"
    name: str | None = None

    _remembered: ClassVar[tuple[str, ...]] = ("_seen",)
    """What belongs to the last batch and to no copy."""

    _seen: tuple[Array, Array, Array | None, float] | None = None
    """Targets, predictions, weights and the factor of the last forward."""

    def __init__(self, *, reduction: str | None = "sum_over_batch_size", name: str | None = None, **unknown: Any) -> None:
        arguments.refuse_unknown(self, unknown, constructor(type(self)))
        arguments.choice(self, "reduction", reduction, REDUCTIONS)
        self.reduction, self.name = reduction, name

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value a sample, shape `(n,)`; of `(n, t, ...)` the base takes the mean over all but the samples."""
        raise NotImplementedError(f"{type(self).__name__} must write values(self, y_true, y_pred)")

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        """Return the gradient of the sum of the values, shaped like `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write slopes(self, y_true, y_pred)")

    @SILENT
    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        """Return the loss of a batch as a float; with `reduction="none"` one value a sample.

        Args:
            y_true: The targets, shaped like `y_pred`; class numbers, one axis less, for an index loss.
            y_pred: The predictions.
            sample_weight: One weight a sample, `(n,)` or `(n, 1)`.

        Raises:
            ShapeError: If the shapes do not belong together; nothing is broadcast.
            ArgumentValueError: If a target or a weight is outside its range.
        """
        self._seen = None
        y_true, y_pred = self.admit(y_true, y_pred)
        values = self.values(y_true, y_pred)
        where = f"{type(self).__name__}: sample_weight"
        weights = None if sample_weight is None else as_weights(sample_weight, values, where)
        if weights is not None:
            values = values * weights
        divisor = self._divisor(values, weights)
        self._seen = y_true, y_pred, weights, (1.0 / divisor if divisor else 0.0)
        if self.reduction in ("none", None):
            return values.reshape(len(values), -1).mean(axis=1) if values.ndim > 1 else values.copy()
        return float(np.add.reduce(values.reshape(-1))) / divisor if divisor else 0.0

    def backward(self) -> Array:
        """Return dLoss/d(y_pred) of the last forward; with `reduction="none"` of the sum of the values.

        Raises:
            UsageError: If there was no forward.
        """
        if self._seen is None:
            raise UsageError(f"{type(self).__name__}: backward() needs a forward(y_true, y_pred) before it")
        y_true, y_pred, weights, factor = self._seen
        slopes = self.slopes(y_true, y_pred)
        if weights is None:
            return slopes * factor
        return slopes * (factor * weights.reshape(weights.shape + (1,) * (slopes.ndim - weights.ndim)))

    def __call__(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        """Return what `forward` returns."""
        return self.forward(y_true, y_pred, sample_weight)

    def forget(self) -> None:
        """Let go of the last batch."""
        for name in self._remembered:
            vars(self).pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key not in self._remembered}

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        """Return targets and predictions that belong together, sample by sample and entry by entry."""
        if (
            type(y_true) is np.ndarray
            and type(y_pred) is np.ndarray
            and self.target_kind == "float"
            and y_true.dtype is y_pred.dtype
            and y_true.shape == y_pred.shape
            and y_true.ndim > 1
        ):
            return y_true, y_pred
        y_pred = np.asarray(y_pred)
        if y_pred.dtype.kind != "f":
            y_pred = y_pred.astype(np.float64)
        target = as_numbers(y_true, f"{type(self).__name__}: y_true")
        if self.target_kind == "index":
            target = as_index(target, f"{type(self).__name__}: y_true")
            wanted = y_pred.shape[:-1]
            if target.shape == (*wanted, 1):
                target = target.reshape(wanted)
            hint = "; these look like one-hot rows: use CategoricalCrossentropyLoss or y.argmax(axis=-1)"
            hint = hint if target.shape == y_pred.shape else ""
        else:
            with np.errstate(over="ignore"):
                target = target.astype(y_pred.dtype, copy=False)
            wanted, hint = y_pred.shape, "; reshape one of them: nothing is broadcast"
            if target.size == y_pred.size and target.shape in ((*wanted, 1), wanted[:-1]):  # (n,) and (n, 1)
                target = target.reshape(wanted)
        if target.shape != wanted:
            raise ShapeError(
                f"{type(self).__name__}: y_true has shape {np.shape(y_true)}, but the predictions {y_pred.shape} want "
                f"{wanted}{hint}",
                expected=wanted,
                received=np.shape(y_true),
            )
        return target, y_pred

    def _divisor(self, values: Array, weights: Array | None) -> float:
        """Return what the sum of the weighted values is divided by; 0 stands for weights that sum to 0."""
        each = values.size // len(values) if len(values) else 1  # entries of `values` that make one sample
        if self.reduction in ("sum", "none", None):
            return float(each)
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return float(np.broadcast_to(weights, values.shape).sum())
        return float(values.size)
