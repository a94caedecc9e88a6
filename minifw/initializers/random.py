"""Parameters that start at random, whatever their shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from .base import Initializer


class RandomNormal(Initializer, aliases=("normal",)):
    """Normally distributed.

    Args:
        mean: The mean.
        stddev: The standard deviation.
        seed: A seed of its own instead of the layer's generator.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        arguments.number(self, "mean", mean)
        arguments.number(self, "stddev", stddev, "[0, inf)")
        arguments.seed(self, seed)
        self.mean, self.stddev, self.seed = mean, stddev, seed

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """Normally distributed, and drawn again wherever it lies beyond 2 standard deviations.

    Args:
        mean: The mean.
        stddev: The standard deviation before the cut; what is left has 0.88 of it.
        seed: A seed of its own instead of the layer's generator.
    """

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return self.mean + self.stddev * truncated_normal(shape, rng)


class RandomUniform(Initializer, aliases=("uniform",)):
    """Uniformly distributed over `[minval, maxval)`.

    Args:
        minval: The lower end.
        maxval: The upper end.
        seed: A seed of its own instead of the layer's generator.
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        arguments.number(self, "minval", minval)
        arguments.number(self, "maxval", maxval, f"[{minval}, inf)")
        arguments.seed(self, seed)
        self.minval, self.maxval, self.seed = minval, maxval, seed

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.uniform(self.minval, self.maxval, shape)


def truncated_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """Draw from the standard normal, again wherever the value lies beyond 2."""
    values: Any = rng.standard_normal(shape)
    far = np.abs(values) > 2
    while far.any():
        values[far] = rng.standard_normal(int(far.sum()))
        far = np.abs(values) > 2
    return np.asarray(values)
