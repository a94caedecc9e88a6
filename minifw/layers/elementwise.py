"""Activations of one argument: each output depends on one input, so the slope is all that `backward` needs."""

from __future__ import annotations

import numpy as np
from numpy import multiply
from typing_extensions import override

from .._typing import Array
from .base import Layer
from .scratch import Scratch


class Elementwise(Layer, registered=False):
    """`y = f(x)`; a subclass writes `value` and `slope`.

    `backward` forms the slope first and then multiplies, `error_grad * f'(x)`, so that the factors a trace shows
    give the gradient bit for bit.
    """

    kinds = ("layer", "activation")
    elementwise = True

    def value(self, x: Array, out: Array, work: Array) -> Array:
        """Return `f(x)`.

        Args:
            x: The input.
            out: Where the result may go.
            work: An array of the same shape to calculate in; `slope` finds it as it was left.
        """
        raise NotImplementedError(f"{type(self).__name__} must write value(self, x, out, work)")

    def slope(self, x: Array, y: Array, work: Array, out: Array) -> Array:
        """Return `f'(x)`, written into `out`.

        Args:
            x: The input.
            y: `f(x)`.
            work: What `value` left there.
            out: Where the result goes.
        """
        raise NotImplementedError(f"{type(self).__name__} must write slope(self, x, y, work, out)")

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        if training:
            scratch = self._scratch
            if scratch is None or scratch.key != x.shape or scratch.dtype is not x.dtype:
                scratch = self._reserve(x)
            out, work, slope = scratch.arrays
        else:
            out, work, slope = np.empty_like(x), np.empty_like(x), None
        y = self.value(x, out, work)
        self.cache = x, y, work, slope
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        x, y, work, slope = self.cache
        slope = self.slope(x, y, work, np.empty_like(x) if slope is None else slope)
        return multiply(error_grad, slope, slope)

    def _reserve(self, x: Array) -> Scratch:
        if self._scratch is None:
            self._scratch = Scratch()
        return self._scratch.reserve(x.shape, x.dtype, x.shape, x.shape, x.shape)
