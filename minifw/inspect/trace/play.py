"""The game in a terminal: where the numbers stand, and what is held after each jump."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..._typing import Array
from ...output import printable, put
from ..table import cut
from .jumps import number

if sys.platform == "win32":
    import msvcrt
else:
    with suppress(ImportError):  # a browser has neither
        import termios
        import tty

if TYPE_CHECKING:
    from .trace import Trace

ROWS = 8
"""Units of a layer that are shown."""
CELL = 9

KEYS = {
    **dict.fromkeys(("\x1b[C", "\x1bOC", "\xe0M", "\x00M", " ", "\r", "\n", "n"), "next"),
    **dict.fromkeys(("\x1b[D", "\x1bOD", "\xe0K", "\x00K", "\x7f", "\x08", "b"), "back"),
    **dict.fromkeys(("\x1b[H", "\x1bOH", "\xe0G", "\x00G"), "first"),
    **dict.fromkeys(("\x1b[F", "\x1bOF", "\xe0O", "\x00O"), "last"),
    **dict.fromkeys(("q", "Q", "\x1b", "\x04"), "quit"),
    "\x0c": "draw",
}


START = "We stand at y. Jump back over the loss line, and collect a factor at each jump."
HELP = "→ jump   ← back   Home, End   q quit"


class Place:
    """A place between two layers: the line before it, its name, the numbers there, and after which jump it is reached."""

    def __init__(self, line: str, name: str, values: Array | None, message: Array | None, reached: float) -> None:
        self.line, self.name, self.values, self.message, self.reached = line, name, values, message, reached


def play(trace: Trace) -> None:
    """Step through a trace with the arrow keys, or print it all where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        put("\n\n".join(map(str, (screen(trace, len(trace) - 1, 100), *trace))))
        return
    at = trace.at
    for key in _keys():
        steps = {"next": at + 1, "back": at - 1, "first": -1, "last": len(trace) - 1}
        at = max(-1, min(steps.get(key, at), len(trace) - 1))
        width = os.get_terminal_size().columns or 80  # some terminals do not say
        text = printable(f"{screen(trace, at, width)}\n\n{trace[at] if at >= 0 else START}\n\n{HELP}", sys.stdout)
        print("\x1b[H\x1b[2J" + "\n".join(line[:width] for line in text.splitlines()), flush=True)
    trace.at = at


def screen(trace: Trace, at: int, width: int) -> str:
    """Return the network with its numbers, and below them the error gradients held up to a jump."""
    places = list(_places(trace))
    here = next((i for i, place in enumerate(places) if place.reached <= at), len(places) - 1)
    fit = max(width // (CELL + 1), 2)
    begin = max(0, min(here - fit // 2, len(places) - fit))
    shown = places[begin : begin + fit]
    lines = [
        f"{trace.title}: loss {number(trace.loss)}, {at + 1} of {len(trace)} jumps",
        "",
        _row(shown, ["▼" if place is places[here] else "" for place in shown], " "),
        _row(shown, [place.name for place in shown], " "),
        *_rows(shown, [place.values for place in shown]),
        "",
        "error gradient",
        *_rows(shown, [place.message if place.reached <= at else None for place in shown]),
    ]
    return "\n".join(lines)


def _places(trace: Trace) -> Iterator[Place]:
    """Yield the places from x to y; the layers inside a container are left out."""
    order = {id(jump): i for i, jump in enumerate(trace)}
    outside = [jump for jump in trace.forward if not jump.inside]
    yield Place(" ", "x", trace.x, outside[0].message_out, order[id(outside[0])])
    for jump in outside:
        line = "×" if jump.kind == "weights" else "│"
        name = cut(jump.place_out.removeprefix("out of "), CELL - 1)
        yield Place(line, name, jump.output, jump.message_in, order.get(id(jump.behind), order[id(jump)] - 1))
    yield Place("║", "y", trace.y, None, math.inf)


def _rows(places: Sequence[Place], arrays: Sequence[Array | None]) -> Iterator[str]:
    """Yield the first units of the first sample, one a line."""
    units = [() if array is None else array[0].reshape(-1) for array in arrays]
    for i in range(min(ROWS, max(map(len, units)))):
        yield _row(places, [f"{values[i]:.3g}" if i < len(values) else "" for values in units])
    if any(len(values) > ROWS for values in units):
        yield _row(places, [f"⋮ {len(values)}" if len(values) > ROWS else "" for values in units])


def _row(places: Sequence[Place], cells: Sequence[str], line: str = "") -> str:
    return "".join((line or place.line) + f"{cell:>{CELL}}" for place, cell in zip(places, cells, strict=True)).rstrip()


def _keys() -> Iterator[str]:
    """Yield what the user wants, key by key, until it is to end."""
    for pressed in _pressed():
        key = KEYS.get(pressed, "")
        if key == "quit":
            return
        if key:
            yield key


if sys.platform == "win32":

    def _pressed() -> Iterator[str]:
        yield "\x0c"
        while True:
            key = msvcrt.getwch()
            yield key + msvcrt.getwch() if key in "\xe0\x00" else key

else:

    def _pressed() -> Iterator[str]:
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)
            yield "\x0c"  # the first screen, now that no key is lost any more
            while data := os.read(terminal, 64).decode("utf-8", "ignore"):
                yield from re.findall("\x1b[\\[O].|.", data, re.DOTALL)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
