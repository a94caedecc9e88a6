"""The door for arrays: what comes in is made a plain array of the wanted dtype, or refused with the reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._typing import Array, DType
from .arguments import named
from .errors import ArgumentTypeError, ArgumentValueError, ShapeError, shown

FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
INDEX = np.dtype(np.intp)
"""What NumPy indexes with: int64, in a browser int32."""
NUMBERED = "; number the names of classes: classes, y = np.unique(y, return_inverse=True)"


def as_numbers(value: Any, where: str) -> Array:
    """Return data as a plain numeric array, not yet of the network's dtype.

    Args:
        value: Whatever `np.asarray` understands.
        where: What the message calls it.

    Raises:
        ArgumentTypeError: If it holds no numbers: strings, dates, fields, masked or sparse values.
        ArgumentValueError: If it is complex or ragged.

    Example:
        >>> as_numbers([[1, 2]], "x")
        array([[1, 2]])
    """
    if "layer" in getattr(value, "kinds", ()) or type(value).__name__ == "Input":
        instead = "there are no functional graphs: write Sequential([Input(...), ...]), with Branches or Residual inside"
        raise ArgumentTypeError(f"{where}: wanted numbers, got {type(value).__name__}; {instead}")
    if isinstance(value, np.ma.MaskedArray):
        raise ArgumentTypeError(f"{where}: a masked array; fill or drop the masked values first, as in x.filled(0)")
    if not isinstance(value, np.ndarray) and hasattr(value, "toarray"):
        raise ArgumentTypeError(f"{where}: a sparse matrix; call .toarray()")
    if isinstance(value, (dict, set)) or (not hasattr(value, "__array__") and hasattr(value, "__next__")):
        raise ArgumentTypeError(f"{where}: wanted an array, got {type(value).__name__}")
    tensor = hasattr(value, "detach")  # of PyTorch, which may have a gradient
    try:
        array = np.asarray(value.detach() if tensor else value)
    except (TypeError, RuntimeError) as error:
        hint = "; try .float().cpu() of the tensor or its module" if tensor else ""
        raise ArgumentTypeError(f"{where}: wanted an array, got {type(value).__name__}; NumPy says: {error}{hint}") from None
    except ValueError as error:
        raise ArgumentValueError(f"{where}: the rows differ in shape{_first_ragged(value)}; NumPy says: {error}") from None
    kind = array.dtype.kind
    if kind in "fiub" and array.dtype.itemsize <= 16:
        return array
    if kind == "c":
        raise ArgumentValueError(f"{where}: complex numbers are not supported; pass .real, .imag or np.abs of them")
    if array.dtype.names:
        fields = ", ".join(array.dtype.names)
        raise ArgumentTypeError(f"{where}: a structured array with the fields {fields}; stack them first")
    if kind == "O":
        return _from_objects(array, value, where)
    raise ArgumentTypeError(f"{where}: wanted numbers, got dtype {array.dtype}{NUMBERED if kind in 'US' else ''}")


def as_targets(owner: Any, y_true: Array, y_pred: Array) -> Array:
    """Return targets in the shape that a loss or metric wants them in: the predictions', for class numbers one axis less.

    Warns if targets hold fractions and predictions are whole numbers by their type: somebody's went in the other way.

    Args:
        owner: The loss or metric; its `target_kind` decides, and its `_mismatch` says what to do about another shape.
        y_true: The targets; `(n,)` and `(n, 1)` are the same.
        y_pred: The predictions.

    Raises:
        ShapeError: If the shape is another; nothing is broadcast.
    """
    if y_pred.dtype.kind in "iub" and y_true.dtype.kind == "f" and (y_true != np.floor(y_true)).any():
        warnings.warn(
            f"{type(owner).__name__}: y_true holds fractions and y_pred whole numbers ({y_pred.dtype}), as if they were "
            "swapped: the targets come first, (y_true, y_pred)",
            UserWarning,
            stacklevel=4,
        )
    expected, shape = y_pred.shape[:-1] if owner.target_kind == "index" else y_pred.shape, y_true.shape
    if shape == (*expected, 1) or (shape == expected[:-1] and expected[-1:] == (1,)):
        return y_true.reshape(expected)
    if shape != expected:
        text = f"{type(owner).__name__}: y_true has shape {shape}, but the predictions {y_pred.shape} want {expected}"
        raise ShapeError(text + owner._mismatch(shape, y_pred.shape), expected=expected, received=shape)
    return y_true


def outside(owner: object, rule: str, array: Array, hint: str = "") -> ArgumentValueError:
    """Return the error for numbers that break a rule, with the range that they have."""
    return ArgumentValueError(f"{named(owner)}: {rule}, got {array.min()} to {array.max()}{hint}")


def as_plain(value: Any, where: str) -> Any:
    """Return finite numbers as a number or a list, which a configuration can hold."""
    array = as_numbers(value, where).astype(np.float64)
    if not array.size:
        raise ArgumentValueError(f"{where} is empty")
    if not np.isfinite(array).all():
        raise ArgumentValueError(f"{where} must be finite, got {shown(value)}")
    return array.tolist()


def as_batch(value: Any, dtype: DType | None, where: str, index: bool = False) -> Array:
    """Return data as a C-ordered array of a dtype; what already is one comes back as it is.

    Args:
        value: Whatever `np.asarray` understands; the first axis counts the samples.
        dtype: The dtype; `None` keeps float32 and float64 and makes float32 of the rest.
        where: What the message calls it.
        index: Whether whole numbers are wanted, to index with.

    Raises:
        ShapeError: If it has no batch axis.
        ArgumentValueError: If an index is no whole number.
    """
    array = as_numbers(value, where)
    if array.ndim == 0:
        text = f"{where}: a single number has no batch axis; pass an array of samples"
        raise ShapeError(text, expected="(batch, ...)", received=())
    if index:
        return as_index(array, where)
    if dtype is None:
        native = array.dtype.newbyteorder("=")
        dtype = native if native in FLOAT_TYPES else FLOAT_TYPES[0]
    with np.errstate(over="ignore"):  # 1e300 becomes inf in float32, and training locates what is not finite
        return np.ascontiguousarray(array, dtype=dtype)


def as_index(array: Array, where: str) -> Array:
    """Return whole numbers as a C-ordered array of `INDEX`; fractions, NaN, infinities and what is beyond it are refused."""
    if array.size and not np.can_cast(array.dtype, INDEX):
        bad = ~(np.abs(array) < 2.0 ** (8 * INDEX.itemsize - 1)) | (array != np.floor(array))
        if bad.any():
            first = array[bad].flat[0]
            why = f", which is beyond {INDEX}" if np.isfinite(first) and first == np.floor(first) else ""
            raise ArgumentValueError(f"{where}: wanted whole numbers, got {first}{why}")
    return np.ascontiguousarray(array, dtype=INDEX)


def as_floats(array: Array) -> Array:
    """Return numbers in the dtype they are calculated in: float16 in float32, all but float32 in float64."""
    if array.dtype in FLOAT_TYPES:
        return array
    small = array.dtype.kind == "f" and array.itemsize <= 4
    with np.errstate(over="ignore"):
        return array.astype(FLOAT_TYPES[0 if small else 1])


def as_weights(value: Any, values: Array, where: str) -> Array:
    """Return sample weights that multiply values of one batch, one a sample or one a value.

    Args:
        value: The weights, `(n,)`, `(n, 1)` or shaped like the values.
        values: What they will multiply, samples along the first axis.
        where: What the message calls them.

    Raises:
        ShapeError: If the shape is another; nothing is broadcast.
        ArgumentValueError: If one is negative or not finite.
    """
    weights = as_numbers(value, where).astype(values.dtype)
    if weights.shape == (len(values), 1) and values.shape != weights.shape:
        weights = weights[:, 0]
    if weights.shape not in (values.shape, values.shape[:1]):
        text = f"{where} has shape {weights.shape}, expected one a sample, {values.shape[:1]}"
        raise ShapeError(text, expected=values.shape[:1], received=weights.shape)
    if not (weights >= 0).all() or not np.isfinite(weights).all():
        raise ArgumentValueError(f"{where} must be finite and at least 0, got {weights.min()} to {weights.max()}")
    return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))


def same_length(**arrays: Any) -> int:
    """Return the common number of samples, or raise an error that gives all lengths."""
    for name, array in arrays.items():
        if array is not None and not np.ndim(array):
            raise ArgumentValueError(f"{name} is a single number; pass an array of samples")
    lengths = {name: len(array) for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        kinds = ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items() if array is not None)
        raise ArgumentValueError(f"the numbers of samples differ: {found}; the first axis counts them: {kinds}")
    return next(iter(lengths.values()))


def split(n: int, validation_split: float) -> int:
    """Return how many of `n` samples train when the last part validates, as Keras counts.

    Raises:
        ArgumentValueError: If one of the two parts would be empty.

    Example:
        >>> split(30, 0.9)
        2
    """
    at = int(n * (1.0 - validation_split))
    if not 0 < at < n:
        raise ArgumentValueError(
            f"validation_split={validation_split} of {n} samples leaves {at} to train and {n - at} to validate; "
            "both need at least one"
        )
    return at


def batches(n: int, batch_size: int) -> Iterator[slice]:
    """Yield the batches of `n` samples; the last one may be short.

    Example:
        >>> list(batches(5, 2))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(begin, min(begin + batch_size, n)) for begin in range(0, n, batch_size))


def not_empty(n: int, what: str) -> None:
    """Raise a `ShapeError` if there are no samples."""
    if n == 0:
        raise ShapeError(f"{what}: got 0 samples; it needs at least one", expected="(n, ...)", received=(0,))


def _first_ragged(value: Any) -> str:
    try:
        shapes = [np.shape(row) for row in value]
    except (TypeError, ValueError):
        return ""
    row = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
    return "" if row is None else f": row 0 has shape {shapes[0]}, row {row} has {shapes[row]}"


def _from_objects(array: Array, value: Any, where: str) -> Array:
    for place, item in np.ndenumerate(array):
        if not isinstance(item, (int, float, np.number, np.bool_)) or isinstance(item, (np.complexfloating, np.timedelta64)):
            at = place[0] if len(place) == 1 else place
            names = list(getattr(getattr(value, "dtypes", None), "keys", tuple)())  # of the columns of a frame
            column = f", column {names[place[1]]!r}" if len(place) == 2 and names else ""
            found = f"{shown(item)} ({type(item).__name__})"
            hint = NUMBERED if isinstance(item, str) else ""
            raise ArgumentTypeError(f"{where}: wanted numbers, got {found} at index {at}{column}{hint}")
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise ArgumentValueError(f"{where}: an integer in it is too large for a float64") from None
