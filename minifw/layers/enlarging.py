"""Larger samples: zeros around them, or each place several times."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.reductions import added
from ..errors import ArgumentValueError, shown
from ..network.definition import LayerOptions
from .base import Layer


class ZeroPadding(Layer, registered=False):
    """Zeros around each sample; of the message that which belongs to them is cut off."""

    rank: int = 2
    factor_text = "without the margin"

    def __init__(self, padding: Any = 1, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self.padding = padding
        each = padding if self.rank == 2 and isinstance(padding, (tuple, list)) else (padding,) * self.rank
        if len(each) != self.rank:
            wanted = "an integer, (rows, columns) or ((top, bottom), (left, right))"
            raise ArgumentValueError(f"{type(self).__name__}: padding must be {wanted}, got {shown(padding)}")
        self._margins = [windows.sizes(self, "padding", pair, 2, "[0, inf)") for pair in each]
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        windows.check_axes(self, input_shape, self.rank)
        sizes = zip(input_shape, self._margins, strict=False)
        return (*(size + before + after for size, (before, after) in sizes), input_shape[-1])

    def forward(self, x: Array, training: bool = False) -> Array:
        return np.pad(x, [(0, 0), *self._margins, (0, 0)])

    def backward(self, error_grad: Array) -> Array:
        sizes = zip(error_grad.shape[1:], self._margins, strict=False)
        return error_grad[(slice(None), *(slice(before, size - after) for size, (before, after) in sizes))]


class ZeroPadding2D(ZeroPadding):
    """Rows and columns of zeros around each sample.

    Args:
        padding: How many: one number for all sides, `(rows, columns)`, or `((top, bottom), (left, right))`.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`.

    Example:
        >>> ZeroPadding2D(((1, 0), (2, 2))).output_shape((28, 28, 3))
        (29, 32, 3)
    """


class ZeroPadding1D(ZeroPadding):
    """Steps of zeros before and behind each sample.

    Args:
        padding: How many: one number for both ends, or `(before, behind)`.
        data_format: `None` or `"channels_last"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`.

    Example:
        >>> ZeroPadding1D((2, 0)).output_shape((10, 4))
        (12, 4)
    """

    rank = 1


class UpSampling(Layer, registered=False):
    """Each place several times along each axis; the messages of its copies are added up."""

    rank: int = 2
    factor_text = "added up over the copies"

    def __init__(
        self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **options: Unpack[LayerOptions]
    ) -> None:
        self.data_format = arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        self.interpolation = arguments.choice(self, "interpolation", interpolation, ("nearest",))
        self.size, self._size = size, windows.sizes(self, "size", size, self.rank)
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        windows.check_axes(self, input_shape, self.rank)
        return (*(n * times for n, times in zip(input_shape, self._size, strict=False)), input_shape[-1])

    def forward(self, x: Array, training: bool = False) -> Array:
        for axis, times in enumerate(self._size, 1):
            x = np.repeat(x, times, axis)
        return x

    def backward(self, error_grad: Array) -> Array:
        copies = windows.axes(self, error_grad.shape[1:], self._size, self._size, "valid")
        message: Array = added(windows.places(error_grad, copies))
        return message


class UpSampling2D(UpSampling):
    """Each place as a rectangle of equal ones, so that height and width grow.

    Args:
        size: How many times: `(rows, columns)`, or one number for both.
        data_format: `None` or `"channels_last"`.
        interpolation: `"nearest"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(height, width, channels)`.

    Example:
        >>> UpSampling2D((2, 3)).output_shape((7, 7, 16))
        (14, 21, 16)
    """


class UpSampling1D(UpSampling):
    """Each step several times.

    Args:
        size: How many times.
        data_format: `None` or `"channels_last"`.
        interpolation: `"nearest"`.
        options: As for every layer.

    Raises:
        ShapeError: If samples are not `(steps, channels)`.

    Example:
        >>> UpSampling1D(3).output_shape((10, 4))
        (30, 4)
    """

    rank = 1
