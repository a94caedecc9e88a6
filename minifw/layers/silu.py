"""A number times its own sigmoid."""

from __future__ import annotations

from typing_extensions import override

from .. import ops
from .._typing import Array
from .elementwise import Elementwise


class SiLU(Elementwise, aliases=("swish",)):
    """`x * sigmoid(x)`, also called swish.

    Source:
        Ramachandran et al., Searching for activation functions (2017).

    Example:
        >>> import numpy as np
        >>> SiLU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.268941,  1.761594]])
    """

    factor_text = "σ(z) (1 + z (1 - σ(z)))"

    @override
    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        return ops.silu(x, out, slope)
