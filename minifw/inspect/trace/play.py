"""The game in a terminal: forwards to y, and back jump by jump, with a question before each."""

from __future__ import annotations

import sys
from textwrap import wrap
from typing import TYPE_CHECKING

from ...output import printable, put
from ..table import cut
from . import terminal
from .jumps import numbers, shape
from .questions import Question, questions, why
from .screen import screen

if TYPE_CHECKING:
    from .trace import Trace

START = "We stand at y. Jump back over the loss line, and collect a factor at each jump."
HELP = "→ ← Home End  e why  g quiz {}  q quit"
DUMB = "This terminal cannot place text (TERM=dumb), so here is the whole game:\n\n"


class Game:
    """Where a player stands, what is asked, and how many answers were right.

    Attributes:
        at: The last jump, as in the trace; -1 at y, below that so many layers before y.
        explains: Whether the largest number that a step has left is taken apart.
        hits: Right answers.
        answers: All answers.
    """

    def __init__(self, trace: Trace, asks: bool = True) -> None:
        self.trace, self.at, self.asks = trace, trace.at, asks
        self.hits = self.answers = 0
        self.asked: list[Question] = []
        self.said = ""
        self.explains = False

    def press(self, key: str) -> None:
        """Answer the question, or move."""
        if key == "game":
            self.asks, self.asked, self.said = not self.asks, [], ""
        elif self.asked and key in [str(i + 1) for i in range(len(self.asked[0].choices))]:
            self._answer(int(key) - 1)
        elif key == "e":
            self.explains = not self.explains
        elif key in ("next", "back", "first", "last"):
            self._move(key)

    def _move(self, key: str) -> None:
        """Go one step or to an end; before a jump that was not asked about yet, ask."""
        trace, following, asked = self.trace, self.at + 1, self.asked
        self.asked, self.said = [], ""
        if key == "next" and self.asks and not asked and 0 <= following < len(trace):
            self.asked = questions(trace, trace[following])
        if not self.asked:
            first, last = -1 - len(trace.forward), len(trace) - 1
            self.at = {"next": min(following, last), "back": max(self.at - 1, first), "first": first, "last": last}[key]

    def _answer(self, choice: int) -> None:
        """Count an answer, say the right one and why, and jump after the last."""
        question, *left = self.asked
        hit = question.choices[choice][1]
        self.hits, self.answers = self.hits + hit, self.answers + 1
        right = next(text for text, is_right in question.choices if is_right)
        said = f"{'Yes' if hit else 'Not quite'}: {right}. {question.because}"
        if left:
            self.asked = left
        else:
            self._move("next")
        self.said = said

    def text(self, width: int) -> str:
        """Return what stands below the network: the question, or what the last step did, in lines of at most a width."""
        blocks = [self.said] if self.said else []
        if self.asked:
            choices = "   ".join(f"{i} {text}" for i, (text, _) in enumerate(self.asked[0].choices, 1))
            blocks += [self.asked[0].text, choices, "→ jumps without an answer"]
        else:
            explanation = why(self.trace, self.at) if self.explains else None
            blocks.append(str(explanation or narrated(self.trace, self.at, width)))
        return "\n".join(folded(block, width) for block in blocks)

    def help(self) -> str:
        """Return the keys, and the score."""
        return HELP.format(f"{self.hits}/{self.answers}" if self.asks else "off")


def play(trace: Trace) -> None:
    """Step through a trace with the arrow keys, or print it all where there is no terminal."""
    if not terminal.is_playable():
        begin = DUMB if sys.stdin.isatty() and sys.stdout.isatty() else ""
        put(begin + "\n\n".join(map(str, (screen(trace, len(trace) - 1, 100), *trace))))
        return
    game = Game(trace)
    try:
        for key in terminal.pressed():
            if key == "quit":
                break
            game.press(key)
            terminal.draw(printable(drawn(game, *terminal.size()), sys.stdout))
    except KeyboardInterrupt:
        put(f"\nInterrupted after {max(game.at + 1, 0)} of {len(trace)} jumps; trace.play() goes on there.")
    trace.at = max(game.at, -1)
    if game.answers:
        put(f"\n{game.hits} of {game.answers} answers were right.")


def drawn(game: Game, width: int, height: int) -> str:
    """Return all that the window shows: the network, the text, the keys; where it is low, fewer units and less text."""
    text = game.text(width).splitlines()
    above = screen(game.trace, game.at, width, max(height - len(text) - 3, 7)).splitlines()
    room = max(height - len(above) - 3, 1)
    if len(text) > room:
        text = [*text[: room - 1], cut("… a higher window shows the rest", width)]
    return "\n".join([*above, "", *text, "", cut(game.help(), width)])


def narrated(trace: Trace, at: int, width: int) -> str:
    """Return what the last step did; a jump as it prints itself, each array below its name where the lines are narrow."""
    if at < -1:
        passed = trace.forward[: at + 1]
        if not passed:
            return "We stand at x. Go forwards to the prediction, then back from y."
        return f"Forwards through {passed[-1].name}: {passed[-1].place_in} becomes {passed[-1].place_out}."
    if at == -1:
        return START
    jump = trace[at]
    if width >= 70:
        return str(jump)
    lines = [f"  {text} {shape(array.shape)}: {numbers(array)}" for text, array in jump.steps]
    return "\n".join([f"Over {jump.over}: {jump.factor_text}", *lines])


def folded(text: str, width: int) -> str:
    """Return a text in lines that are not too long, broken between words and never inside a number."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = " " * 2 * (len(line) - len(line.lstrip()))
        lines += wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) if len(line) > width else [line]
    return "\n".join(lines)
