"""The jumps of a backward pass, and what their places are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..._typing import Array, Shape

SHOWN = 6
"""Entries of an array that are printed."""

KINDS = {"loss": "loss line", "activation": "activation line", "weights": "weights of", "penalty": "penalty of"}
"""What is jumped over; a layer of another kind has nothing but its name."""


def number(value: Any) -> str:
    """Return a number with five digits."""
    return f"{value:.5g}"


def numbers(array: Array) -> str:
    """Return the first entries of an array.

    Example:
        >>> import numpy as np
        >>> numbers(np.array([[0.5, -0.25]]))
        '0.5 -0.25'
    """
    return " ".join(number(value) for value in array.reshape(-1)[:SHOWN]) + " …" * (array.size > SHOWN)


def shape(sizes: Shape) -> str:
    """Return a shape as Python writes it."""
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"


_BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscript(index: Sequence[int]) -> str:
    """Return a place in an array as the tutorial writes it: counted from 1, and below the line.

    Example:
        >>> subscript((3, 1)), subscript((11, 0))
        ('₄₂', '₁₂,₁')
    """
    numbers = [str(i + 1) for i in index]
    return ("" if all(len(number) == 1 for number in numbers) else ",").join(numbers).translate(_BELOW)


def entry(place: str, index: Sequence[int]) -> str:
    """Return the name of one entry.

    Example:
        >>> entry("I_H2", (1,)), entry("out of flatten", (1,))
        ('I_H2₂', 'out of flatten[1]')
    """
    path = "/" in place or "out of " in place or "into " in place
    return f"{place}[{', '.join(map(str, index))}]" if path else place + subscript(index)


def symbol(jump: Jump, key: str) -> str:
    """Return the name of a parameter: `W3` and `B3` for kernel and bias, else its path."""
    letter = {"kernel": "W", "bias": "B"}.get(key)
    return f"{letter}{jump.number}" if letter and jump.number else f"{jump.name}/{key}"


def upto(place: str) -> str:
    """Return the name of the error gradient at a place.

    Example:
        >>> upto("O_H2"), upto("x"), upto("I_H2")
        ('error_grad_upto_H2', 'error_grad_upto_x', 'error gradient at I_H2')
    """
    if place.startswith("O_"):
        return f"error_grad_upto_{place[2:]}"
    return "error_grad_upto_x" if place == "x" else f"error gradient at {place}"


def name_places(forward: Sequence[Jump], jumps: Sequence[Jump]) -> dict[str, Array]:
    """Give every place on the way its name; return the arrays under the tutorial's names.

    A column ends before the next weights; what stands before the first ones is in none, since `x` is what went in there.
    Layers inside a container that adds something are left out of the count.
    """
    names: dict[str, Array] = {}
    outside = [jump for jump in forward if not jump.inside]
    total, number, place = sum(jump.kind == "weights" for jump in outside), 0, "x"
    for jump, following in zip(outside, [*outside[1:], None], strict=True):
        weights, before = jump.kind == "weights", place
        number += weights
        column = "OL" if number == total else f"H{number}" if number else ""
        last = bool(column) and (following is None or following.kind == "weights")
        place = f"O_{column}" if last else f"I_{column}" if weights else f"out of {jump.name}"
        jump.place_in, jump.place_out, jump.number = before, place, number * weights
        arrays = {f"I_{column}": jump.output} if weights else {}
        arrays |= {f"O_{column}": jump.output} if last else {}
        arrays |= {upto(before): jump.message_out} if weights or before == "x" else {}
        names |= {name: array for name, array in arrays.items() if array is not None}
    for jump in forward:
        if jump.inside:
            alone = jump.source is not None and sum(other.source is jump.source for other in forward) == 1
            jump.place_in = f"out of {jump.source.name}" if alone and jump.source else f"into {jump.name}"
            jump.place_out = f"out of {jump.name}"
    line = jumps[0]
    line.place_in = place
    for jump in jumps:
        if jump.kind == "penalty":
            jump.number = next(weights.number for weights in forward if weights.name == jump.name)
    return names if line.message_out is None else names | {upto("O_OL"): line.message_out}


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
        parts: The jumps inside such a container, in the order of the forward pass: one list a branch.
        y: The targets, where it is the loss.
    """

    index: int | None = None
    name: str
    kind: str
    factor: Any = None
    factor_text: str
    message_in: Any = None
    message_out: Any = None
    grads: dict[str, Array]
    params: dict[str, Array]
    input: Any = None
    output: Any = None
    place_in: str = ""
    place_out: str = ""
    number: int = 0
    layer: Any = None
    source: Jump | None = None
    behind: Jump | None = None
    joins: bool = False
    inside: bool = False
    parts: list[list[Jump]]
    y: Any = None

    def __init__(self, name: str, kind: str, factor_text: str, **about: Any) -> None:
        self.name, self.kind, self.factor_text = name, kind, factor_text
        self.grads, self.params, self.parts = {}, {}, []
        vars(self).update(about)

    @property
    def title(self) -> str:
        """The layer's name without those of the containers around it; of an activation inside a layer, its class."""
        last = self.name.split("/")[-1]
        return type(self.layer).__name__ if last == "activation" else last

    @property
    def over(self) -> str:
        """What is jumped over, in words: `"the activation line sigmoid"`."""
        return f"the {KINDS[self.kind]} {self.name}" if self.kind in KINDS else self.name

    @property
    def steps(self) -> Iterator[tuple[str, Array]]:
        """What happens to the numbers: what is held, what is left behind, what is collected, what is held after it."""
        arrays = [("you hold", self.message_in)]
        arrays += [(f"leaves the gradient of {symbol(self, key)}", grad) for key, grad in self.grads.items()]
        arrays += [("you collect", self.factor)] if self.kind != "loss" else []
        arrays += [(upto(self.place_in), self.message_out)]
        yield from ((text, array) for text, array in arrays if array is not None)

    def __str__(self) -> str:
        lines = [f"Over {self.over}: {self.factor_text}"]
        lines += [f"  {text:<30} {shape(array.shape):>12}  {numbers(array)}" for text, array in self.steps]
        return "\n".join(lines)

    __repr__ = __str__
