"""Cross-entropies of classes that exclude one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..engine.buffers import blocks
from ..engine.reductions import row_dots, row_sums, total, with_column
from ..engine.tuning import BLOCK
from ..errors import ArgumentValueError, ShapeError
from .base import EPSILON, Loss

MODERATE = -20.0, 40.0
"""Between these a row's largest score needs not be subtracted: no exponential overflows, and none that counts vanishes."""


class _Crossentropy(Loss, registered=False):
    """`from_logits` and `axis`; inside, the axis is always the last."""

    wants = "shares that sum to 1"

    def __init__(self, from_logits: bool = False, *, axis: int = -1, **options: Any) -> None:
        arguments.flag(self, "from_logits", from_logits)
        if arguments.integer(self, "axis", axis, "(-inf, inf)") == 0:
            raise ArgumentValueError(f"{type(self).__name__}: axis=0 is the batch; give the axis of the classes or outputs")
        self.from_logits, self.axis = from_logits, axis
        if from_logits:
            self.wants = "scores"
        super().__init__(**options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        y_pred = np.asarray(y_pred)
        if self.axis not in (-1, y_pred.ndim - 1):
            if not -y_pred.ndim < self.axis < y_pred.ndim:
                raise ArgumentValueError(
                    f"{type(self).__name__}: predictions {y_pred.shape} have no axis={self.axis} after the batch"
                )
            if np.ndim(y_true) == y_pred.ndim:
                y_true = np.moveaxis(y_true, self.axis, -1)
            y_pred = np.moveaxis(y_pred, self.axis, -1)
        return super().admit(y_true, y_pred)

    def backward(self) -> Array:
        error_grad = super().backward()
        if self.axis in (-1, error_grad.ndim - 1):
            return error_grad
        return np.ascontiguousarray(np.moveaxis(error_grad, -1, self.axis))


class _Categorical(_Crossentropy, registered=False):
    """One class of several: scores go through a softmax, shares are divided by their sum.

    Inside, targets and predictions are matrices, one row a value; a subclass says what its targets do with such rows.
    """

    _folds = True
    _remembered = ("_seen", "_exponentials")
    _exponentials: tuple[Array, Array, Array, Array] | None = None
    """Targets and scores of the last forward, the exponentials, and what makes them the slopes of a logarithm's sum."""

    def _chosen(self, y_true: Array, rows: Array) -> Array:
        """Return the entries that targets speak of: one column, or all."""
        raise NotImplementedError

    def _dot(self, y_true: Array, chosen: Array) -> Array:
        """Return the sum of targets times such entries, row by row; the entries may be written over."""
        raise NotImplementedError

    def _take_off(self, y_true: Array, rows: Array, amount: Any) -> None:
        """Subtract targets times an amount, one number or one for each chosen entry, from rows in place."""
        raise NotImplementedError

    def _mass(self, y_true: Array) -> Any:
        """Return the sums of the targets, a column."""
        return 1.0

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        shape = np.shape(y_pred)
        if len(shape) < 2 or shape[self.axis % len(shape)] == 1:
            raise ShapeError(
                f"{type(self).__name__}: predictions must be (n, classes) with at least 2 classes, got {shape}; "
                "give the last layer one unit a class, or use BinaryCrossentropyLoss for a yes or no",
                expected="(n, classes)",
                received=shape,
            )
        return super().admit(y_true, y_pred)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        y, rows = as_rows(y_true, y_pred)
        if self.from_logits:
            found, e, factor = self._of_scores(y, rows)
            self._exponentials = y_true, y_pred, e, factor
        else:
            found = np.empty(len(rows), rows.dtype)
            for part in blocks(rows):
                share = np.clip(self._share(y[part], rows[part])[0], EPSILON, 1 - EPSILON)
                found[part] = self._dot(y[part], np.log(share, share))
            np.negative(found, found)
        return found.reshape(y_pred.shape[:-1])

    def _of_scores(self, y: Array, scores: Array) -> tuple[Array, Array, Array]:
        """Return the values, the exponentials up to a factor a row, and the sums of targets over those of these."""
        e = np.empty_like(scores)
        if scores.nbytes <= BLOCK:
            values, factor = self._fill(y, scores, e)
            return values, e, factor
        values, factor = np.empty(len(scores), scores.dtype), np.empty((len(scores), 1), scores.dtype)
        for part in blocks(scores):
            values[part], factor[part] = self._fill(y[part], scores[part], e[part])
        return values, e, factor

    def _fill(self, y: Array, scores: Array, e: Array) -> tuple[Array, Array]:
        """Write the exponentials of some rows, and return the rest."""
        at = np.arange(len(scores)), scores.argmax(axis=1)
        top = scores[at][:, np.newaxis]
        below = self._dot(y, with_column(np.subtract, self._chosen(y, scores), top, None))
        moderate = top.min(initial=0) >= MODERATE[0] and top.max(initial=0) <= MODERATE[1]
        np.exp(scores if moderate else scores - top, e)
        own = e[at][:, np.newaxis]
        e[at] = 0.0  # so that the logarithm of a share near 1 keeps its digits
        others, mass = row_sums(e)[:, np.newaxis], self._mass(y)
        e[at] = own[:, 0]
        return (mass * np.log1p(others / own))[:, 0] - below, mass / (own + others)

    def _share(self, y: Array, rows: Array) -> tuple[Array, Array]:
        """Return the shares that targets speak of, made to sum to 1, and the sums of all."""
        total = row_sums(rows)[:, np.newaxis]
        return self._chosen(y, rows) / total, total

    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._scaled_slopes(y_true, y_pred, 1.0)

    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        if not isinstance(scale, float):
            scale = np.broadcast_to(scale, (*y_pred.shape[:-1], 1)).reshape(-1, 1)
        y, rows = as_rows(y_true, y_pred)
        if self.from_logits:
            kept, self._exponentials = self._exponentials, None  # the caller gets the array: who asks again waits longer
            fits = kept is not None and kept[0] is y_true and kept[1] is y_pred
            slopes, factor = kept[2:] if kept is not None and fits else self._of_scores(y, rows)[1:]
            with_column(np.multiply, slopes, scale * factor, slopes)
            self._take_off(y, slopes, scale)
        else:
            slopes = np.empty(rows.shape, rows.dtype)
            for part in blocks(rows):
                self._put_slopes(y[part], rows[part], scale if isinstance(scale, float) else scale[part], slopes[part])
        return slopes.reshape(y_pred.shape)

    def _put_slopes(self, y: Array, rows: Array, scale: Any, slopes: Array) -> None:
        """Fill in the slopes of the logarithms of shares."""
        found, total = self._share(y, rows)
        share = np.clip(found, EPSILON, 1 - EPSILON)
        inside = np.equal(share, found).astype(share.dtype)
        scale = scale / total
        slopes[...] = scale * self._dot(y, inside)[:, np.newaxis]
        inside /= share
        inside *= scale
        self._take_off(y, slopes, inside)


def as_rows(y_true: Array, y_pred: Array) -> tuple[Array, Array]:
    """Return targets, one row or one class number each, and predictions with all but the last axis made one."""
    classes = y_pred.shape[-1]
    return y_true.reshape((-1, classes) if y_true.ndim == y_pred.ndim else -1), y_pred.reshape(-1, classes)


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

    def _mismatch(self, target: Array, y_pred: Array) -> str:
        if target.shape in (y_pred.shape[:-1], (*y_pred.shape[:-1], 1)):
            return "; these look like class numbers: use SparseCategoricalCrossentropyLoss"
        return "; give the last layer as many units as there are classes"

    def _chosen(self, y_true: Array, rows: Array) -> Array:
        return rows

    def _dot(self, y_true: Array, chosen: Array) -> Array:
        found = row_dots(y_true, chosen, chosen)
        if np.isnan(found).any():  # 0 * inf, of a class that is impossible and does not happen
            found = row_sums(np.where(y_true == 0, 0, chosen))
        return found

    def _put_slopes(self, y: Array, rows: Array, scale: Any, slopes: Array) -> None:
        found, total = self._share(y, rows)
        share = np.clip(found, EPSILON, 1 - EPSILON)
        inside = np.multiply(y, np.equal(share, found), found)
        mass = row_sums(inside)[:, np.newaxis]
        inside /= share
        scale = scale / total
        with_column(np.multiply, inside, scale, inside)
        np.subtract(scale * mass, inside, slopes)

    def _take_off(self, y_true: Array, rows: Array, amount: Any) -> None:
        for part in blocks(rows):
            rows[part] -= y_true[part] * (amount if isinstance(amount, float) else amount[part])

    def _mass(self, y_true: Array) -> Any:
        return row_sums(y_true)[:, np.newaxis]


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

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **options: Any) -> None:
        if ignore_class is not None:
            arguments.integer(self, "ignore_class", ignore_class, "(-inf, inf)")
        self.ignore_class = ignore_class
        if from_logits:
            self.factor_text = "(softmax(ŷ) - onehot(y)) / n"
        super().__init__(from_logits, **options)

    def admit(self, y_true: Any, y_pred: Array) -> tuple[Array, Array]:
        labels, y_pred = super().admit(y_true, y_pred)
        classes = y_pred.shape[-1]
        known = labels if self.ignore_class is None else labels[labels != self.ignore_class]
        if known.size and not (known.min() >= 0 and known.max() < classes):
            raise ArgumentValueError(
                f"{type(self).__name__}: class numbers must be 0 to {classes - 1} for {classes} outputs, "
                f"got {known.min()} to {known.max()}; number the classes from 0, or give the last layer one unit a class"
            )
        if known.size < labels.size:
            labels = np.where(labels == self.ignore_class, IGNORED, labels)
        return labels, y_pred

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return self._without_ignored(y_true, super().values(y_true, y_pred))

    def _scaled_slopes(self, y_true: Array, y_pred: Array, scale: Any) -> Array:
        return self._without_ignored(y_true, super()._scaled_slopes(y_true, y_pred, scale))

    def _without_ignored(self, y_true: Array, found: Array) -> Array:
        if self.ignore_class is not None:
            found[y_true == IGNORED] = 0.0
        return found

    def _counts(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != IGNORED

    def _divisor(self, y_true: Array, values: Array, weights: Array | None) -> float:
        counts = self._counts(y_true)
        if counts is None or self.reduction in ("sum", "none", None):
            return super()._divisor(y_true, values, weights)
        weighted = self.reduction == "mean_with_sample_weight" and weights is not None
        return total(counts * weights) if weighted else float(counts.sum())

    def _mismatch(self, target: Array, y_pred: Array) -> str:
        if target.shape == y_pred.shape:
            return "; these look like one-hot rows: use CategoricalCrossentropyLoss or y.argmax(axis=-1)"
        return "; give one class number a sample"

    def _chosen(self, y_true: Array, rows: Array) -> Array:
        return rows[np.arange(len(rows)), y_true][:, np.newaxis]

    def _dot(self, y_true: Array, chosen: Array) -> Array:
        return chosen[:, 0]

    def _take_off(self, y_true: Array, rows: Array, amount: Any) -> None:
        rows[np.arange(len(rows)), y_true] -= amount if isinstance(amount, float) else amount[:, 0]
