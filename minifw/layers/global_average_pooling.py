"""The mean over all places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array, Shape
from ..engine import windows
from ..engine.columns import sums_down
from .base import Layer
from ..network.definition import LayerOptions


class GlobalAveragePooling(Layer, registered=False):
    """What both share: the mean over all axes but the samples and the channels."""

    rank: int = 2
    factor_text = "1 / entries of the channel"

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        arguments.choice(self, "data_format", data_format, (None, "channels_last"))
        arguments.flag(self, "keepdims", keepdims)
        self.data_format, self.keepdims = data_format, keepdims
        super().__init__(**options)

    @override
    def output_shape(self, input_shape: Shape) -> Shape:
        channels = windows.image_shape(self, input_shape, self.rank)[2]
        return (1,) * (self.rank * self.keepdims) + (channels,)

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        self.cache = x.shape
        places = math.prod(x.shape[1:-1])
        means = sums_down(x.reshape(len(x), places, x.shape[-1]))
        means /= places
        return means.reshape(len(x), *self.output_shape(x.shape[1:]))

    @override
    def backward(self, error_grad: Array) -> Array:
        shape: Any = self.cache
        share = error_grad * error_grad.dtype.type(1.0 / math.prod(shape[1:-1]))
        return np.broadcast_to(share.reshape(shape[0], *(1,) * self.rank, shape[-1]), shape).copy()


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel over height and width.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether height and width stay, as axes of 1.
        options: As for every layer.

    Example:
        >>> GlobalAveragePooling2D().output_shape((7, 7, 64))
        (64,)
    """


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean of each channel over the steps.

    Args:
        data_format: `None` or `"channels_last"`.
        keepdims: Whether the steps stay, as an axis of 1.
        options: As for every layer.

    Example:
        >>> GlobalAveragePooling1D().output_shape((10, 64))
        (64,)
    """

    rank = 1
