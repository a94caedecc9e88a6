"""Each feature brought to mean 0 and deviation 1 over the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import add, multiply, subtract
from typing_extensions import Unpack

from .. import arguments
from .._typing import Array, Shape
from ..engine.buffers import aligned_empty, like
from ..engine.normalize import huge_moments, inverse_deviation
from ..engine.reductions import sums_down
from ..network.definition import LayerOptions
from ..network.views import Param
from .normalization import AffineNormalizer


class BatchNormalization(AffineNormalizer):
    """`y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`, one mean and variance for each place on `axis`.

    With `training=True` they are those of the batch, over all other axes, and the moving ones follow:
    `moving = moving * momentum + batch * (1 - momentum)`. Otherwise, or with `trainable=False`, the moving ones are
    used and stay as they are. A batch of one value for each feature gives `beta`.

    The variance is the mean square deviation (divided by the number of values, n) in both places, as in Keras. PyTorch
    keeps a moving variance divided by `n - 1` instead, its `momentum` is `1 - momentum` here, its `epsilon` 1e-5.

    Args:
        axis: The axis of the features; any but the batch axis, 0.
        momentum: The share of the moving statistics that a batch leaves; 0 and 1 are legal.
        epsilon: Added to the variance. With 0 a feature of equal values has no limit and becomes NaN.
        center: Whether there is a `beta`.
        scale: Whether there is a `gamma`.
        beta_initializer: Where `beta` starts.
        gamma_initializer: Where `gamma` starts.
        moving_mean_initializer: Where `moving_mean` starts.
        moving_variance_initializer: Where `moving_variance` starts.
        beta_regularizer: A penalty on `beta`.
        gamma_regularizer: A penalty on `gamma`.
        beta_constraint: A condition on `beta`.
        gamma_constraint: A condition on `gamma`.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If an argument has another type, or does not exist.
        ArgumentValueError: If `momentum` or `epsilon` is outside its range, or a name is unknown.

    Source:
        Ioffe and Szegedy, Batch normalization (2015).

    Example:
        >>> BatchNormalization(epsilon=0)(np.array([[1.0], [3.0]]), training=True)
        array([[-1.],
               [ 1.]])
    """

    factor_text = "gamma r (g - mean(g) - ẑ mean(g ẑ)), in inference gamma r g; r = 1 / √(var(z) + {self.epsilon:g})"
    takes_any_size = mixes_samples = True
    _live = ("momentum",)

    def batch_means(self, *means: Array) -> tuple[Array, ...]:
        """Return the means over a batch of what is the mean over the rows that are here: the same, where all of them are."""
        return means

    def __init__(
        self, axis: int = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True, scale: bool = True,
        beta_initializer: Any = "zeros", gamma_initializer: Any = "ones", moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones", beta_regularizer: Any = None, gamma_regularizer: Any = None,
        beta_constraint: Any = None, gamma_constraint: Any = None, **options: Unpack[LayerOptions],
    ) -> None:
        arguments.integer(self, "axis", axis, "(-inf, inf)")
        self.momentum = arguments.number(self, "momentum", momentum, "[0, 1]")
        self.moving_mean_initializer, self.moving_variance_initializer = moving_mean_initializer, moving_variance_initializer
        affine = beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint
        super().__init__(axis, epsilon, center, scale, *affine, **options)

    def _arrays(self, shape: Shape) -> dict[str, Param]:
        moving = {"moving_mean": self.moving_mean_initializer, "moving_variance": self.moving_variance_initializer}
        state = {name: Param(shape, initializer, trainable=False) for name, initializer in moving.items()}
        return super()._arrays(shape) | state

    def _normalize(self, x: Array, training: bool) -> Array:
        if training and self._trainable and len(x):
            y: Array = like(x, self, 2)[0]
            mean, remainder, r = self._of_batch(x, y)
            centred, offset = y, remainder
        else:
            y = aligned_empty(x.shape, x.dtype)
            mean, remainder = self.state.moving_mean.copy(), None
            r = 1.0 / np.sqrt(self.state.moving_variance + float(self.epsilon))
            centred, offset = x, mean  # not subtracted first, so that two passes do
        factor = r * self.params.gamma if self.scale else r
        multiply(centred, factor, y)  # y = (x - mean) * r * gamma + beta
        add(y, (self.params.beta if self.center else 0.0) - offset * factor, y)
        self.cache = x, mean, remainder, r, factor
        return y

    def _of_batch(self, x: Array, centred: Array) -> tuple[Array, Array, Array]:
        """Return the mean, what rounding has left in it, and the inverse deviation; move the moving statistics."""
        share = np.full(len(x), 1.0 / len(x), x.dtype)
        (mean,) = self.batch_means(sums_down(x, by=share))
        subtract(x, mean, centred)
        remainder, square = self.batch_means(sums_down(centred, by=share), sums_down(centred, by=centred) * share[0])
        variance = np.maximum(square - remainder * remainder, 0.0)
        momentum, largest = float(self.momentum), float(np.finfo(x.dtype).max)
        huge = not variance.max(initial=0.0) < largest / 4  # so that the sum below cannot overflow by a rounding
        statistics = huge_moments(x) if huge else (mean + remainder, variance)
        for moving, batch in zip((self.state.moving_mean, self.state.moving_variance), statistics, strict=True):
            moving *= momentum
            moving += batch * (1.0 - momentum)
            if huge:
                np.clip(moving, -largest, largest, moving)
        return mean, remainder, inverse_deviation(centred, variance, float(self.epsilon), 0)

    def _send_back(self, g: Array) -> Array | None:
        x, mean, remainder, r, factor = self.cache
        message: Array = like(x, self, 2)[1]
        centred = subtract(x, mean, message)
        total, product = sums_down(g), sums_down(g, by=centred)
        if remainder is not None:
            product -= remainder * total
        if self.scale:
            self.grads.gamma = product * r
        if self.center:
            self.grads.beta = total
        if not self.needs_message:
            return None
        if remainder is not None:  # g - mean(g) - h * mean(g * h), where h = (centred - remainder) * r
            slope, offset = self.batch_means(product * r * r / len(g), total / len(g))
            multiply(centred, slope, message)
            add(message, offset - remainder * slope, message)
            g = subtract(g, message, message)
        multiply(g, factor, message)
        return message
