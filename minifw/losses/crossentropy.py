"""Cross-entropies of classes that exclude one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..arrays import outside
from ..engine.reductions import row_dots, row_sums, with_column
from ..errors import ArgumentValueError, ShapeError
from .base import EPSILON, Loss, by_blocks

MODERATE = -20.0, 40.0
"""Between these a row's largest score needs not be subtracted: no exponential overflows, and none that counts vanishes."""


def log_sum_exp(scores: Array, exponentials: Array) -> tuple[Array, Array, Array]:
    """Return for each row the largest score, how far `log(sum(exp(scores)))` is above it, and the sum of the exponentials.

    `log(sum(exp(z))) = max(z) + log1p(sum of the others' exp(z - max(z)))`, so that the logarithm of a share near 1 keeps
    its digits. The exponentials that are filled in and their sum are those of `scores`, or of `scores - max(scores)`.
    """
    at = np.arange(len(scores)), scores.argmax(axis=1)
    top = scores[at]
    moderate = top.min(initial=0) >= MODERATE[0] and top.max(initial=0) <= MODERATE[1]
    np.exp(scores if moderate else scores - top[:, np.newaxis], exponentials)
    largest = exponentials[at]
    exponentials[at] = 0.0
    others = row_sums(exponentials)
    exponentials[at] = largest
    return top, np.log1p(others / largest), largest + others


class AlongAxis(Loss, registered=False):
    """`axis`; inside, it is always the last."""

    def __init__(self, axis: int = -1, **options: Any) -> None:
        self.axis = arguments.integer(self, "axis", axis, "(-inf, inf)")
        if axis == 0:
            raise ArgumentValueError(f"{type(self).__name__}: axis=0 is the batch; give the axis of the classes or outputs")
        super().__init__(**options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_pred = np.asarray(y_pred)
        if self.axis not in (-1, y_pred.ndim - 1):
            if not -y_pred.ndim < self.axis < y_pred.ndim:
                text = f"predictions {y_pred.shape} have no axis={self.axis} after the batch"
                raise ArgumentValueError(f"{type(self).__name__}: {text}")
            if np.ndim(y_true) == y_pred.ndim:
                y_true = np.moveaxis(y_true, self.axis, -1)
            y_pred = np.moveaxis(y_pred, self.axis, -1)
        return super().admit(y_true, y_pred)

    def backward(self) -> Array:
        error_grad = super().backward()
        if self.axis in (-1, error_grad.ndim - 1):
            return error_grad
        return np.ascontiguousarray(np.moveaxis(error_grad, -1, self.axis))


class _Crossentropy(AlongAxis, registered=False):
    """`from_logits`, and `axis`."""

    wants = "shares that sum to 1"
    _factor_text_of_scores = ""

    def __init__(self, from_logits: bool = False, *, axis: int = -1, **options: Any) -> None:
        self.from_logits = arguments.flag(self, "from_logits", from_logits)
        if from_logits:
            self.wants, self.factor_text = "scores", self._factor_text_of_scores
        super().__init__(axis, **options)


class _Smoothed(_Crossentropy, registered=False):
    """`label_smoothing`: targets `y` become `y (1 - s) + s / classes`."""

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **options: Any) -> None:
        self.label_smoothing = arguments.number(self, "label_smoothing", label_smoothing, "[0, 1]")
        super().__init__(from_logits, **options)

    def _smooth(self, y_true: Array, classes: int) -> Array:
        return y_true * (1.0 - self.label_smoothing) + self.label_smoothing / classes if self.label_smoothing else y_true


class _Categorical(_Crossentropy, registered=False):
    """One class of several: scores go through a softmax, shares are divided by their sum.

    Inside, targets and predictions are matrices, one row a value; a subclass says what its targets do with such rows.
    """

    def _of_scores(self, z: Array, y: Array, exponentials: Array, factor: Array, values: Array) -> None:
        """Fill `sum(y) log(sum(exp(z))) - sum(y z)` in, and of what `softmax(z)` is made: exponentials and factors."""

    def _of_shares(self, p: Array, y: Array, values: Array) -> None:
        """Fill `-sum(y log(q))` in, with `q = p / sum(p)`."""

    def _slopes_of_shares(self, p: Array, y: Array, scale: Any, slopes: Array) -> None:
        """Fill `(sum(y) / sum(p) - y / p) * scale` in, where nothing was clipped."""

    def _take_off(self, rows: Array, y: Array, amount: Any) -> None:
        """Subtract targets times an amount, one number or one for each target, from rows in place."""

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        shape = np.shape(y_pred)
        if len(shape) < 2 or shape[self.axis % len(shape)] == 1:
            text = f"{type(self).__name__}: predictions must be (n, classes) with at least 2 classes, got {shape}; "
            text += "give the last layer one unit a class, or use BinaryCrossentropyLoss for a yes or no"
            raise ShapeError(text, expected="(n, classes)", received=shape)
        return super().admit(y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y, rows = as_rows(y_true, y_pred)
        values = np.empty(len(rows), rows.dtype)
        if self.from_logits:
            exponentials, factor = np.empty_like(rows), np.empty((len(rows), 1), rows.dtype)
            by_blocks(self._of_scores, rows, y, exponentials, factor, values)
            self._last_call.softmax = y_true, y_pred, exponentials, factor
        else:
            by_blocks(self._of_shares, rows, y, values)
        return values.reshape(y_pred.shape[:-1])

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._fused_slopes(y_true, y_pred, 1.0)

    def _fused_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        if not isinstance(scale, float):
            scale = np.broadcast_to(scale, (*y_pred.shape[:-1], 1)).reshape(-1, 1)
        y, rows = as_rows(y_true, y_pred)
        if self.from_logits:
            slopes, factor = self._take_softmax(y_true, y_pred)
            with_column(np.multiply, slopes, scale * factor, slopes)  # sum(y) softmax(z) - y
            by_blocks(self._take_off, slopes, y, scale)
        else:
            slopes = np.empty(rows.shape, rows.dtype)
            by_blocks(self._slopes_of_shares, rows, y, scale, slopes)
        return slopes.reshape(y_pred.shape)

    def _take_softmax(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Return exponentials and factor of these; the caller gets the array, and who asks again waits longer."""
        softmax: Any = self._last_call.softmax
        if softmax is None or softmax[0] is not y_true or softmax[1] is not y_pred:
            _Categorical.values(self, y_true, y_pred)
            softmax = self._last_call.softmax
        self._last_call.softmax = None
        return softmax[2:]  # type: ignore[no-any-return]


def as_rows(y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    """Return targets, one row or one class number each, and predictions with all but the last axis made one."""
    classes = y_pred.shape[-1]
    return y_true.reshape((-1, classes) if y_true.ndim == y_pred.ndim else -1), y_pred.reshape(-1, classes)


class CategoricalCrossentropyLoss(_Smoothed, _Categorical, aliases=("CategoricalCrossentropy",)):
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
    _factor_text_of_scores = "(softmax(ŷ) Σ y - y) / n"
    name = "categorical_crossentropy"

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_true, y_pred = super().admit(y_true, y_pred)
        if y_true.size and not (y_true.min() >= 0 and y_true.max() < np.inf):
            fix = "; give one-hot rows or shares of each class"
            raise outside(self, "targets must be finite and at least 0", y_true, fix)
        return self._smooth(y_true, y_true.shape[-1]), y_pred

    def _mismatch(self, target: Shape, y_pred: Shape) -> str:
        if target in (y_pred[:-1], (*y_pred[:-1], 1)):
            return "; these look like class numbers: use SparseCategoricalCrossentropyLoss"
        return "; give the last layer as many units as there are classes"

    def _of_scores(self, z: Array, y: Array, exponentials: Array, factor: Array, values: Array) -> None:
        top, above, exp_sum = log_sum_exp(z, exponentials)
        y_sums = row_sums(y)
        np.subtract(y_sums * above, _dots(y, with_column(np.subtract, z, top[:, np.newaxis], None)), values)
        np.divide(y_sums, exp_sum, factor[:, 0])

    def _of_shares(self, p: Array, y: Array, values: Array) -> None:
        q = np.clip(p / row_sums(p)[:, np.newaxis], EPSILON, 1 - EPSILON)
        np.negative(_dots(y, np.log(q, q)), values)

    def _slopes_of_shares(self, p: Array, y: Array, scale: Any, slopes: Array) -> None:
        sums = row_sums(p)[:, np.newaxis]
        share = p / sums
        q = np.clip(share, EPSILON, 1 - EPSILON)
        y = np.multiply(y, np.equal(q, share), share)
        y_sums, scale = row_sums(y)[:, np.newaxis], scale / sums
        y /= q
        with_column(np.multiply, y, scale, y)
        np.subtract(scale * y_sums, y, slopes)

    def _take_off(self, rows: Array, y: Array, amount: Any) -> None:
        rows -= y * amount


def _dots(y: Array, rows: Array) -> Array:
    """Return the sum of targets times entries of each row; the entries may be written over."""
    dots = row_dots(y, rows, rows)
    if np.isnan(dots).any():  # 0 * inf, of a class that is impossible and does not happen
        dots = row_sums(np.where(y == 0, 0, rows))
    return dots


IGNORED = -1


class SparseCategoricalCrossentropyLoss(_Categorical, aliases=("SparseCategoricalCrossentropy",)):
    """`-log q[y]` for the class `y` of each sample.

    From scores `z` (`from_logits=True`) it is `-log_softmax(z)[y]`, with gradient `softmax(z) - onehot(y)`; no
    logarithm of a softmax is formed, so nothing overflows. From shares `p` it is `-log(p[y] / sum(p))`, clipped to
    `[1e-7, 1 - 1e-7]`, with gradient `1 / sum(p) - onehot(y) / p[y]`, and 0 where it was clipped.

    Args:
        from_logits: Whether predictions are scores; put no softmax before it then.
        ignore_class: A label, in or out of range, whose samples count for nothing: value and gradient are 0, and a mean
            is taken over the others.
        axis: Where the classes lie in the predictions; targets lack that axis.
        reduction: As in `Loss`.
        name: As in `Loss`.

    Raises:
        ArgumentValueError: If a class number is outside `[0, classes)`.

    Example:
        >>> loss = SparseCategoricalCrossentropyLoss(from_logits=True)
        >>> loss.forward([0], np.array([[0.0, 0.0]])).__round__(6)
        0.693147
    """

    name = "sparse_categorical_crossentropy"
    target_kind = "index"
    factor_text = "(1 / Σ ŷ - onehot(y) / ŷ) / n"
    _factor_text_of_scores = "(softmax(ŷ) - onehot(y)) / n"

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **options: Any) -> None:
        self.ignore_class = arguments.optional(arguments.integer, self, "ignore_class", ignore_class, "(-inf, inf)")
        super().__init__(from_logits, **options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        labels, y_pred = super().admit(y_true, y_pred)
        classes = y_pred.shape[-1]
        known = labels if self.ignore_class is None else labels[labels != self.ignore_class]
        if known.size and not (known.min() >= 0 and known.max() < classes):
            fix = "; number the classes from 0, or give the last layer one unit a class"
            raise outside(self, f"class numbers must be 0 to {classes - 1} for {classes} outputs", known, fix)
        if known.size < labels.size:
            labels = np.where(labels == self.ignore_class, IGNORED, labels)
        return labels, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self._without_ignored(y_true, super().values(y_true, y_pred))

    def _fused_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        return self._without_ignored(y_true, super()._fused_slopes(y_true, y_pred, scale))

    def _without_ignored(self, y_true: Array, array: Array) -> Array:
        if self.ignore_class is not None:
            array[y_true == IGNORED] = 0.0
        return array

    def _counts(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != IGNORED

    def _mismatch(self, target: Shape, y_pred: Shape) -> str:
        if target == y_pred:
            return "; these look like one-hot rows: use CategoricalCrossentropyLoss or y.argmax(axis=-1)"
        return "; give one class number a sample"

    def _of_scores(self, z: Array, y: Array, exponentials: Array, factor: Array, values: Array) -> None:
        top, above, exp_sum = log_sum_exp(z, exponentials)
        np.subtract(above, _at_class(z, y) - top, values)
        np.divide(1.0, exp_sum, factor[:, 0])

    def _of_shares(self, p: Array, y: Array, values: Array) -> None:
        q = np.clip(_at_class(p, y) / row_sums(p), EPSILON, 1 - EPSILON)
        np.negative(np.log(q, q), values)

    def _slopes_of_shares(self, p: Array, y: Array, scale: Any, slopes: Array) -> None:
        sums = row_sums(p)[:, np.newaxis]
        share = _at_class(p, y)[:, np.newaxis] / sums
        q = np.clip(share, EPSILON, 1 - EPSILON)
        inside, scale = np.equal(q, share).astype(q.dtype), scale / sums
        slopes[...] = scale * inside
        self._take_off(slopes, y, inside / q * scale)

    def _take_off(self, rows: Array, y: Array, amount: Any) -> None:
        rows[np.arange(len(rows)), y] -= amount if isinstance(amount, float) else amount[:, 0]


def _at_class(rows: Array, y: Array) -> Array:
    """Return the entry of each row at its class number."""
    return rows[np.arange(len(rows)), y]
