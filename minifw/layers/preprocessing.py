"""Inputs brought to a scale that a network likes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..arrays import as_numbers, batches, not_empty
from ..errors import ArgumentValueError, NonFiniteError, ShapeError, UsageError
from ..initializers import Initializer
from ..network import tree
from ..network.definition import LayerOptions
from ..network.views import Param, Views
from .base import Layer
from .normalization import sample_axes

BLOCK = 131_072
"""Values that `adapt` converts at a time, so that data on disk need not fit into memory."""

LEAST = 1e-7
"""What a deviation counts as at least: a feature that is constant in the data becomes 0 on its value."""


class Normalization(Layer):
    """`y = (x - mean) / max(sqrt(variance), 1e-7)`, one mean and variance for each place on `axis`.

    They come from `adapt`, or are given; until then they are 0 and 1. They live in `state` and are never trained.

    Args:
        axis: The axis or axes of the features; any but the batch axis, 0. `None` for one mean and variance of all.
        mean: The mean, if it is known: a number, or a list or array that spreads over the features.
        variance: The variance that belongs to it.
        invert: Whether to go back instead: `y = x * max(sqrt(variance), 1e-7) + mean`.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If only one of `mean` and `variance` is given, their shapes differ, one is not finite, or a
            variance is negative.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt([[0.0, 5.0], [4.0, 5.0]])
        >>> layer(np.array([[4.0, 5.0]]))
        array([[1., 0.]])
    """

    factor_text = "1 / max(√variance, 1e-7)"
    takes_any_size = True
    elementwise = True

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if axis is not None:
            arguments.axes(self, "axis", axis)
        arguments.flag(self, "invert", invert)
        if (mean is None) != (variance is None):
            raise ArgumentValueError(f"Normalization: give both mean and variance or none, got {mean!r} and {variance!r}")
        if mean is not None:
            mean, variance = as_plain(mean, "mean"), as_plain(variance, "variance")
            if np.shape(mean) != np.shape(variance):
                raise ArgumentValueError(
                    f"Normalization: mean has shape {np.shape(mean)}, variance {np.shape(variance)}; give both alike"
                )
            if np.min(variance) < 0:
                raise ArgumentValueError(f"Normalization: variance must be in [0, inf), got {np.min(variance)}")
        self.axis, self.mean, self.variance, self.invert = axis, mean, variance, invert
        if invert:
            self.factor_text = "max(√variance, 1e-7)"
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        shape = tuple(input_shape[axis - 1] for axis in self._axes(len(input_shape) + 1))
        mean, variance = (0.0, 1.0) if self.mean is None else (self.mean, self.variance)
        first: dict[str, Any] = vars(self.state) or {"mean": mean, "variance": variance}
        size = np.shape(first["mean"])
        if size != shape and (vars(self.state) or not _spreads(size, shape)):
            raise ShapeError(
                f"Normalization: mean and variance of shape {size} do not spread over axis={self.axis} "
                f"of samples of shape {input_shape}, which is {shape}",
                expected=shape,
                received=size,
            )
        return {name: Param(shape, _Given(value), trainable=False) for name, value in first.items()}

    def adapt(self, data: ArrayLike) -> None:
        """Take mean and variance (divided by the number of values) of data, instead of what was taken before.

        It may come before or after building. The data are read twice, in blocks.

        Args:
            data: Samples as they will come to this layer, anything that `fit` takes; also an array on disk.

        Raises:
            UsageError: If mean and variance were given.
            ShapeError: If there are no samples, or the layer was built for others.
            NonFiniteError: If mean or variance would not be finite. Nothing has changed then.
        """
        where = f"{tree.label(self)}, adapt"
        if self.mean is not None:
            raise UsageError(f"{where}: its mean and variance were given; leave them out to take those of data")
        array = as_numbers(data, where)
        if array.ndim == 0:
            raise ShapeError(f"{where}: a single number has no batch axis; pass an array of samples", received=())
        not_empty(array.size, where)
        kept = self._axes(array.ndim)
        shape, built = tuple(array.shape[axis] for axis in kept), tree.is_built(self)
        if built and shape != self.state.mean.shape:
            raise ShapeError(
                f"{where}: built for axis={self.axis} of shape {self.state.mean.shape}, got data of shape {array.shape}",
                expected=self.state.mean.shape,
                received=shape,
            )
        dtype = self.state.mean.dtype if built else np.dtype(np.float64)
        with np.errstate(all="ignore"):
            found = [value.astype(dtype) for value in moments(array, kept)]
        if not np.isfinite(found).all():
            raise NonFiniteError(
                f"{where}: mean or variance is not finite in {dtype}; the data hold NaN, infinities or values too large"
            )
        if built:
            self.state.mean, self.state.variance = found
        else:
            self.state = Views.of({"mean": found[0], "variance": found[1]})

    def forward(self, x: Array, training: bool = False) -> Array:
        kept = self._axes(x.ndim)
        spread = [x.shape[axis] if axis in kept else 1 for axis in range(x.ndim)]
        mean = self.state.mean.reshape(spread)
        with np.errstate(all="ignore"):
            deviation = np.maximum(np.sqrt(self.state.variance.reshape(spread)), LEAST)
            slope = self.cache = deviation if self.invert else 1.0 / deviation
            if self.invert:
                return x * slope + mean
            y: Array = x - mean
            y *= slope
        return y

    def backward(self, error_grad: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            message: Array = error_grad * self.cache
        return message

    def _axes(self, rank: int) -> tuple[int, ...]:
        return () if self.axis is None else sample_axes(self, "axis", self.axis, rank)


class _Given(Initializer, registered=False):
    """Values that are known, spread over the shape."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.broadcast_to(np.asarray(self.values, np.float64), shape)


def moments(data: Array, kept: tuple[int, ...]) -> tuple[Array, Array]:
    """Return mean and variance over all axes but those kept, in float64 and in bounded memory.

    The second reading takes the variance around the mean, and what rounding has left in the mean.

    Example:
        >>> [float(value) for value in moments(np.array([1.0, 3.0]), ())]
        [2.0, 1.0]
    """
    over = tuple(axis for axis in range(data.ndim) if axis not in kept)
    count = math.prod(data.shape[axis] for axis in over)
    mean: Any = sum(block.sum(axis=over, keepdims=True) for block in _blocks(data)) / count
    first: Any = 0.0
    second: Any = 0.0
    for block in _blocks(data):
        block -= mean
        first = first + block.sum(axis=over, keepdims=True)
        second = second + np.square(block, out=block).sum(axis=over, keepdims=True)
    rest = first / count
    shape = [data.shape[axis] for axis in kept]
    return (mean + rest).reshape(shape), np.maximum(second / count - rest * rest, 0.0).reshape(shape)


def _blocks(data: Array) -> Iterator[Array]:
    """Yield rows of the data as float64 arrays that may be written to."""
    rows = max(1, BLOCK * len(data) // data.size)
    return (data[part].astype(np.float64) for part in batches(len(data), rows))


def as_plain(value: Any, name: str) -> Any:
    """Return numbers as a number or a list, which a configuration can hold."""
    array = as_numbers(value, f"Normalization: {name}").astype(np.float64)
    if not array.size:
        raise ArgumentValueError(f"Normalization: {name} is empty")
    if not np.isfinite(array).all():
        raise ArgumentValueError(f"Normalization: {name} must be finite, got {value!r}")
    return array.tolist()


def _spreads(shape: Shape, wanted: Shape) -> bool:
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


class Rescaling(Layer):
    """`y = x * scale + offset`, in training and in inference.

    Args:
        scale: The factor, such as `1 / 255` for bytes.
        offset: What is added.
        options: As for every layer.

    Example:
        >>> Rescaling(1 / 5, offset=-1)(np.array([[0.0, 10.0]]))
        array([[-1.,  1.]])
    """

    factor_text = "{self.scale:g}"
    takes_any_size = True
    elementwise = True

    def __init__(self, scale: float, offset: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        for name, value in (("scale", scale), ("offset", offset)):
            arguments.number(self, name, value)
        self.scale, self.offset = scale, offset
        super().__init__(**options)

    def forward(self, x: Array, training: bool = False) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            y: Array = x * float(self.scale)
            y += float(self.offset)
        return y

    def backward(self, error_grad: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return error_grad * float(self.scale)
