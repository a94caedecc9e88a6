"""What regularizers add: a number to the loss, and its gradient to the gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._typing import Array
from ..engine.errstate import silent
from ..errors import ShapeError, shown
from ..regularizers import Regularizer
from . import tree

if TYPE_CHECKING:
    from ..layers.base import Layer
    from .network import Network


class Penalized(NamedTuple):
    """A parameter with a regularizer."""

    regularizer: Regularizer
    param: Array
    grad: Array


@silent
def total(layers: Iterable[Layer]) -> float:
    """Return the sum of the penalties of all networks among some layers."""
    return sum((regularizer(param) for regularizer, param, _ in collect_all(layers)), 0.0)


def collect_all(layers: Iterable[Layer]) -> list[Penalized]:
    """Return what the networks among some layers have collected."""
    networks: list[Any] = [layer for layer in layers if layer.is_network]
    return [penalized for network in networks for penalized in collect(network)]


def collect(net: Network) -> list[Penalized]:
    """Return a network's own unfrozen parameters with a regularizer; a network inside has its own."""
    if net._penalized is None:
        net._penalized = [
            Penalized(entry.param.regularizer, entry.array, entry.grad)
            for entry in (net.entries() if net.packed is not None else ())
            if entry.param.regularizer and not entry.frozen and tree.owner(entry.layer) is net
        ]
    return net._penalized


def add_gradients(net: Network) -> None:
    """Add the gradients of a network's own penalties.

    Raises:
        ShapeError: If one is not shaped like its parameter; NumPy would broadcast it.
    """
    for regularizer, param, grad in collect(net):
        slope = regularizer.gradient(param)
        if getattr(slope, "shape", None) != grad.shape:
            text = f"{type(regularizer).__name__}: gradient() must return an array shaped like its parameter, {grad.shape}, "
            text += f"got {shown(slope)} of shape {np.shape(slope)}"
            raise ShapeError(text, expected=grad.shape, received=np.shape(slope))
        grad += slope
