"""Losses: values of samples, weighted and reduced, and their gradient by the predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, Never

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..arrays import FLOAT_TYPES, as_floats, as_index, as_numbers, as_targets, as_weights
from ..attributes import Remembering
from ..engine.buffers import blocks
from ..engine.errstate import silent
from ..engine.reductions import row_sums, total
from ..engine.tuning import BLOCK
from ..errors import ArgumentTypeError, ShapeError, UsageError, shown
from ..network.names import Labelled

SINGLE, DOUBLE = FLOAT_TYPES

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none", "mean_with_sample_weight", None)

EPSILON = 1e-7
"""How far shares of a whole are kept from 0 and 1 before their logarithm is taken, as in Keras."""

FORMULAS = frozenset(("values", "slopes", "each", "slope"))
"""The methods in which a loss of one's own may say what it is."""


def by_blocks(formula: Callable[..., None], y_pred: Array, *others: Any) -> None:
    """Call a formula that fills its last array in, with the same rows of every array; a number goes to all of them."""
    if y_pred.nbytes <= BLOCK:
        formula(y_pred, *others)
    else:
        for rows in blocks(y_pred):
            formula(y_pred[rows], *(other if isinstance(other, float) else other[rows] for other in others))


class Loss(Labelled, Remembering, registered=False):
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

    _fuses: ClassVar[bool] = False
    """Whether backward takes `_fused_slopes`; not where a subclass wrote `slopes` alone."""

    _few: ClassVar[int] = 0
    """Entries up to which a batch may go around `values` and `slopes`; none where a subclass wrote its own."""

    def __init__(self, *, reduction: str | None = "sum_over_batch_size", name: str | None = None, **unknown: Never) -> None:
        super().__init__(name, **unknown)
        self.reduction = arguments.choice(self, "reduction", reduction, REDUCTIONS)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "forward" in vars(cls) and cls.backward is Loss.backward and cls.values is Loss.values:
            raise ArgumentTypeError(
                f"{cls.__name__} writes forward() but no backward(); write backward(self), which returns dLoss/d(y_pred), "
                "or instead of both values(self, y_true, y_pred) and slopes(self, y_true, y_pred)"
            )
        bodies = [vars(base) for base in cls.__mro__]  # who wrote a formula knows whether there is a quicker way
        cls._few = next(body for body in bodies if not FORMULAS.isdisjoint(body)).get("_few", 0)
        cls._fuses = "_fused_slopes" in next(body for body in bodies if "slopes" in body)

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
        self._last_call.seen = None
        y_true, y_pred = self.admit(y_true, y_pred)
        shape = y_pred.shape
        if y_pred.ndim < 2:
            y_true, y_pred = y_true.reshape(-1, 1), y_pred.reshape(-1, 1)
        values, weights = self._shaped("values", self.values(y_true, y_pred), y_pred.shape[:1]), None
        if sample_weight is not None:
            weights = as_weights(sample_weight, as_floats(values), f"{type(self).__name__}: sample_weight")
            values = values * weights
        divisor = self._divisor(y_true, values, weights)
        scale: Any = 1.0 / divisor if divisor else 0.0
        if weights is not None:
            scale = scale * weights.reshape(weights.shape + (1,) * (y_pred.ndim - weights.ndim))
        self._last_call.seen = y_true, y_pred, scale, shape
        if self.reduction in ("none", None):
            return values.reshape(len(values), -1).mean(axis=1) if values.ndim > 1 else values.copy()
        if not divisor:
            return 0.0
        summed = total(values)
        return (summed if math.isfinite(summed) else self._wide_total(y_true, y_pred, weights)) / divisor

    @silent
    def backward(self) -> Array:
        """Return dLoss/d(y_pred) of the last forward; with `reduction="none"` of the sum of the values.

        Raises:
            UsageError: If there was no forward.
        """
        seen: Any = self._last_call.seen
        if seen is None:
            raise UsageError(f"{type(self).__name__}: backward() needs a forward(y_true, y_pred) before it")
        y_true, y_pred, scale, shape = seen
        if self._fuses:
            return self._fused_slopes(y_true, y_pred, scale).reshape(shape)
        error_grad: Array = self._shaped("slopes", self.slopes(y_true, y_pred), y_pred.shape) * scale
        return error_grad.reshape(shape)

    def _fused_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        """Return `slopes * scale` in fewer passes; the scale is a number, or one a sample with the predictions' rank."""
        return self.slopes(y_true, y_pred)  # which says that it must be written

    def __call__(self, y_true: ArrayLike, y_pred: Array, sample_weight: ArrayLike | None = None) -> Any:
        """Return what `forward` returns."""
        return self.forward(y_true, y_pred, sample_weight)

    def forget(self) -> None:
        """Let go of the last batch."""
        last = self._last_call
        last.seen = last.error = last.softmax = None

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        """Return targets and predictions that belong together, sample by sample and entry by entry."""
        if type(y_true) is type(y_pred) is np.ndarray and self.target_kind == "float":
            dtype, shape = y_pred.dtype, y_pred.shape
            if shape == y_true.shape and len(shape) > 1 and dtype is y_true.dtype and (dtype is SINGLE or dtype is DOUBLE):
                return y_true, y_pred
        y_pred = as_numbers(y_pred, f"{type(self).__name__}: y_pred")
        target = as_targets(self, as_numbers(y_true, f"{type(self).__name__}: y_true"), y_pred)
        y_pred = as_floats(y_pred)
        if self.target_kind == "index":
            return as_index(target, f"{type(self).__name__}: y_true"), y_pred
        with np.errstate(over="ignore"):
            return target.astype(y_pred.dtype, copy=False), y_pred

    def _mismatch(self, target: Shape, y_pred: Shape) -> str:
        """Return what to do about targets of the wrong shape, as the end of a message."""
        return "; reshape one of them: nothing is broadcast"

    def _shaped(self, method: str, result: Any, shape: Shape) -> Array:
        """Return what a method of one's own has returned, or raise a `ShapeError`; values may have more axes."""
        got, more = getattr(result, "shape", None), " or more axes behind it" if method == "values" else ""
        if got is None or (got[: len(shape)] if more else got) != shape:
            text = f"{shown(result)} ({type(result).__name__})" if got is None else f"shape {got}"
            text = f"{method}(y_true, y_pred) must return an array of shape {shape}{more}, got {text}"
            raise ShapeError(f"{type(self).__name__}: {text}", expected=shape, received=got)
        return result  # type: ignore[no-any-return]

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
        counts = self._counts(y_true)
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return total(np.broadcast_to(weights, values.shape) if counts is None else counts * weights)
        return float(values.size if counts is None else counts.sum())


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

    _mean: ClassVar[bool] = True
    """Whether a sample's value is the mean over the last axis, or the sum."""

    def each(self, y_true: Array, y_pred: Array) -> Array:
        """Return the value of each entry, shaped like `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write each(self, y_true, y_pred)")

    def slope(self, y_true: Array, y_pred: Array) -> Array:
        """Return the derivative of `each` by `y_pred`."""
        raise NotImplementedError(f"{type(self).__name__} must write slope(self, y_true, y_pred)")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        def sums(p: Array, y: Array, out: Array) -> None:
            out[...] = row_sums(self._shaped("each", self.each(y, p), p.shape))

        values = np.empty(y_pred.shape[:-1], y_pred.dtype)
        by_blocks(sums, y_pred, y_true, values)
        if self._mean:
            values /= y_pred.shape[-1]
        return values

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._fused_slopes(y_true, y_pred, 1.0)

    def _fused_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        def scaled(p: Array, y: Array, factor: Any, out: Array) -> None:
            np.multiply(self._shaped("slope", self.slope(y, p), p.shape), factor, out)

        slopes = np.empty(y_pred.shape, y_pred.dtype)
        by_blocks(scaled, y_pred, y_true, scale / y_pred.shape[-1] if self._mean else scale, slopes)
        return slopes
