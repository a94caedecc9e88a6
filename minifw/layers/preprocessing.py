"""Inputs brought to a scale that a network likes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, ArrayLike, Shape
from ..arrays import as_numbers, as_plain, not_empty
from ..config import Settled
from ..engine.errstate import silent
from ..engine.normalize import moments
from ..errors import ArgumentValueError, NonFiniteError, ShapeError, UsageError
from ..initializers import Constant, spreads
from ..network import tree
from ..network.definition import LayerOptions
from ..network.views import Param, Views
from .base import Layer
from .normalization import sample_axes

LEAST = 1e-7
"""What a deviation counts as at least: a feature that is constant in the data becomes 0 on its value."""


class Normalization(Layer):
    """`y = (x - mean) / max(sqrt(variance), 1e-7)`, one mean and variance for each place on `axis`.

    They come from `adapt`, or are given; until then they are 0 and 1. They live in `state` and are never trained.

    Args:
        axis: The axis or axes of the features; any but the batch axis, 0. `None` for one mean and variance of all.
        mean: The mean, if it is known: a number, or a list or array that spreads over the features.
        variance: The variance that belongs to it. Both attributes show what is used, once that is known.
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
    takes_any_size = elementwise = True

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.axis = arguments.optional(arguments.axes, self, "axis", axis)
        self.invert = arguments.flag(self, "invert", invert)
        if (mean is None) != (variance is None):
            raise ArgumentValueError(f"Normalization: give both mean and variance or none, got {mean!r} and {variance!r}")
        if mean is not None:
            mean, variance = as_plain(mean, "Normalization: mean"), as_plain(variance, "Normalization: variance")
            shape, other = np.shape(mean), np.shape(variance)
            if shape != other:
                raise ArgumentValueError(f"Normalization: mean has shape {shape}, variance {other}; give both alike")
            if np.min(variance) < 0:
                raise ArgumentValueError(f"Normalization: variance must be in [0, inf), got {np.min(variance)}")
        self.mean, self.variance = mean, variance
        if invert:
            self.factor_text = "max(√variance, 1e-7)"
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        shape = tuple(input_shape[axis - 1] for axis in self._axes(len(input_shape) + 1))
        mean, variance = map(self._argument, ("mean", "variance"))
        if mean is None:
            mean, variance = 0.0, 1.0
        values: dict[str, Any] = vars(self.state) or {"mean": mean, "variance": variance}
        size = np.shape(values["mean"])
        if size != shape and (vars(self.state) or not spreads(size, shape)):
            where = f"axis={self.axis} of samples of shape {input_shape}, which is {shape}"
            text = f"Normalization: mean and variance of shape {size} do not spread over {where}"
            raise ShapeError(text, expected=shape, received=size)
        return {name: Param(shape, Constant(value), trainable=False) for name, value in values.items()}

    @property
    def unready(self) -> tuple[str, str] | None:  # type: ignore[override]
        """Whether nobody has said which mean and variance the data have."""
        values = vars(self.state)
        learned = values and (values["mean"].any() or (values["variance"] != 1.0).any())
        untouched = self._argument("mean") is None and not learned
        return ("its mean is 0 and its variance 1, so it changes nothing", "call adapt(x) first") if untouched else None

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
        if self._argument("mean") is not None:
            raise UsageError(f"{where}: its mean and variance were given; leave them out to take those of data")
        array = as_numbers(data, where)
        if array.ndim == 0:
            raise ShapeError(f"{where}: a single number has no batch axis; pass an array of samples", received=())
        not_empty(array.size, where)
        axes = self._axes(array.ndim)
        shape, built = tuple(array.shape[axis] for axis in axes), tree.is_built(self)
        if built and shape != self.state.mean.shape:
            text = f"{where}: built for axis={self.axis} of shape {self.state.mean.shape}, got data of shape {array.shape}"
            raise ShapeError(text, expected=self.state.mean.shape, received=shape)
        dtype = self.state.mean.dtype if built else np.dtype(np.float64)
        with np.errstate(all="ignore"):
            mean, variance = (moment.astype(dtype) for moment in moments(array, axes))
        if not np.isfinite([mean, variance]).all():
            text = f"mean or variance is not finite in {dtype}; the data hold NaN, infinities or values too large"
            raise NonFiniteError(f"{where}: {text}")
        if built:
            self.state.mean, self.state.variance = mean, variance
        else:
            vars(self)["state"] = Views.of({"mean": mean, "variance": variance})

    @silent
    def forward(self, x: Array, training: bool = False) -> Array:
        axes = self._axes(x.ndim)
        spread = [x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)]
        mean, variance = self.state.mean.reshape(spread), self.state.variance.reshape(spread)
        deviation = np.maximum(np.sqrt(variance), LEAST)
        slope: Array = deviation if self.invert else 1.0 / deviation
        self.cache = slope
        return x * slope + mean if self.invert else (x - mean) * slope

    @silent
    def backward(self, error_grad: Array) -> Array:
        slope: Array = self.cache
        return error_grad * slope

    def _axes(self, rank: int) -> tuple[int, ...]:
        return () if self.axis is None else sample_axes(self, "axis", self.axis, rank)


class _Learned(Settled):
    """An argument that shows, once there are some, the values that data or a built network gave it."""

    def __get__(self, layer: Any, owner: type) -> Any:
        return self if layer is None else vars(layer.state).get(self.name, vars(layer)[self.name])


for _name in ("mean", "variance"):
    setattr(Normalization, _name, _Learned(Normalization, _name))


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
    takes_any_size = elementwise = True

    def __init__(self, scale: float, offset: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        self.scale = arguments.number(self, "scale", scale)
        self.offset = arguments.number(self, "offset", offset)
        super().__init__(**options)

    @silent
    def forward(self, x: Array, training: bool = False) -> Array:
        return x * float(self.scale) + float(self.offset)

    @silent
    def backward(self, error_grad: Array) -> Array:
        return error_grad * float(self.scale)
