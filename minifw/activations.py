"""Keras' module of activations: functions of an array, which `activation=` takes for the layers of their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from . import ops
from ._typing import Array, ArrayLike
from .arrays import as_floats, as_numbers

__all__ = [
    "elu", "gelu", "leaky_relu", "linear", "log_softmax", "mish", "relu", "selu", "sigmoid", "silu", "softmax",
    "softplus", "softsign", "swish", "tanh",
]

P = ParamSpec("P")


def _of_anything(function: Callable[Concatenate[Array, P], Array]) -> Callable[Concatenate[ArrayLike, P], Array]:
    """Return a function that takes whatever NumPy makes an array of."""

    def activation(x: ArrayLike, /, *args: P.args, **options: P.kwargs) -> Array:
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


elu = _of_anything(ops.elu)
gelu = _of_anything(ops.gelu)
leaky_relu = _of_anything(ops.leaky_relu)
log_softmax = _of_anything(ops.log_softmax)
mish = _of_anything(ops.mish)
selu = _of_anything(ops.selu)
sigmoid = _of_anything(ops.sigmoid)
silu = swish = _of_anything(ops.silu)
softmax = _of_anything(ops.softmax)
softplus = _of_anything(ops.softplus)
softsign = _of_anything(ops.softsign)
tanh = _of_anything(ops.tanh)
