"""What the cross-entropies share: their arguments, the axis of the classes, and the softmax of scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array
from ..errors import ArgumentValueError, ShapeError
from ..engine.blocks import blocks
from ..engine.tuning import BLOCK
from ..engine.rows import row_sums, with_column
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

    @override
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

    @override
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

    @override
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

    @override
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

    @override
    def slopes(self, y_true: Array, y_pred: Array) -> Array:
        return self._scaled_slopes(y_true, y_pred, 1.0)

    @override
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
