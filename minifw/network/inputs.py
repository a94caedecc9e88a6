"""The door of a network: data goes in and error gradients come back in the shape and dtype that it works with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, DType, Shape
from ..arrays import as_batch
from ..errors import ArgumentValueError, ShapeError, UsageError
from . import tree

if TYPE_CHECKING:
    from .network import Network


def admit(net: Network, x: Any) -> Array:
    """Return data as a C-ordered array of the network's dtype and input shape, building the network if need be.

    Raises:
        ShapeError: If a sample has another shape than the network was built for.
    """
    array = as_batch(x, net._dtype, _layer(net, 0), index=net.input_kind == "index")
    if net.packed is None:
        net.build(array.shape[1:])
    if array.shape[1:] != net.input_shape:
        raise wrong_shape(net, array.shape[1:], array)
    return array


def batch_of(shape: Shape) -> str:
    """Return the shape of a batch of samples as messages write it."""
    return f"({', '.join(['batch', *map(str, shape)])})"


def wrong_shape(net: Network, sample: Shape, array: Array | None = None) -> ShapeError:
    """Return the error for samples of another shape than the network was built for."""
    wanted = net.input_shape or ()
    if array is not None and array.shape == wanted:
        hint = "; for a single sample pass x[np.newaxis]"
    elif array is not None and array.size and len(array) * math.prod(wanted) == array.size:
        hint = f"; reshape it: x.reshape(-1, {', '.join(map(str, wanted))})"
    elif len(sample) == len(wanted):
        hint = f"; the network was built for samples of shape {wanted}: pass those, or build another one for {sample}"
    else:
        axes = "axis" if len(wanted) == 1 else "axes"
        hint = f"; a sample has {len(wanted)} {axes} here, so reshape x to {batch_of(wanted)}"
    got = batch_of(sample) if array is None else array.shape
    text = f"{_layer(net, 0)}: expects {batch_of(wanted)}, got {got}{hint}"
    return ShapeError(text, expected=wanted, received=sample, layer=net.layers[0].name)


def check_message(net: Network, error_grad: Any) -> None:
    """Raise unless a forward waits for its backward and this is the error gradient of what it returned.

    Raises:
        UsageError: If there was no forward since the last backward.
        ShapeError: If the shape is another.
        ArgumentValueError: If it is no array of the network's dtype.
    """
    sent = net._last_call.out_shape
    if sent is None:
        raise UsageError(
            f"{tree.label(net)}: backward() needs a fresh forward(); each backward or messages pass "
            "spends the forward before it, and predict leaves none"
        )
    where = _layer(net, len(net.layers) - 1)
    if np.shape(error_grad) != sent:
        hint = "" if np.ndim(error_grad) else "; pass what loss.backward() returned, not the loss"
        if error_grad is None:
            hint = "; it is None: other.backward(..., to_input=True) sends one"
        text = f"{where}: sent out {sent}, but its error gradient has shape {np.shape(error_grad)}{hint}"
        raise ShapeError(text, expected=sent, received=np.shape(error_grad))
    kind = getattr(error_grad, "dtype", type(error_grad).__name__)
    if kind != net._dtype:
        raise ArgumentValueError(
            f"{where}: an error gradient of shape {sent} must be a {net._dtype} array, got {kind}; "
            f"use np.asarray(error_grad, {net.dtype!r})"
        )


def floating(owner: object, dtype: Any) -> DType:
    """Return float32 or float64 as a dtype, or raise."""
    try:
        found: DType = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if dtype is None or found not in (np.float32, np.float64):
        raise ArgumentValueError(f"{arguments.named(owner)}: dtype must be 'float32' or 'float64', got {dtype!r}")
    return found


def _layer(net: Network, i: int) -> str:
    if not net.layers:
        return tree.label(net)
    return f"layer {i}, {tree.label(net.layers[i])}"
