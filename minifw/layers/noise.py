"""Layers that disturb a training so that it generalizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError
from ..network.definition import LayerOptions
from ..network.views import Param
from .base import Layer


class Dropout(Layer):
    """In training `x * mask / (1 - rate)`, where the mask is 0 with probability `rate`; otherwise `x`.

    Args:
        rate: The share that is dropped.
        noise_shape: The mask's shape, batch axis included (`None` there), 1 where one draw is shared; `None` draws each.
        seed: A seed of its own instead of the network's.
        options: As for every layer.

    Source:
        Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).

    Example:
        >>> Dropout(0.5)(np.ones((1, 2)))
        array([[1., 1.]])
    """

    elementwise = True
    _live = ("rate",)
    factor_text = "1 / (1 - {self.rate:g}) where kept, else 0"

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        arguments.number(self, "rate", rate, "[0, 1)")
        arguments.seed(self, seed)
        if noise_shape is not None:
            if not isinstance(noise_shape, (tuple, list)):
                raise ArgumentTypeError(f"Dropout: noise_shape must be a tuple such as (None, 1), got {noise_shape!r}")
            if not noise_shape or noise_shape[0] not in (None, 1):
                rule = "noise_shape begins with the batch, None for a draw each or 1 for one draw"
                raise ArgumentValueError(f"Dropout: {rule}, got {noise_shape}")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        noise_shape = self.noise_shape or (None, *input_shape)
        spread = all(size in (None, 1, full) for size, full in zip(noise_shape[1:], input_shape, strict=False))
        if len(noise_shape) != len(input_shape) + 1 or not spread:
            why = f"Dropout: noise_shape={self.noise_shape} does not spread over samples of shape {input_shape}"
            raise ShapeError(why, expected=(None, *input_shape), received=self.noise_shape)
        return {}

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or not self.rate:
            self.cache = None
            return x
        shape = x.shape if self.noise_shape is None else [n or m for n, m in zip(self.noise_shape, x.shape, strict=True)]
        mask = self.cache = (self.rng.random(shape, dtype=np.float32) >= self.rate) * x.dtype.type(1.0 / (1.0 - self.rate))
        return x * mask  # type: ignore[no-any-return]

    def backward(self, error_grad: Array) -> Array:
        return error_grad if self.cache is None else np.multiply(error_grad, self.cache)


class GaussianNoise(Layer):
    """In training `x` plus normally distributed noise of mean 0; otherwise `x`.

    Args:
        stddev: The noise's standard deviation, 0 to 1.
        seed: A seed of its own instead of the network's.
        options: As for every layer.

    Example:
        >>> GaussianNoise(0.1)(np.ones((1, 2)))
        array([[1., 1.]])
    """

    factor_text = "1"
    _live = ("stddev",)

    def __init__(self, stddev: float, seed: int | None = None, **options: Unpack[LayerOptions]) -> None:
        self.stddev = arguments.number(self, "stddev", stddev, "[0, 1]")
        self.seed = arguments.seed(self, seed)
        super().__init__(**options)

    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or not self.stddev:
            return x
        noise = self.rng.standard_normal(x.shape) * float(self.stddev)  # in float64, so that float32 sees the same noise
        return np.add(x, noise, dtype=x.dtype, casting="same_kind")

    def backward(self, error_grad: Array) -> Array:
        return error_grad
