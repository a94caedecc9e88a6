"""A terminal to play in: its size, and the keys that are pressed, whatever sends them."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator

DRAW = "\x0c"
"""Comes before the first key, whenever the window got another size, and when the user asks for it with Ctrl-L."""

NAMES = {
    **dict.fromkeys(("\x1b[C", "\x1bOC", "\xe0M", "\x00M", " ", "\r", "\n", "n"), "next"),
    **dict.fromkeys(("\x1b[D", "\x1bOD", "\xe0K", "\x00K", "\x7f", "\x08", "b"), "back"),
    **dict.fromkeys(("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\xe0G", "\x00G"), "first"),
    **dict.fromkeys(("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\xe0O", "\x00O"), "last"),
    **dict.fromkeys(("\x1b", "\x04", "\x03", "q", "Q"), "quit"),
    "g": "game",
    DRAW: "draw",
}
"""What keys are called; xterm, tmux, the Linux console, PuTTY and Windows each have codes of their own for some."""

_SEQUENCE = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|O.)|.", re.DOTALL)
_BEGUN = re.compile("\x1b(?:\\[[0-?]*[ -/]*|O)?\\Z")
_ESCAPE = 0.05
"""Seconds after which an escape is the key, and not the beginning of another key's code."""
_LOOK = 0.25
"""Seconds between two looks at the size of the window."""


def is_playable() -> bool:
    """Whether standard input and output are a terminal in which text can be placed."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def size() -> tuple[int, int]:
    """Return the columns and lines of the window; of a terminal that does not say, 80 and 24."""
    columns, lines = os.get_terminal_size()
    return columns or 80, lines or 24


def draw(text: str) -> None:
    """Clear the window and write a text at its top, in one piece so that nothing flickers."""
    print(f"\x1b[H\x1b[2J{text}", end="", flush=True)


def pressed() -> Iterator[str]:
    """Yield the keys by their names, others as the characters they send; the window's size is watched between them."""
    yield from (NAMES.get(key, key) for key in _keys())


if sys.platform == "win32":
    import msvcrt
    import time

    def _keys() -> Iterator[str]:
        yield DRAW
        before = size()
        while True:
            if msvcrt.kbhit():
                key = msvcrt.getwch()
                yield key + msvcrt.getwch() if key in "\xe0\x00" else key
            elif size() != before:
                before = size()
                yield DRAW
            else:
                time.sleep(_ESCAPE)

else:

    def _keys() -> Iterator[str]:
        import select  # with termios and tty, what a browser's Python lacks
        import termios
        import tty

        terminal = sys.stdin.fileno()
        decoder, waiting, before = codecs.getincrementaldecoder("utf-8")("ignore"), "", size()
        attributes = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)
            yield DRAW  # the first screen, now that no key is lost any more
            while True:
                if size() != before:
                    before = size()
                    yield DRAW
                if select.select([terminal], [], [], _ESCAPE if waiting else _LOOK)[0]:
                    data = os.read(terminal, 1024)
                    if not data:  # the terminal is gone
                        return
                    waiting += decoder.decode(data)
                    found, waiting = split(waiting)
                else:
                    found, waiting = ([waiting] if waiting else []), ""
                yield from found
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, attributes)


def split(text: str) -> tuple[list[str], str]:
    r"""Return the keys in what came, and the beginning of one whose rest is still to come.

    Example:
        >>> split("n\x1b[C\x1b[1~\x1b[")
        (['n', '\x1b[C', '\x1b[1~'], '\x1b[')
    """
    begun = _BEGUN.search(text)
    end = begun.start() if begun else len(text)
    return _SEQUENCE.findall(text[:end]), text[end:]
