"""Scores into probabilities, or into their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from typing_extensions import Unpack

from .. import arguments, ops
from .._typing import Array, Shape
from ..engine.buffers import buffers, in_blocks
from ..network.definition import LayerOptions
from ..network.views import Param
from .base import Layer
from .normalization import sample_axes


class _OfScores(Layer, registered=False):
    """A function of all scores along an axis or axes; a subclass names it, and the way back."""

    kinds = ("layer", "activation")
    function: ClassVar[Callable[..., Array]]
    gradient: ClassVar[Callable[..., Array]]

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        self.axis = arguments.axes(self, "axis", axis)
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        sample_axes(self, "axis", self.axis, len(input_shape) + 1)
        return {}

    def forward(self, x: Array, training: bool = False) -> Array:
        y, message = buffers(self, x.dtype, x.shape, x.shape) if training else (np.empty_like(x), None)
        self.cache = y, message
        return in_blocks(self.function, y, x, self.axis, y)

    def backward(self, error_grad: Array) -> Array:
        y, message = self.cache
        message = np.empty_like(y) if message is None else message
        return in_blocks(self.gradient, message, y, error_grad, self.axis, message)


class Softmax(_OfScores):
    """`y = exp(x) / sum(exp(x))` along an axis; `backward` is `y * (g - sum(g * y))`.

    Args:
        axis: The axis, or a tuple of axes, whose values sum to 1; any but the batch axis, 0.
        options: As for every layer.

    Example:
        >>> import numpy as np
        >>> Softmax()(np.array([[1.0, 1.0]]))
        array([[0.5, 0.5]])
    """

    factor_text = "s (g - Σ g s), s = softmax(z)"
    gives = "shares that sum to 1"
    function, gradient = staticmethod(ops.softmax), staticmethod(ops.softmax_gradient)


class LogSoftmax(_OfScores):
    """`y = x - log(sum(exp(x)))` along an axis; `backward` is `g - exp(y) * sum(g)`.

    Args:
        axis: The axis, or a tuple of axes, whose exponentials sum to 1; any but the batch axis, 0.
        options: As for every layer.

    Example:
        >>> import numpy as np
        >>> LogSoftmax()(np.array([[1.0, 1.0]])).round(6)
        array([[-0.693147, -0.693147]])
    """

    factor_text = "g - s Σ g, s = softmax(z)"
    gives = "logarithms"
    function, gradient = staticmethod(ops.log_softmax), staticmethod(ops.log_softmax_gradient)
