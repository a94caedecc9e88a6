"""Each sample brought to mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import Unpack

from ..network.definition import LayerOptions
from .normalizer import Normalizer


class LayerNormalization(Normalizer):
    """`y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, mean and variance of each sample over `axis`.

    The variance is the mean square deviation (divided by the number of values). `gamma` and `beta` have one entry for
    each place on `axis`, so two axes of sizes 4 and 5 make them `(4, 5)`. PyTorch's `epsilon` is 1e-5.

    Args:
        axis: The axis or axes that are normalized over; any but the batch axis, 0.
        epsilon: Added to the variance. With 0 a sample of equal values has no limit and becomes NaN.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: Where `beta` starts.
        gamma_initializer: Where `gamma` starts.
        beta_regularizer: A penalty on `beta`.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: A condition on `beta`.
        gamma_constraint: A condition on `gamma`.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If `epsilon` is negative, `axis` is empty, or a name is unknown.

    Source:
        Ba, Kiros and Hinton, Layer normalization (2016).

    Example:
        >>> import numpy as np
        >>> LayerNormalization(epsilon=0)(np.array([[1.0, 3.0]]))
        array([[-1.,  1.]])
    """

    factor_text = "r (gamma g - mean(gamma g) - ẑ mean(gamma g ẑ)), r = 1 / √(var(z) + {self.epsilon:g})"

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        self._check()
        super().__init__(**options)
