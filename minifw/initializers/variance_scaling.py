"""Parameters that start at random, scaled by what a unit sees, so that signals keep their size."""

from __future__ import annotations

import math

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from .base import Initializer
from .random import truncated_normal


class VarianceScaling(Initializer):
    """Variance `scale / fan`, so that signals keep their size from layer to layer.

    Args:
        scale: Factor of the variance.
        mode: `"fan_in"`, `"fan_out"` or `"fan_avg"`: what the variance is divided by.
        distribution: `"truncated_normal"` or `"normal"` (cut at 2 standard deviations),
            `"untruncated_normal"` or `"uniform"`.
        seed: A seed of its own instead of the layer's generator.

    Source:
        LeCun et al. (1998), Glorot and Bengio (2010), He et al. (2015).

    Example:
        >>> bool(abs(GlorotUniform(seed=1).draw((3, 3), np.random.default_rng(1))).max() <= 1.0)
        True
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        arguments.number(self, "scale", scale, "(0, inf)")
        arguments.choice(self, "mode", mode, ("fan_in", "fan_out", "fan_avg"))
        arguments.choice(self, "distribution", distribution, ("truncated_normal", "normal", "untruncated_normal", "uniform"))
        arguments.seed(self, seed)
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        fan_in, fan_out = fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0.0, math.sqrt(variance), shape)
        # the standard deviation of a standard normal cut at 2
        return truncated_normal(shape, rng) * (math.sqrt(variance) / 0.87962566103423978)


class _Scaled(VarianceScaling, registered=False):
    """A variance scaling whose numbers are fixed."""

    numbers: tuple[float, str, str]

    def __init__(self, seed: int | None = None) -> None:
        VarianceScaling.__init__(self, *self.numbers, seed)


class GlorotUniform(_Scaled):
    """Uniform over `±sqrt(6 / (fan_in + fan_out))`. Args: seed: as in `VarianceScaling`."""

    numbers = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Scaled):
    """Truncated normal, variance `2 / (fan_in + fan_out)`. Args: seed: as in `VarianceScaling`."""

    numbers = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform over `±sqrt(6 / fan_in)`. Args: seed: as in `VarianceScaling`."""

    numbers = (2.0, "fan_in", "uniform")


class HeNormal(_Scaled):
    """Truncated normal, variance `2 / fan_in`. Args: seed: as in `VarianceScaling`."""

    numbers = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform over `±sqrt(3 / fan_in)`. Args: seed: as in `VarianceScaling`."""

    numbers = (1.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Truncated normal, variance `1 / fan_in`. Args: seed: as in `VarianceScaling`."""

    numbers = (1.0, "fan_in", "truncated_normal")


def fans(shape: Shape) -> tuple[float, float]:
    """Return the number of inputs and outputs that one unit of a parameter sees.

    Example:
        >>> fans((3, 3, 8, 16))
        (72, 144)
    """
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]
