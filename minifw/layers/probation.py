"""The first pass through a chain: each layer is held to the contract once, and runs free from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, Shape
from ..config import is_built_in
from ..errors import ShapeError, UsageError
from . import tree

if TYPE_CHECKING:
    from .base import Layer
    from .chain import Chain


class Probation:
    """What the first forward and the first backward after packing compare.

    A forward with `training=True` is watched until a backward has been, since a forgotten gradient can be told from
    one that overflowed only when the layer's output is known to have been finite.
    """

    def __init__(self) -> None:
        self._forward_seen = False
        self._inputs: dict[int, tuple[Shape, bool]] = {}
        self._waiting = False

    def wants_forward(self, training: bool) -> bool:
        """Whether this forward is to be watched."""
        wanted = training or not self._forward_seen
        if not wanted:
            self._inputs.clear()  # what was seen belongs to another batch
        return wanted

    def see_output(self, chain: Chain, i: int, x: Array, y: Any, training: bool) -> None:
        """Compare a layer's output with what it announced."""
        layer = chain.layers[i]
        wanted = (len(x), *layer.output_shape(x.shape[1:]))
        _compare(chain, i, "forward() returned", y, wanted, x if layer.input_kind == "float" else y)
        for name, window in vars(layer.params).items():
            if np.may_share_memory(y, window):
                raise UsageError(f"{_where(chain, i)}: forward() returned a view of its parameter {name!r}; return a copy")
        self._inputs[i] = x.shape, bool(np.isfinite(y).all())
        self._forward_seen |= i == len(chain.layers) - 1

    def see_message(self, chain: Chain, i: int, error_grad: Array, message: Any) -> None:
        """Compare the message a layer sends back with what came in, and look for forgotten gradients."""
        layer = chain.layers[i]
        shape, finite = self._inputs.get(i, (None, False))
        if message is None and layer.needs_message and layer.input_kind == "float":
            raise _returned(chain, i, "backward() returned None; it must return dLoss/d(input)", shape, None)
        if message is not None and shape is not None:
            _compare(chain, i, "backward() returned", message, shape, error_grad)
        grads = {} if is_built_in(type(layer).__module__) else vars(layer.grads)  # ours forget nothing, but may overflow
        unfilled = [name for name, grad in grads.items() if grad.size and np.isnan(grad).all()]
        if unfilled and finite and error_grad.size and np.isfinite(error_grad).all():
            raise UsageError(
                f"{_where(chain, i)}: backward() left the gradient of {unfilled[0]!r} unset; "
                f"assign it there: self.grads.{unfilled[0]} = ...",
                layer=layer.name,
                gradient=unfilled[0],
            )
        self._waiting |= bool(unfilled) or shape is None

    def finish(self) -> bool:
        """Return whether a whole backward has been watched with nothing left open."""
        done = not self._waiting
        self._waiting = False
        return done


def _compare(chain: Chain, i: int, verb: str, array: Any, shape: Shape, like: Array) -> None:
    if not isinstance(array, np.ndarray):
        raise _returned(chain, i, f"{verb} {type(array).__name__}; it must return an array", shape, None)
    if array.shape != shape:
        detail = f"{verb} shape {array.shape}, expected {shape}"
        if verb.startswith("forward"):
            detail += "; if the layer changes the shape, write output_shape(input_shape)"
        raise _returned(chain, i, detail, shape, array.shape)
    if array.dtype != like.dtype:
        raise _returned(chain, i, f"{verb} dtype {array.dtype}, expected {like.dtype}", like.dtype, array.dtype)


def _returned(chain: Chain, i: int, detail: str, expected: Any, received: Any) -> ShapeError:
    return ShapeError(f"{_where(chain, i)}: {detail}", expected=expected, received=received, layer=chain.layers[i].name)


def _where(chain: Chain, i: int) -> str:
    layer: Layer = chain.layers[i]
    return f"{chain._place} {i}, {tree.label(layer)}"
