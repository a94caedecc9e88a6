"""Keras' module of activations: functions of an array, which `activation=` takes for the layers of their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from . import ops
from ._typing import Array, ArrayLike
from .arrays import as_floats, as_numbers

__all__ = [
    "elu", "gelu", "leaky_relu", "linear", "log_softmax", "mish", "relu", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softsign", "swish", "tanh",
]


def _of_anything(function: Any) -> Callable[..., Array]:
    """Return a function that takes whatever NumPy makes an array of."""

    def activation(x: ArrayLike, /, *args: Any, **options: Any) -> Any:
        return function(as_floats(as_numbers(x, function.__name__)), *args, **options)

    update_wrapper(activation, function)
    return activation


def linear(x: ArrayLike) -> Array:
    """Return `x`.

    Example:
        >>> linear([1.0, -2.0])
        array([ 1., -2.])
    """
    return as_floats(as_numbers(x, "linear"))


def relu(x: ArrayLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Return `x` above the threshold and a flat line below it, cut at `max_value`; the order of arguments is Keras'.

    Example:
        >>> relu([-2.0, 1.0, 9.0], 0.5, 6.0)
        array([-1.,  1.,  6.])
    """
    return ops.relu(as_floats(as_numbers(x, "relu")), max_value, negative_slope, threshold)


elu, gelu, leaky_relu, mish, selu, silu = map(
    _of_anything, (ops.elu, ops.gelu, ops.leaky_relu, ops.mish, ops.selu, ops.silu)
)
log_softmax, sigmoid, softmax, softplus, softsign, tanh = map(
    _of_anything, (ops.log_softmax, ops.sigmoid, ops.softmax, ops.softplus, ops.softsign, ops.tanh)
)
swish = silu
