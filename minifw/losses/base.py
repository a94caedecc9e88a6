"""Losses: values of samples, weighted and reduced, and their gradient by the predictions."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..arrays import FLOAT_TYPES, as_floats, as_index, as_numbers, as_weights
from ..config import constructor
from ..engine.buffers import blocks
from ..engine.errstate import silent
from ..engine.reductions import row_sums, total
from ..errors import ShapeError, UsageError, shown
from ..network.names import Labelled

SINGLE, DOUBLE = FLOAT_TYPES

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none", "mean_with_sample_weight", None)

EPSILON = 1e-7
"""How far shares of a whole are kept from 0 and 1 before their logarithm is taken, as in Keras."""


class Loss(Labelled, registered=False):
    """The base of all losses; a subclass writes `values` and `slopes`.

    Args:
        reduction: How the values of the samples become one number: `"sum_over_batch_size"` (or `"mean"`) divides their
            weighted sum by the number of values, `"mean_with_sample_weight"` by the sum of the weights, `"sum"` by
            nothing; `"none"` returns them as they are.
        name: A label; without one Keras' name of the loss, or the class name in snake case.

    Attributes:
        target_kind: `"float"`, or `"index"` for a loss whose targets are class numbers.
        wants: What the predictions have to be, such as `"probabilities"`; `None` for any numbers.
        takes_logarithm: Whether predictions of exactly 0 or 1 may be what makes it infinite.
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
    wants: str | None = None
    takes_logarithm: ClassVar[bool] = True
    factor_text: str = ""
    reduction: str | None = "sum_over_batch_size"
    name: str | None = None

    _remembered: ClassVar[tuple[str, ...]] = ("_seen",)
    """What belongs to the last batch and to no copy."""

    _folds: ClassVar[bool] = False
    """Whether backward takes `_scaled_slopes`; not where a subclass wrote `slopes`."""

    _seen: tuple[Array, Array, Any, Shape] | None = None
    """Targets, predictions, what the slopes are multiplied by, and the shape the predictions came in."""

    def __init__(self, *, reduction: str | None = "sum_over_batch_size", name: str | None = None, **unknown: Any) -> None:
        arguments.refuse_unknown(self, unknown, constructor(type(self)))
        arguments.choice(self, "reduction", reduction, REDUCTIONS)
        self.reduction = reduction
        if name is not None:
            self.name = name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "slopes" in vars(cls):
            cls._folds = vars(cls).get("_folds", False)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value a sample, shape `(n,)`; of `(n, t, ...)` the base takes the mean over all but the samples.

        Targets and predictions have at least two axes: those of shape `(n,)` come as `(n, 1)`.
        """
        raise NotImplementedError(f"{type(self).__name__} must write values(self, y_true, y_pred)")

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        """Return the gradient of the sum of the values, shaped like `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write slopes(self, y_true, y_pred)")

    @silent
    def forward(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        """Return the loss of a batch as a float; with `reduction="none"` one value a sample.

        Whole numbers and booleans are calculated in float64, float16 in float32 and longer floats in float64; the gradient
        has that dtype too. Their sum errs by at most 4 eps for equal, random and sorted values, and by 16 eps of the sum of
        their sizes for any, of up to 1,000,000, whatever the processor.

        Args:
            y_true: The targets, shaped like `y_pred`; class numbers, one axis less, for an index loss.
            y_pred: The predictions. `backward` may read both again: leave them as they are until then.
            sample_weight: One weight a sample, `(n,)` or `(n, 1)`, or one a value.

        Raises:
            ShapeError: If the shapes do not belong together; nothing is broadcast.
            ArgumentValueError: If a target or a weight is outside its range.
        """
        self._seen = None
        y_true, y_pred = self.admit(y_true, y_pred)
        shape = y_pred.shape
        if y_pred.ndim < 2:
            y_true, y_pred = y_true.reshape(-1, 1), y_pred.reshape(-1, 1)
        values = self.values(y_true, y_pred)
        if getattr(values, "shape", ())[:1] != y_pred.shape[:1]:
            raise self._misshapen("values", values, y_pred.shape[:1])
        where = f"{type(self).__name__}: sample_weight"
        weights = None if sample_weight is None else as_weights(sample_weight, as_floats(values), where)
        if weights is not None:
            values = values * weights
        divisor = self._divisor(y_true, values, weights)
        scale: Any = 1.0 / divisor if divisor else 0.0
        if weights is not None:
            scale = scale * weights.reshape(weights.shape + (1,) * (y_pred.ndim - weights.ndim))
        self._seen = y_true, y_pred, scale, shape
        if self.reduction in ("none", None):
            return values.reshape(len(values), -1).mean(axis=1) if values.ndim > 1 else values.copy()
        if not divisor:
            return 0.0
        found = total(values)
        if not math.isfinite(found):
            found = self._wide_total(y_true, y_pred, weights)
        return found / divisor

    @silent
    def backward(self) -> Array:
        """Return dLoss/d(y_pred) of the last forward; with `reduction="none"` of the sum of the values.

        Raises:
            UsageError: If there was no forward.
        """
        if self._seen is None:
            raise UsageError(f"{type(self).__name__}: backward() needs a forward(y_true, y_pred) before it")
        y_true, y_pred, scale, shape = self._seen
        if self._folds:
            return self._scaled_slopes(y_true, y_pred, scale).reshape(shape)
        slopes = self.slopes(y_true, y_pred)
        if getattr(slopes, "shape", None) != y_pred.shape:
            raise self._misshapen("slopes", slopes, y_pred.shape)
        error_grad: Array = slopes * scale
        return error_grad.reshape(shape)

    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        """Return `slopes * scale` in fewer passes; the scale is a number, or one a sample with the predictions' rank."""
        raise NotImplementedError

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
            and (dtype := y_pred.dtype) is y_true.dtype
            and (dtype is SINGLE or dtype is DOUBLE)
            and y_true.shape == y_pred.shape
            and y_true.ndim > 1
        ):
            return y_true, y_pred
        y_pred = as_floats(as_numbers(y_pred, f"{type(self).__name__}: y_pred"))
        target = as_numbers(y_true, f"{type(self).__name__}: y_true")
        if self.target_kind == "index":
            target = as_index(target, f"{type(self).__name__}: y_true")
            wanted = y_pred.shape[:-1]
            if target.shape == (*wanted, 1):
                target = target.reshape(wanted)
        else:
            with np.errstate(over="ignore"):
                target = target.astype(y_pred.dtype, copy=False)
            wanted = y_pred.shape
            if target.size == y_pred.size and target.shape in ((*wanted, 1), wanted[:-1]):  # (n,) and (n, 1)
                target = target.reshape(wanted)
        if target.shape != wanted:
            raise ShapeError(
                f"{type(self).__name__}: y_true has shape {np.shape(y_true)}, but the predictions {y_pred.shape} want "
                f"{wanted}{self._mismatch(target, y_pred)}",
                expected=wanted,
                received=np.shape(y_true),
            )
        return target, y_pred

    def _mismatch(self, target: Array, y_pred: Array) -> str:
        """Return what to do about targets of the wrong shape, as the end of a message."""
        return "; reshape one of them: nothing is broadcast"

    def _misshapen(self, method: str, found: Any, wanted: Shape) -> ShapeError:
        """Return the error for what a method of one's own has returned."""
        more = " or more axes behind it" if method == "values" else ""
        got = f"shape {found.shape}" if hasattr(found, "shape") else f"{shown(found)} ({type(found).__name__})"
        return ShapeError(
            f"{type(self).__name__}: {method}(y_true, y_pred) must return an array of shape {wanted}{more}, got {got}",
            expected=wanted,
            received=np.shape(found) if hasattr(found, "shape") else None,
        )

    def _wide_total(self, y_true: Array, y_pred: Array, weights: Array | None) -> float:
        """Return the sum of the weighted values, added in float64; a value beyond the predictions' dtype stays infinite."""
        wide = y_true if self.target_kind == "index" else y_true.astype(np.float64)
        values = self.values(wide, y_pred.astype(np.float64)).astype(y_pred.dtype)
        return total((values if weights is None else values * weights).astype(np.float64))

    def _counts(self, y_true: Array) -> Array | None:
        """Return which of the values a mean is taken over, `None` for all."""
        return None

    def _divisor(self, y_true: Array, values: Array, weights: Array | None) -> float:
        """Return what the sum of the weighted values is divided by; 0 stands for weights that sum to 0."""
        if self.reduction == "sum":
            return 1.0
        if self.reduction in ("none", None):
            return values.size / len(values) if len(values) else 1.0  # entries of `values` that make one sample
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return total(np.broadcast_to(weights, values.shape))
        return float(values.size)


class ElementwiseLoss(Loss, registered=False):
    """The base of losses that are the mean of a function of each target and its prediction, over the last axis.

    A subclass writes `each` and `slope`; both get parts of a large batch, all of their samples.

    Args:
        reduction: As in `Loss`.
        name: As in `Loss`.

    Example:
        >>> class Fourth(ElementwiseLoss):
        ...     def each(self, y_true, y_pred):
        ...         return (y_pred - y_true) ** 4
        ...     def slope(self, y_true, y_pred):
        ...         return 4 * (y_pred - y_true) ** 3
        >>> Fourth().forward(np.array([[1.0, 1.0]]), np.array([[3.0, 1.0]]))
        8.0
    """

    _folds = True
    _mean: ClassVar[bool] = True
    """Whether a sample's value is the mean over the last axis, or the sum."""

    def each(self, y_true: Array, y_pred: Array) -> Array:
        """Return the value of each entry, shaped like `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write each(self, y_true, y_pred)")

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        """Return the derivative of `each` by `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write slope(self, y_true, y_pred)")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        found = np.empty(y_pred.shape[:-1], y_pred.dtype)
        for rows in blocks(y_pred):
            part = y_pred[rows]
            each = self.each(y_true[rows], part)
            if getattr(each, "shape", None) != part.shape:
                raise self._misshapen("each", each, part.shape)
            found[rows] = row_sums(each)
        if self._mean:
            found /= y_pred.shape[-1]
        return found

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._scaled_slopes(y_true, y_pred, 1.0)

    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        if self._mean:
            scale = scale / y_pred.shape[-1]
        found = np.empty(y_pred.shape, y_pred.dtype)
        for rows in blocks(y_pred):
            factor = scale if isinstance(scale, float) else scale[rows]
            part = y_pred[rows]
            slope = self.slope(y_true[rows], part)
            if getattr(slope, "shape", None) != part.shape:
                raise self._misshapen("slope", slope, part.shape)
            np.multiply(slope, factor, found[rows])
        return found
