"""What every initializer is."""

from __future__ import annotations

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..config import Configurable


class Initializer(Configurable, registered=False):
    """Draws the first value of a parameter; a subclass writes `draw(shape, rng)`."""

    kinds = ("initializer",)
    seed: int | None = None

    def __call__(self, shape: Shape, rng: np.random.Generator) -> Array:
        """Return a float64 array.

        Args:
            shape: Its shape.
            rng: The layer's generator; an initializer with a `seed` of its own uses that instead.

        Raises:
            ArgumentValueError: If the shape has an axis of length 0, and with it no inputs or outputs to be scaled by.
        """
        arguments.shape(self, "shape", shape)
        return self.draw(shape, rng if self.seed is None else np.random.default_rng(self.seed))

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        """Return a float64 array of this shape."""
        raise NotImplementedError(f"{type(self).__name__} must write draw(self, shape, rng)")
