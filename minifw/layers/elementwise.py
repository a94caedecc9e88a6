"""Activations of one argument: each output depends on one input, so the slope is all that `backward` needs."""

from __future__ import annotations

import numpy as np
from numpy import multiply
from typing_extensions import override

from .._typing import Array
from .base import Layer
from .scratch import MANY, Scratch, pieces


class Elementwise(Layer, registered=False):
    """`y = f(x)`; a subclass writes `value` and `slope`, or `value_and_slope` where one calculation gives both.

    Each is called with a batch, or with some rows of a large one.

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
        return self.value_and_slope(x, out, work)

    def slope(self, x: Array, y: Array, work: Array | None, out: Array) -> Array:
        """Return `f'(x)`, in `out` or in `work`.

        Args:
            x: The input.
            y: `f(x)`.
            work: As `value` left it.
            out: Where the result may go.
        """
        if work is None or type(self).value is not Elementwise.value:
            self.value_and_slope(x, None, out)
            return out
        return work

    def value_and_slope(self, x: Array, out: Array | None, slope: Array | None) -> Array:
        """Return `f(x)`, in `out` if it is given, and write `f'(x)` into `slope` if that is given."""
        raise NotImplementedError(
            f"{type(self).__name__} must write value(self, x, out, work) and slope(self, x, y, work, out)"
        )

    @override
    def forward(self, x: Array, training: bool = False) -> Array:
        if training:
            scratch = self._scratch
            if scratch is None or scratch.key != x.shape or scratch.dtype is not x.dtype:
                scratch = self._reserve(x)
                if x.size > MANY:
                    return self._train_in_pieces(x, scratch)
            out, work, slope = scratch.arrays
            y = self.value(x, out, work)
            self.cache = x, y, work, slope
            return y
        if x.size <= MANY:
            y = self.value(x, None, None)
        else:
            y = np.empty_like(x)
            for rows in pieces(x):
                out = y[rows]
                _put(self.value(x[rows], out, None), out)
        self.cache = x, y, None, None
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        x, y, work, out = self.cache
        if out is None:
            out = np.empty_like(x)
        message: Array = multiply(error_grad, work if y is None else self.slope(x, y, work, out), out)
        return message

    def _train_in_pieces(self, x: Array, scratch: Scratch) -> Array:
        """Write the slope of a large batch at once, piece by piece, while all it is made of lies in the cache."""
        arrays: tuple[Array, ...] = scratch.arrays
        y, first, second = arrays
        scratch.key = None  # a small batch is to ask first, too
        in_first = None
        for rows in pieces(x):
            out, work, other = y[rows], first[rows], second[rows]
            _put(self.value(x[rows], out, work), out)
            slope = self.slope(x[rows], out, work, other)
            if in_first is None:
                in_first = slope is not other
            _put(slope, work if in_first else other)
        self.cache = (x, None, first, second) if in_first else (x, None, second, first)
        return y

    def _reserve(self, x: Array) -> Scratch:
        if self._scratch is None:
            self._scratch = Scratch()
        return self._scratch.reserve(x.shape, x.dtype, x.shape, x.shape, x.shape)


def _put(result: Array, room: Array) -> None:
    if result is not room:
        room[...] = result
