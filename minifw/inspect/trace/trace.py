"""The jumps of one backward pass in order, to step through, to look up, to print, to play and to explain."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from ... import arguments
from ..._typing import Array, ArrayLike
from ...config import resolve
from ...errors import ArgumentValueError, UsageError, nearest
from ...network import tree
from ..table import table
from .explain import Explanation
from .jumps import KINDS, Jump, name_places, shape, symbol, upto
from .notation import COUNTING, counted, legend
from .page import Page
from .play import play
from .record import Recording
from .terms import explain_gradient, explain_loss, explain_message, explain_slope, explain_value

if TYPE_CHECKING:
    from ...sequential import Sequential

Answers = dict[str, tuple[Array, Callable[[tuple[int, ...]], Explanation]]]

HEADERS = ("", "jump over", "rule", "shape", "norm", "largest", "zeros")
WIDTHS = (3, 24, 30, 13, 9, 9, 6)
"""The columns of a trace as a table, which has at most 100."""


class Trace(Sequence[Jump]):
    """One backward pass: `trace[0]` is the jump over the loss line, `trace["error_grad_upto_H2"]` a message by its name.

    As text it holds letters such as `ŷ`, whatever `sys.stdout` is; `play` and `summary` print others where there are none.

    Attributes:
        title: The network's name.
        loss: The loss, penalties included.
        x: The samples.
        y: The targets.
        y_pred: The predictions.
        jumps: The jumps, from the loss back.
        forward: The same layers in the order of the forward pass.
        grads: The gradients of all parameters by name, penalties included.
        line: The same without the layers inside a container that joins, which are its jump's `parts`.
        names: Arrays under the tutorial's names: `I_H1`, `O_H1`, `error_grad_upto_H1`, ...
        at: Which jump is behind us; -1 while we stand at y.
    """

    def __init__(self, recording: Recording) -> None:
        self._net = recording.net  # the layers hold it weakly
        self.title, self.loss = recording.net.name, recording.value
        self.x, self.y, self.y_pred = recording.x, recording.y, recording.y_pred
        self.forward, self.jumps = tuple(recording.forward), tuple(recording.jumps)
        self.names = {"x": self.x, "y": self.y, "ŷ": self.y_pred, **name_places(self.forward, self.jumps)}
        self.at = -1
        self.line = tuple(recording.line)
        self._home: dict[str, tuple[Jump, str]] = {}
        self._penalty: dict[str, Jump] = {}
        self.grads: dict[str, Array] = {}
        for jump in self.jumps:
            for key, grad in jump.grads.items():
                name = f"{jump.name}/{key}"
                if jump.kind == "penalty":
                    self._penalty[name] = jump
                    self.grads[name] = self.grads[name] + grad
                else:
                    self._home[name], self.grads[name] = (jump, key), grad
        self._answers = self._find_answers()

    def next(self) -> Jump:
        """Jump once and return the jump.

        Raises:
            UsageError: After the last one.
        """
        if self.at + 1 == len(self.jumps):
            raise UsageError(f"that was the last of {len(self.jumps)} jumps; trace.back() goes back, trace[k] anywhere")
        self.at += 1
        return self.jumps[self.at]

    def back(self) -> Jump:
        """Take one jump back and return the one before it.

        Raises:
            UsageError: At the first one.
        """
        if self.at < 1:
            raise UsageError("there is no jump before the first one; trace.next() jumps")
        self.at -= 1
        return self.jumps[self.at]

    def explain(self, name: str, index: int | Sequence[int] = (), depth: int = 1) -> Explanation:
        """Return how a number is taken apart: into every factor from y down to one weight, or into what it is a sum of.

        Args:
            name: The parameter whose gradient is asked for, such as `"dense_2/kernel"`; or the name of a place, a message or
                a slope, such as `"O_H1"`, `"error_grad_upto_H1"`, `"slope at I_H1"`; or `"loss"`.
            index: The entry, such as `(3, 1)`; none for the loss.
            depth: How many messages to open, one behind the other, when it is printed.

        Raises:
            ArgumentValueError: If there is no such name or entry.
        """
        arguments.integer("explain", "depth", depth, "[0, inf)")
        if name not in self._answers:
            known, hint = ", ".join(self._home) or "none", nearest(str(name), self._answers)
            raise ArgumentValueError(f"explain: no parameter {name!r}{hint} (there are {known})")
        array, find = self._answers[name]
        at = (index,) if isinstance(index, (int, np.integer)) else tuple(index)
        if len(at) != array.ndim or not all(0 <= i < size for i, size in zip(at, array.shape, strict=True)):
            raise ArgumentValueError(f"explain: {name} has shape {array.shape}, so it has no entry {index}")
        explanation = find(at)
        explanation.depth, explanation.n = depth, counted(self[0].layer, self.y_pred)
        return explanation

    def _find_answers(self) -> Answers:
        """Return for each name its array, and what explains an entry."""
        line, penalties = self.jumps[0], [jump for jump in self.jumps if jump.kind == "penalty"]
        answers: Answers = {}
        for name, (jump, key) in self._home.items():
            explain = partial(explain_gradient, jump, key, self.grads[name], self._penalty.get(name))
            answers[name] = self.grads[name], explain
        for jump in (*self.forward, line):
            slope = None if jump is line else jump.factor
            named = {jump.place_out: (jump.output, explain_value), upto(jump.place_in): (jump.message_out, explain_message)}
            named |= {f"slope at {jump.place_in}": (slope, explain_slope)}
            answers |= {name: (array, partial(find, jump)) for name, (array, find) in named.items() if array is not None}
        return answers | {"loss": (np.array(self.loss), partial(explain_loss, line, self.loss, penalties))}

    def play(self) -> None:
        """Step through in a terminal with the arrow keys; elsewhere, print all jumps."""
        play(self)

    def save_html(self, path: str | PathLike[str]) -> None:
        """Write the game as one HTML page that needs nothing else.

        Args:
            path: The file.
        """
        Page([self]).save(path)

    def show(self) -> Page:
        """Return the page; a notebook shows it inline, and a trace by itself."""
        return Page([self])

    def __str__(self) -> str:
        rows: list[Sequence[str]] = [HEADERS]
        for i, jump in enumerate(self):
            leads = f": {upto(jump.place_in)}" if jump.number and jump.kind == "weights" else ""
            over = f"{jump.name}, {jump.kind}" if jump.kind in KINDS else jump.name
            dense = jump.kind == "weights" and jump.params["kernel"].ndim == 2
            sign = "@ " if dense else "⊙ " if i and jump.factor is not None else ""
            rows.append((str(i), over, f"{sign}{jump.factor_text}{leads}", *_measures(jump.message_out)))
            rows += [("", "", _gradient_of(symbol(jump, key)), *_measures(grad)) for key, grad in jump.grads.items()]
        title = f"{self.title}: {len(self)} jumps back from a loss of {self.loss}"
        text = "\n".join([title, *(line.rstrip() for line in table(rows, "><<<>>>", " ", WIDTHS))])
        meanings = [*legend(text, counted(self[0].layer, self.y_pred)).split("; "), COUNTING]
        return "\n".join([text, "", *(line for meaning in meanings for line in textwrap.wrap(meaning, sum(WIDTHS)))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """What a notebook shows of a trace that stands on the last line of a cell: the page."""
        return self.show()._repr_html_()

    def __len__(self) -> int:
        return len(self.jumps)

    @overload
    def __getitem__(self, key: int) -> Jump: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Jump, ...]: ...
    @overload
    def __getitem__(self, key: str) -> Array: ...
    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return self.jumps[key]
        if key not in self.names:
            raise ArgumentValueError(f"no array {key!r}{nearest(key, self.names)} (there are {', '.join(self.names)})")
        return self.names[key]


def _gradient_of(name: str) -> str:
    """Return what a row says of a gradient; of a long path the end, in which it differs from others."""
    room = WIDTHS[2] - len("gradient of ")
    return f"gradient of {name if len(name) <= room else '…' + name[1 - room :]}"


def _measures(array: Array | None) -> Sequence[str]:
    """Return an array's shape, its norm, the largest of its entries and the share of zeros among them."""
    if array is None:
        return "–", "", "", ""
    with np.errstate(all="ignore"):
        flat = array.reshape(-1)
        largest = flat[np.argmax(np.abs(flat))] if flat.size else 0.0
        norm, zeros = np.sqrt(np.square(flat, dtype=np.float64).sum()), 100 * np.mean(flat == 0)
    return shape(array.shape), f"{norm:.2e}", f"{largest:.2e}", f"{zeros:.0f} %"


def jump_back(self: Sequential, x: ArrayLike, y: ArrayLike, loss: Any) -> Trace:
    """Return the trace of one batch: what `Sequential.jump_back` does."""
    loss = self.loss if loss is None else resolve("loss", loss, "jump_back")
    if loss is None:
        raise UsageError(f"{tree.label(self)}: jump_back needs a loss: jump_back(x, y, loss='mse'), or compile first")
    return Trace(Recording(self, x, y, loss))
