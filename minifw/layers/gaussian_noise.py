"""Noise that keeps a network from learning its samples by heart."""

from __future__ import annotations

import numpy as np
from typing_extensions import Unpack, override

from .. import arguments
from .._typing import Array
from .base import Layer
from ..network.definition import LayerOptions


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
        arguments.number(self, "stddev", stddev, "[0, 1]")
        arguments.seed(self, seed)
        self.stddev, self.seed = stddev, seed
        super().__init__(**options)

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        if not training or not self.stddev:
            return x
        noise = self.rng.standard_normal(x.shape)  # in float64, so that a float32 network sees the same noise
        noise *= float(self.stddev)
        return np.add(x, noise, dtype=x.dtype, casting="same_kind")

    @override
    def backward(self, error_grad: Array) -> Array:
        return error_grad
