"""A layer out of two functions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from typing_extensions import Unpack

from .._typing import Array, Shape
from ..engine.errstate import silent
from ..errors import ShapeError
from ..functions import OfFunctions
from ..network import tree
from ..network.definition import LayerOptions
from .base import Layer


class Lambda(OfFunctions, Layer):
    """`y = function(x)`; `gradient(x, y, error_grad)` goes back.

    For a layer with parameters or with options write a class instead: two methods, as in the README. The shape going out
    is that of `function` for two samples of ones.

    Args:
        function: Takes an array, samples along the first axis, and returns a new one of the same dtype.
        gradient: Takes what `function` got, what it returned, and dLoss/dy; returns dLoss/dx.
        options: As for every layer.

    Raises:
        ArgumentTypeError: If one of the two is missing or is no function; in `config`, if one has no name to be found
            again by, as `lambda` has none.

    Example:
        >>> square = Lambda(np.square, lambda x, y, error_grad: 2 * x * error_grad)
        >>> square(np.array([[1.0, 3.0]]))
        array([[1., 9.]])
    """

    _functions = {"function": ("(x)", "a new array"), "gradient": ("(x, y, error_grad)", "dLoss/dx")}  # noqa: RUF012
    function: Callable[[Array], Array]
    gradient: Callable[[Array, Array, Array], Array]

    def __init__(
        self,
        function: Callable[[Array], Array],
        gradient: Callable[[Array, Array, Array], Array] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        self._keep(function=function, gradient=gradient)
        super().__init__(**options)

    def output_shape(self, input_shape: Shape) -> Shape:
        shape = np.shape(silent(self.function)(np.ones((2, *input_shape))))
        if shape[:1] != (2,):
            why = f"must keep the first axis, the samples, but gave shape {shape} for an x of shape {(2, *input_shape)}"
            raise ShapeError(f"{tree.label(self)}: function(x) {why}", expected=(2, ...), received=shape)
        return shape[1:]

    def forward(self, x: Array, training: bool = False) -> Array:
        y = self.function(x)
        self.cache = x, y
        return y

    def backward(self, error_grad: Array) -> Array:
        x, y = self.cache
        return self.gradient(x, y, error_grad)
