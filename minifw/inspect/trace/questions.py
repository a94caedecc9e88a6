"""What the game asks before a jump: the sign of one number, its size, and the number itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..._typing import Array
from .explain import Explanation
from .jumps import Jump, entry, number, upto
from .notation import counted
from .terms import explain_message, explain_value

if TYPE_CHECKING:
    from .trace import Trace

NEAR = 0.1
"""How far off, relative to the number, an answer may be."""

MOST = 6
"""Terms of a sum that are written into a question."""


class Step(NamedTuple):
    """One question: its text, the keys that answer it (none if a number is to be typed), and the right one."""

    text: str
    keys: str
    right: str

    def takes(self, answer: str) -> bool:
        """Whether an answer is right: the right key, or a number within a tenth."""
        if self.keys:
            return answer == self.right
        try:
            return abs(float(answer) - float(self.right)) <= NEAR * abs(float(self.right))
        except ValueError:
            return False


def ask(trace: Trace, jump: Jump) -> tuple[Step, ...]:
    """Return the questions before a jump, about the largest number that it sends back; none where there is nothing to guess.

    Args:
        trace: The backward pass.
        jump: The jump that comes next.
    """
    message, held = jump.message_out, jump.message_in
    if message is None or not message.size:
        return ()
    at = largest(message[0])
    value = float(message[0][at])
    if not math.isfinite(value) or value == 0:
        return ()
    name, known = entry(upto(jump.place_in), at), []
    if jump.kind == "loss" and trace.y.shape == trace.y_pred.shape:
        known = [f"ŷ{entry('', at)} = {number(trace.y_pred[0][at])}", f"y{entry('', at)} = {number(trace.y[0][at])}"]
    elif held is not None and held.size:
        beside = at if held.shape == message.shape else largest(held[0])
        size = float(held[0][beside])
        known = [f"{entry(upto(jump.place_out), beside)} = {number(size)}"]
    begin = f"You see {' and '.join(known)}. " if known else ""
    steps = [Step(f"{begin}Will {name} be positive or negative?", "+-", "+" if value > 0 else "-")]
    if held is not None and held.size:
        right = ">" if abs(value) > abs(size) else "<" if abs(value) < abs(size) else "="
        steps.append(Step(f"Will it be larger (>), smaller (<) or the same (=) in size as {known[0]}?", "><=", right))
    collected = _collected(trace, jump, (0, *at))
    return *steps, Step(f"{collected}. How large is it? Type the number, then Enter.", "", str(value))


def _collected(trace: Trace, jump: Jump, at: tuple[int, ...]) -> str:
    """Return what a number is made of, and not yet how large that is."""
    if jump.kind == "loss":
        return "You collect {} with n = {}, {}".format(jump.factor_text, *counted(jump.layer, trace.y_pred))
    paths = explain_message(jump, at).paths
    terms = [" × ".join(number(factor.value) for factor in path.factors) for path in paths[:MOST]]
    return f"You collect {jump.factor_text}: {' + '.join(terms)}{' + …' * (len(paths) > MOST)}"


def why(trace: Trace, at: int) -> Explanation | None:
    """Return how the largest number that the last step left is taken apart; `None` where there is none yet."""
    passed, explanation = trace.forward[: at + 1] if at < -1 else (), None
    if passed and passed[-1].output is not None:
        explanation = explain_value(passed[-1], (0, *largest(passed[-1].output[0])))
    message = trace[at].message_out if at >= 0 else None
    if message is not None:
        explanation = explain_message(trace[at], (0, *largest(message[0])))
    if explanation is not None:
        explanation.n = counted(trace[0].layer, trace.y_pred)
    return explanation


def largest(values: Array) -> tuple[int, ...]:
    """Return where the entry of the largest size stands."""
    sizes = np.nan_to_num(np.abs(values), nan=-1.0)
    return tuple(int(i) for i in np.unravel_index(np.argmax(sizes), values.shape))
