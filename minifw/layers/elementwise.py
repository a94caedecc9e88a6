"""Activations of one argument: each output depends on one input, so the slope is all that `backward` needs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy import multiply
from typing_extensions import override

from .._typing import Array
from ..memory import pieces
from .base import Layer
from .scratch import MANY, Scratch


class Elementwise(Layer, registered=False):
    """`y = f(x)`; a subclass writes `value` and `slope`, or `value_and_slope` where one calculation gives both.

    Each is called with a batch, or with some rows of a large one.

    `backward` forms the slope first and then multiplies, `error_grad * f'(x)`, so that the factors a trace shows
    give the gradient bit for bit.
    """

    kinds = ("layer", "activation")
    elementwise = True
    quick_slope: ClassVar[bool] = False
    """Whether `slope` is quick without what `value` leaves in `work`: a large batch then does not write it down."""

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
        y = self.value(x, None, None) if x.size <= MANY else self._values_in_pieces(x, np.empty_like(x))
        self.cache = x, y, None, None
        return y

    @override
    def backward(self, error_grad: Array) -> Array:
        x, y, work, out = self.cache
        if y is None or work is None:
            return self._back_in_pieces(error_grad)
        message: Array = multiply(error_grad, self.slope(x, y, work, out), out)
        return message

    def _values_in_pieces(self, x: Array, y: Array) -> Array:
        for rows in pieces(x):
            out = y[rows]
            _put(self.value(x[rows], out, None), out)
        return y

    def _train_in_pieces(self, x: Array, scratch: Scratch) -> Array:
        """Write the slope of a large batch at once, while all it is made of lies in the cache, if it takes long."""
        arrays: tuple[Array, ...] = scratch.arrays
        y, first, second = arrays
        scratch.key = None  # a small batch is to ask first, too
        if self.quick_slope:
            self.cache = x, y, None, second
            return self._values_in_pieces(x, y)
        in_first = False
        for rows in pieces(x):
            out, work, other = y[rows], first[rows], second[rows]
            _put(self.value(x[rows], out, work), out)
            slope = self.slope(x[rows], out, work, other)
            in_first = slope is work
            if not in_first:
                _put(slope, other)
        self.cache = (x, None, first, second) if in_first else (x, None, second, first)
        return y

    def _back_in_pieces(self, error_grad: Array) -> Array:
        x, y, slope, out = self.cache
        if y is None:
            message: Array = multiply(error_grad, slope, out)
            return message
        message = np.empty_like(x) if out is None else out
        for rows in pieces(x):
            here = message[rows]
            multiply(error_grad[rows], self.slope(x[rows], y[rows], None, here), here)
        return message

    def _reserve(self, x: Array) -> Scratch:
        if self._scratch is None:
            self._scratch = Scratch()
        return self._scratch.reserve(x.shape, x.dtype, x.shape, x.shape, x.shape)


def _put(result: Array, room: Array) -> None:
    if result is not room:
        room[...] = result
