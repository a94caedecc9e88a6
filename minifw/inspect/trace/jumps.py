"""One jump of the backward pass: over the loss line, over an activation line, over the weights, over any layer."""

from __future__ import annotations

from typing import Any

from ..._typing import Array
from .names import symbol, upto
from .text import numbers, shape


class Jump:
    """What one jump back collects, and all that its layer saw in both directions; its arrays are its own.

    Printed, it says what is held before and after, with the first numbers.

    Attributes:
        index: The layer's place in `net.layers`; `None` for the loss.
        name: The layer's name, with those of the containers around it: `"residual/dense"`.
        kind: `"loss"`, `"activation"`, `"weights"`, `"penalty"`, or the layer's class.
        factor: The slope, where the layer is elementwise; for the loss its gradient; else `None`.
        factor_text: The factor in words, such as `"σ(z) (1 - σ(z))"`.
        message_in: The error gradient that arrived; `None` for the loss and a penalty.
        message_out: The error gradient it sent back; `None` where there is none.
        grads: The gradients it left behind, by the parameter's name; a penalty's come from a jump of its own.
        params: The parameters.
        input: What went into the layer in the forward pass.
        output: What came out.
        place_in: What the tutorial calls the place of the input: `"x"`, `"O_H1"`, `"I_H2"`, ...
        place_out: The same for the output.
        number: Which weights these are, counted from the input: 3 for the tutorial's W3; 0 for anything else.
        layer: The layer in the copy that was traced, or the loss.
        source: The jump of the layer that the input came from; `None` at `x`.
        behind: The jump that sent the message; `None` where a container made a message of its own.
        joins: Whether it is a container that adds something to its layers' messages, seen as one.
        inside: Whether it is a layer of such a container.
    """

    index: int | None = None
    name: str
    kind: str
    factor: Array | None = None
    factor_text: str
    message_in: Array | None = None
    message_out: Array | None = None
    grads: dict[str, Array]
    params: dict[str, Array]
    input: Array | None = None
    output: Array | None = None
    place_in: str = ""
    place_out: str = ""
    number: int = 0
    layer: Any = None
    source: Jump | None = None
    behind: Jump | None = None
    joins: bool = False
    inside: bool = False

    def __init__(self, name: str, kind: str, factor_text: str, **found: Any) -> None:
        self.name, self.kind, self.factor_text = name, kind, factor_text
        self.grads, self.params = {}, {}
        vars(self).update(found)

    @property
    def over(self) -> str:
        """What is jumped over, in words: `"the activation line sigmoid"`."""
        what = {
            "loss": "the loss line ",
            "activation": "the activation line ",
            "weights": "the weights of ",
            "penalty": "the penalty of ",
        }
        return what.get(self.kind, "") + self.name

    def __str__(self) -> str:
        arrays = [("you hold", self.message_in)]
        arrays += [(f"leaves the gradient of {symbol(self, key)}", grad) for key, grad in self.grads.items()]
        arrays += [("you collect", self.factor)] if self.kind != "loss" else []
        arrays += [(upto(self.place_in), self.message_out)]
        lines = [f"Over {self.over}: {self.factor_text}"]
        lines += [f"  {text:<30} {shape(array.shape):>12}  {numbers(array)}" for text, array in arrays if array is not None]
        return "\n".join(lines)

    __repr__ = __str__
