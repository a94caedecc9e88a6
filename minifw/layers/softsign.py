"""The sign without its jump."""

from __future__ import annotations

from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class Softsign(Elementwise):
    """`x / (1 + |x|)`, slope `1 / (1 + |x|)**2`.

    Example:
        >>> import numpy as np
        >>> Softsign()(np.array([[-1.0, 3.0]]))
        array([[-0.5 ,  0.75]])
    """

    factor_text = "1 / (1 + |z|)²"

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.softsign(x, out, slope)
