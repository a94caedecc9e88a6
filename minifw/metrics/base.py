"""A metric is a number for people, collected batch by batch; nothing is trained by it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._typing import Array, ArrayLike, Shape
from ..arrays import as_floats, as_index, as_numbers, as_targets, outside
from ..config import resolve
from ..errors import ShapeError
from ..network.names import Labelled


class Variable(np.ndarray[Any, Any]):
    """A number or an array that a metric keeps, as `add_weight` returns it."""

    def assign(self, value: ArrayLike) -> Variable:
        """Take over a value."""
        self[...] = value
        return self

    def assign_add(self, value: ArrayLike) -> Variable:
        """Add a value."""
        return self.assign(self + value)

    def assign_sub(self, value: ArrayLike) -> Variable:
        """Take a value away."""
        return self.assign(self - value)

    def numpy(self) -> Any:
        """Return a copy as a plain array or number."""
        return np.array(self)[()]

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What is calculated with it is plain."""
        return self if array is self else np.asarray(array)[()]


class Metric(Labelled, registered=False):
    """The base of all metrics; a subclass writes `update_state` and `result`, and `reset_state` without `add_weight`.

    `MeanMetric` and `SumMetric` have written them already: for a mean of one value a sample write `values`, for anything
    else that is made of sums write `sums` and `value`. No batch is kept.

    Args:
        name: The key in logs and history; the class name in snake case without one.

    Attributes:
        variables: What `add_weight` has made.
        direction: `"up"` if a larger value is better, `"down"` if a smaller one is, `""` if nobody can say.
        target_kind: `"float"`, or `"index"` for a metric whose targets are class numbers.
        wants: `"probabilities"` if it counts what is above 0.5, `"one probability"` if only for one output.

    Example:
        >>> class Largest(Metric):
        ...     largest = 0.0
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.largest = max(self.largest, float(np.max(y_pred)))
        ...     def result(self):
        ...         return self.largest
        ...     def reset_state(self):
        ...         self.largest = 0.0
        >>> Largest()([[0], [0]], [[2.0], [1.0]])
        2.0
    """

    kinds = ("metric",)
    direction: str = ""
    target_kind: ClassVar[str] = "float"
    wants: str | None = None
    name: str = "metric"
    variables: tuple[Variable, ...] = ()

    _ignored: int | None = None
    """The class number that the compiled loss ignores; it may be out of range, and is right nowhere then."""

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Take in one batch.

        Args:
            y_true: The targets, shaped like `y_pred`; class numbers, one axis less, for an index metric.
            y_pred: The predictions, samples along the first axis.
            sample_weight: One weight a sample, `(n,)` or `(n, 1)`.

        Raises:
            ShapeError: If the shapes do not belong together; nothing is broadcast.
            ArgumentValueError: If a target or a weight is outside its range. Nothing has changed then.
        """
        raise NotImplementedError(f"{type(self).__name__} must write update_state(self, y_true, y_pred, sample_weight=None)")

    def result(self) -> Any:
        """Return the value over all batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must write result(self)")

    def reset_state(self) -> None:
        """Forget all batches: what `add_weight` has made becomes 0."""
        if not self.variables:
            raise NotImplementedError(f"{type(self).__name__} must write reset_state(self)")
        for variable in self.variables:
            variable.assign(0)

    def add_weight(
        self, shape: Shape = (), initializer: Any = "zeros", dtype: Any = "float64", name: str | None = None
    ) -> Variable:
        """Return a number, or an array, that is kept from batch to batch: it is `assign`ed to, and read as any array.

        Args:
            shape: Its shape.
            initializer: Its first value, an `Initializer` or its name.
            dtype: Its dtype.
            name: A label.

        Example:
            >>> class Rows(Metric):
            ...     def __init__(self, name="rows"):
            ...         super().__init__(name=name)
            ...         self._rows = self.add_weight(name="rows")
            ...     def update_state(self, y_true, y_pred, sample_weight=None):
            ...         self._rows.assign_add(len(y_pred))
            ...     def result(self):
            ...         return self._rows
            >>> Rows()([[0], [0]], [[2.0], [1.0]])
            Variable(2.)
        """
        value = resolve("initializer", initializer, self)(shape, np.random.default_rng(0))
        variable = np.asarray(value, dtype or "float64").view(Variable)
        self.variables = (*self.variables, variable)
        return variable

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Take in one batch and return the value over all since the last reset."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def admit(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
        """Return targets and predictions as arrays that belong together, sample by sample and entry by entry."""
        true, pred = self._numbers(y_true, "y_true"), self._numbers(y_pred, "y_pred")
        self._want(pred.ndim > 0 and 0 not in pred.shape[1:], "(n, ...)", pred)
        true = as_targets(self, true, pred)
        return (self._classes(true, pred.shape[-1]) if self.target_kind == "index" else true), pred

    def _want(self, fits: bool, shape: str, y_pred: Array) -> None:
        """Raise a `ShapeError` that says how predictions must be shaped, unless they fit."""
        if not fits:
            hint = "; for one output pass y_pred[:, np.newaxis]" if shape == "(n, outputs)" and y_pred.ndim == 1 else ""
            text = f"{type(self).__name__}: predictions must be {shape}, got {y_pred.shape}{hint}"
            raise ShapeError(text, expected=shape, received=y_pred.shape)

    def _numbers(self, value: Any, what: str) -> Array:
        known = type(value) is np.ndarray and value.dtype.kind in "fiub"
        array: Array = value if known else as_numbers(value, f"{type(self).__name__}: {what}")
        return as_floats(array) if array.dtype.kind == "f" else array

    def _classes(self, y_true: Array, classes: int) -> Array:
        """Return class numbers as integers from 0 to `classes - 1`, or ignored."""
        labels = as_index(y_true, f"{type(self).__name__}: y_true")
        known = labels if self._ignored is None else labels[labels != self._ignored]
        # seen as unsigned, a negative number is a huge one: one pass finds both ends
        if known.size and np.maximum.reduce(known.view(f"u{known.itemsize}"), axis=None) >= classes:
            raise outside(self, f"class numbers must be 0 to {classes - 1} for {classes} outputs", known)
        return labels

    def _mismatch(self, target: Shape, y_pred: Shape) -> str:
        """Return what to do about targets of the wrong shape, as the end of a message."""
        if self.target_kind == "index":
            return "; these look like one-hot rows: use y_true.argmax(axis=-1)" if target == y_pred else ""
        if target in (y_pred[:-1], (*y_pred[:-1], 1)):
            return f"; if these are class numbers, use a sparse metric or np.eye({y_pred[-1]})[y_true]"
        return "; reshape one of them: nothing is broadcast"
