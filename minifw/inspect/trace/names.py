"""What the tutorial calls things: `I_H2` goes into hidden layer 2, `O_H2` comes out, and `W3₂₁` runs from node 2 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..._typing import Array

if TYPE_CHECKING:
    from .jumps import Jump

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
    ours = "/" in place or "out of " in place or "into " in place
    return f"{place}[{', '.join(map(str, index))}]" if ours else place + subscript(index)


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
        found = {f"I_{column}": jump.output} if weights else {}
        found |= {f"O_{column}": jump.output} if last else {}
        found |= {upto(before): jump.message_out} if weights or before == "x" else {}
        names |= {name: array for name, array in found.items() if array is not None}
    for jump in forward:
        if jump.inside:
            jump.place_in = f"out of {jump.source.name}" if jump.source else f"into {jump.name}"
            jump.place_out = f"out of {jump.name}"
    line = jumps[0]
    line.place_in = place
    for jump in jumps:
        if jump.kind == "penalty":
            jump.number = next(each.number for each in forward if each.name == jump.name)
    return names if line.message_out is None else names | {upto("O_OL"): line.message_out}
