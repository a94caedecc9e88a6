"""First values of parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import arguments
from ._typing import Array, Shape
from .arrays import as_plain
from .config import Configurable
from .errors import ShapeError


class Initializer(Configurable, registered=False):
    """Draws the first value of a parameter; a subclass writes `draw(shape, rng)`."""

    kinds = ("initializer",)
    seed: int | None = None

    def __call__(self, shape: Shape, rng: np.random.Generator | None = None) -> Array:
        """Return a float64 array.

        Args:
            shape: Its shape.
            rng: The layer's generator; an initializer with a `seed` of its own uses that instead. Without either, every
                call draws others.

        Raises:
            ArgumentValueError: If the shape has an axis of length 0, and with it no inputs or outputs to be scaled by.
        """
        arguments.shape(self, "shape", shape)
        return self.draw(shape, np.random.default_rng(self.seed) if rng is None or self.seed is not None else rng)

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        """Return a float64 array of this shape."""
        raise NotImplementedError(f"{type(self).__name__} must write draw(self, shape, rng)")


class Constant(Initializer):
    """Every entry is one value, or each has its own.

    Args:
        value: The value; or an array or a list of values that spread over the parameter.

    Raises:
        ShapeError: When the parameter is made, if they do not.

    Example:
        >>> Constant(2.0).draw((2,), None)
        array([2., 2.])
        >>> Constant([1.0, 2.0]).draw((2, 2), None)
        array([[1., 2.],
               [1., 2.]])
    """

    def __init__(self, value: Any = 0.0) -> None:
        several = isinstance(value, (np.ndarray, list, tuple))
        self.value = as_plain(value, "Constant: value") if several else arguments.number(self, "value", value)

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        size = np.shape(self.value)
        if not spreads(size, shape):
            text = f"Constant: values of shape {size} do not spread over a parameter of shape {shape}"
            raise ShapeError(text, expected=shape, received=size)
        return np.broadcast_to(np.asarray(self.value, np.float64), shape).copy()


def spreads(shape: Shape, into: Shape) -> bool:
    """Whether values of a shape can be repeated to fill another."""
    return len(shape) <= len(into) and all(n in (1, size) for n, size in zip(shape[::-1], into[::-1], strict=False))


class Zeros(Initializer):
    """Every entry is 0."""

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.zeros(shape)


class Ones(Initializer):
    """Every entry is 1."""

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return np.ones(shape)


class RandomNormal(Initializer, aliases=("normal",)):
    """Normally distributed.

    Args:
        mean: The mean.
        stddev: The standard deviation.
        seed: A seed of its own instead of the layer's generator.
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean = arguments.number(self, "mean", mean)
        self.stddev = arguments.number(self, "stddev", stddev, "[0, inf)")
        self.seed = arguments.seed(self, seed)

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """Normally distributed, and drawn again wherever it lies beyond 2 standard deviations.

    Args:
        mean: The mean.
        stddev: The standard deviation before the cut; what is left has 0.88 of it.
        seed: A seed of its own instead of the layer's generator.
    """

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
        self.minval = arguments.number(self, "minval", minval)
        self.maxval = arguments.number(self, "maxval", maxval, f"[{minval}, inf)")
        self.seed = arguments.seed(self, seed)

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        return rng.uniform(self.minval, self.maxval, shape)


def truncated_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """Draw from the standard normal, again wherever the value lies beyond 2."""
    values = np.asarray(rng.standard_normal(shape))
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(int(far.sum()))
    return values


DISTRIBUTIONS = "truncated_normal", "normal", "untruncated_normal", "uniform"


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
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: int | None = None
    ) -> None:
        self.scale = arguments.number(self, "scale", scale, "(0, inf)")
        self.mode = arguments.choice(self, "mode", mode, ("fan_in", "fan_out", "fan_avg"))
        self.distribution = arguments.choice(self, "distribution", distribution, DISTRIBUTIONS)
        self.seed = arguments.seed(self, seed)

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


class Orthogonal(Initializer):
    """An orthogonal matrix times `gain`: of all axes but the last as rows, and the last as columns.

    A standard normal matrix, not wider than high, is taken apart into `Q R`; `Q * sign(diag(R))` is kept, turned over if
    it is to be wider than high. So the columns are orthonormal, or the rows if they are fewer.

    Args:
        gain: The factor.
        seed: A seed of its own instead of the layer's generator.

    Raises:
        ShapeError: If the shape has fewer than two axes.

    Source:
        Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2014).

    Example:
        >>> q = Orthogonal().draw((2, 2), np.random.default_rng(1))
        >>> bool(np.allclose(q @ q.T, np.eye(2)))
        True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain = arguments.number(self, "gain", gain)
        self.seed = arguments.seed(self, seed)

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        if len(shape) < 2:
            text = f"Orthogonal: a matrix needs at least two axes, got shape {shape}"
            raise ShapeError(text, expected="(..., n, m)", received=shape)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
