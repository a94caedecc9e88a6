"""Each sample brought to root mean square 1."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import Unpack, override

from .._typing import Shape
from ..network.views import Param
from ..network.definition import LayerOptions
from .normalizer import Normalizer


class RMSNormalization(Normalizer):
    """`y = scale * x / sqrt(mean(x**2) + epsilon)`, the mean of each sample over `axis`.

    Args:
        axis: The axis or axes that are normalized over; any but the batch axis, 0. `scale` has their sizes, and
            starts with ones.
        epsilon: Added to the mean square. With 0 a sample of zeros has no limit and becomes NaN.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If `epsilon` is negative, or `axis` is empty.

    Source:
        Zhang and Sennrich, Root mean square layer normalization (2019).

    Example:
        >>> import numpy as np
        >>> RMSNormalization(epsilon=0)(np.array([[3.0, -3.0]]))
        array([[ 1., -1.]])
    """

    factor_text = "r (scale g - ẑ mean(scale g ẑ)), r = 1 / √(mean(z²) + {self.epsilon:g})"
    gain = "scale"
    centred = False

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **options: Unpack[LayerOptions]) -> None:
        self.axis, self.epsilon = axis, epsilon
        self._check()
        super().__init__(**options)

    @override
    def _arrays(self, shape: Shape) -> dict[str, Param]:
        return {"scale": Param(shape, "ones")}
