"""The network as text: its places from x to y with the numbers there, and below them the error gradients that are held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..._typing import Array
from ..table import cut
from .jumps import number

if TYPE_CHECKING:
    from .trace import Trace

ROWS = 9
"""Lines of a layer at most; the last says how many units there are, where that is not enough."""
CELL = 9


class Place(NamedTuple):
    """A place between two layers: the line before it, its name, what is known there, and whether the way back came here."""

    line: str
    name: str
    values: Array | None
    message: Array | None
    reached: bool


def screen(trace: Trace, at: int, width: int, height: int = 100) -> str:
    """Return the network with its numbers, and below them the error gradients held up to a jump.

    Args:
        trace: The pass.
        at: The last jump; -1 at y, below that so many layers before y.
        width: Columns.
        height: Lines; where they are few, fewer units of each layer are shown.
    """
    places = list(_places(trace, at))
    if at < -1:
        here = max(i for i, place in enumerate(places[:-1]) if place.values is not None)
    else:
        here = next((i for i, place in enumerate(places) if place.reached), len(places) - 1)
    fit = max(width // (CELL + 1), 2)
    begin = max(0, min(here - fit // 2, len(places) - fit))
    shown = places[begin : begin + fit]
    rows = max(2, min(ROWS, (height - 6) // 2))
    held = _rows(shown, [place.message for place in shown], rows)
    return "\n".join(
        [
            cut(_title(trace, at), width),
            "",
            _row(shown, ["▼" if place is places[here] else "" for place in shown], " "),
            _row(shown, [place.name for place in shown], " "),
            *_rows(shown, [place.values for place in shown], rows),
            *(["", "error gradient", *held] if at >= -1 else []),
        ]
    )


def _title(trace: Trace, at: int) -> str:
    if at < -1:
        return f"{trace.title}: forwards, {len(trace.forward) + 1 + at} of {len(trace.forward)} layers"
    return f"{trace.title}: loss {number(trace.loss)}, {at + 1} of {len(trace)} jumps"


def _places(trace: Trace, at: int) -> Iterator[Place]:
    """Yield the places from x to y as they are after a jump; the layers inside a container are left out."""
    order = {id(jump): i for i, jump in enumerate(trace)}
    outside = [jump for jump in trace.forward if not jump.inside]
    forward = trace.forward[: at + 1] if at < -1 else trace.forward
    back = order[id(outside[0])] <= at
    yield Place(" ", "x", trace.x, outside[0].message_out if back else None, back)
    for jump in outside:
        line = "×" if jump.kind == "weights" else "│"
        name = cut(jump.place_out.removeprefix("out of "), CELL - 1)
        back = order.get(id(jump.behind), order[id(jump)] - 1) <= at
        yield Place(line, name, jump.output if jump in forward else None, jump.message_in if back else None, back)
    yield Place("║", "y", trace.y, None, False)


def _rows(places: Sequence[Place], arrays: Sequence[Array | None], most: int) -> Iterator[str]:
    """Yield the first units of the first sample, one a line."""
    units = [() if array is None else array[0].reshape(-1) for array in arrays]
    longest = max(map(len, units))
    whole = longest if longest <= most else most - 1
    for i in range(whole):
        yield _row(places, [_short(values[i]) if i < len(values) else "" for values in units])
    if whole < longest:
        yield _row(places, [f"⋮ {len(values)}" if len(values) > whole else "" for values in units])


def _short(value: float) -> str:
    """Return a number with three digits, or with fewer where its exponent is long."""
    text = f"{value:.3g}"
    return text if len(text) <= CELL else f"{value:.1g}"


def _row(places: Sequence[Place], cells: Sequence[str], line: str = "") -> str:
    return "".join((line or place.line) + f"{cell:>{CELL}}" for place, cell in zip(places, cells, strict=True)).rstrip()
