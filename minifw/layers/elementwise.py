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

    def value(self, x: Array, out: Array | None, work: Array | None) -> Array:
        """Return `f(x)`.

        Args:
            x: The input.
            out: Where the result may go; `None` in inference, for a new array.
            work: An array to calculate in, and to leave there what `slope` can use; `None` in inference.
        """
        raise NotImplementedError(f"{type(self).__name__} must write value(self, x, out, work)")

    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        """Return `f'(x)`, in `out` or in `work`.

        Args:
            x: The input.
            y: `f(x)`.
            work: As `value` left it.
            out: Where the result may go.
        """
        raise NotImplementedError(f"{type(self).__name__} must write slope(self, x, y, work, out)")

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        if training:
            scratch = self._scratch
            if scratch is None or scratch.key != x.shape or scratch.dtype is not x.dtype:
                scratch = self._reserve(x)
            out, work, slope = scratch.arrays
            y = self.value(x, out, work)
            self.cache = x, y, work, slope
        else:
            y = self.value(x, None, None)
            self.cache = x, y, None, None
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        x, y, work, out = self.cache
        if out is None:
            out = np.empty_like(x)
        message: Array = multiply(error_grad, self.slope(x, y, work, out), out)
        return message

    def _reserve(self, x: Array) -> Scratch:
        if self._scratch is None:
            self._scratch = Scratch()
        return self._scratch.reserve(x.shape, x.dtype, x.shape, x.shape, x.shape)
