"""Parameters that start as an orthogonal matrix."""

from __future__ import annotations

import math

import numpy as np
from typing_extensions import override

from .. import arguments
from .._typing import Array, Shape
from ..errors import ShapeError
from .base import Initializer


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
        arguments.number(self, "gain", gain)
        arguments.seed(self, seed)
        self.gain, self.seed = gain, seed

    @override
    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        if len(shape) < 2:
            raise ShapeError(
                f"Orthogonal: a matrix needs at least two axes, got shape {shape}", expected="(..., n, m)", received=shape
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
