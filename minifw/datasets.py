"""Small problems of two features that no line can solve, made from a seed.

Each returns samples, `(n, 2)` in float64, and the numbers of their classes, `(n,)` in int64. The classes take turns, and
the places are drawn, so any part of a data set is a data set of the same kind.
"""

from __future__ import annotations

import numpy as np

from . import arguments
from ._typing import Array


def xor(n: int = 400, noise: float = 0.1, seed: int | None = 0) -> tuple[Array, Array]:
    """Return clouds around the corners of the unit square; class 1 is where one of two features is 1 and the other 0.

    Args:
        n: The number of samples; the first four are one of each corner.
        noise: The standard deviation of what is added to each feature; 0 gives the corners themselves.
        seed: An integer; with `None` every call draws others.

    Raises:
        ArgumentTypeError: If an argument is of another type.
        ArgumentValueError: If one is outside its range.

    Example:
        >>> x, y = xor(4, noise=0.0)
        >>> x
        array([[0., 0.],
               [0., 1.],
               [1., 0.],
               [1., 1.]])
        >>> y
        array([0, 1, 1, 0])
    """
    rng = _generator("xor", n, noise, seed)
    corner = np.arange(int(n)) % 4
    x = np.stack([corner // 2, corner % 2], axis=1)
    return _blurred(x, noise, rng), x[:, 0] ^ x[:, 1]


def moons(n: int = 400, noise: float = 0.1, seed: int | None = 0) -> tuple[Array, Array]:
    """Return two half circles that reach into each other.

    With `t` uniform over `[0, pi)`, class 0 lies at `(cos t, sin t)` and class 1 at `(1 - cos t, 1/2 - sin t)`.

    Args:
        n: The number of samples.
        noise: The standard deviation of what is added to each feature; the radius is 1.
        seed: An integer; with `None` every call draws others.

    Raises:
        ArgumentTypeError: If an argument is of another type.
        ArgumentValueError: If one is outside its range.

    Example:
        >>> x, y = moons(6, noise=0.0, seed=1)
        >>> y
        array([0, 1, 0, 1, 0, 1])
        >>> np.hypot(*x[y == 0].T)
        array([1., 1., 1.])
    """
    rng = _generator("moons", n, noise, seed)
    y = np.arange(int(n)) % 2
    t = rng.uniform(0, np.pi, n)
    side = 1 - 2 * y
    x = np.stack([y + side * np.cos(t), y / 2 + side * np.sin(t)], axis=1)
    return _blurred(x, noise, rng), y


def spirals(
    n: int = 400, noise: float = 0.02, classes: int = 2, turns: float = 1.0, seed: int | None = 0
) -> tuple[Array, Array]:
    """Return the arms of a spiral, one a class, around the origin.

    With `r**2` uniform over `[0, 1)`, class `k` lies at radius `r` and angle `2 pi (turns * r + k / classes)`.

    Args:
        n: The number of samples.
        noise: The standard deviation of what is added to each feature; the outermost radius is 1.
        classes: The number of arms.
        turns: How often an arm winds around the origin.
        seed: An integer; with `None` every call draws others.

    Raises:
        ArgumentTypeError: If an argument is of another type.
        ArgumentValueError: If one is outside its range.

    Example:
        >>> x, y = spirals(6, classes=3, seed=1)
        >>> y
        array([0, 1, 2, 0, 1, 2])
    """
    rng = _generator("spirals", n, noise, seed)
    arguments.integer("spirals", "classes", classes)
    arguments.number("spirals", "turns", turns, "[0, inf)")
    y = np.arange(int(n)) % int(classes)
    r = np.sqrt(rng.random(n))
    angle = 2 * np.pi * (turns * r + y / classes)
    return _blurred(np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1), noise, rng), y


def _generator(owner: str, n: int, noise: float, seed: int | None) -> np.random.Generator:
    arguments.integer(owner, "n", n)
    arguments.number(owner, "noise", noise, "[0, inf)")
    arguments.seed(owner, seed)
    return np.random.default_rng(seed)


def _blurred(x: Array, noise: float, rng: np.random.Generator) -> Array:
    return x + noise * rng.standard_normal(x.shape)
