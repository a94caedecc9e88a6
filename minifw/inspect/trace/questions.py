"""What the game asks before a jump, in the terminal; the page asks the same, and a test holds the two together.

A question has two or three answers to choose from, one of them right; the wrong numbers are mistakes that one really makes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..._typing import Array
from ...layers.dense import Dense
from .explain import Explanation
from .jumps import Jump, entry, symbol, upto
from .notation import counted

if TYPE_CHECKING:
    from .trace import Trace

Choice = tuple[str, bool]


class Question(NamedTuple):
    """A question, its answers and whether each is right, and the reason."""

    text: str
    choices: tuple[Choice, ...]
    because: str


def questions(trace: Trace, jump: Jump) -> list[Question]:
    """Return the questions before a jump, about the first sample; none where there is nothing to choose from.

    Args:
        trace: The backward pass.
        jump: The jump that comes next.
    """
    if not math.isfinite(trace.loss) or jump.inside or jump.kind == "penalty":
        return []
    if jump.kind == "loss":
        asked = _over_loss(trace, jump)
    elif jump.message_in is not None and type(jump.layer) is Dense and jump.input.ndim == 2:
        asked = _over_weights(trace, jump)
    elif jump.message_in is None or jump.message_out is None:
        return []
    else:
        asked = _over_other(jump) if jump.factor is None else _over_slope(jump)
    return [question for question in asked if len(question.choices) > 1 and any(right for _, right in question.choices)]


def _over_loss(trace: Trace, line: Jump) -> list[Question]:
    error, y_pred, y = (np.asarray(array) for array in (line.message_out, trace.y_pred, trace.y))
    at, (n, counts) = largest(error[0]), counted(line.layer, trace.y_pred)
    g, name = float(error[0][at]), entry(line.place_in, at)
    truth = f", and its target is {digits(y[0][at])}" if y.shape == y_pred.shape else ""
    return [
        Question(
            f"The prediction {name} is {digits(y_pred[0][at])}{truth}. If it grew a little, what would the loss do?",
            _signs(g, "grow", "shrink", "stay"),
            f"The error gradient there is {digits(g, 4)}: a positive one says that the loss grows with it.",
        ),
        Question(
            f"{line.factor_text}, with n = {n}: what is it for {name}?",
            _numbers(g, -g, g * n, g / 2, g * 2),
            f"n counts {counts}; the sign is that of prediction minus target.",
        ),
    ]


def _over_slope(jump: Jump) -> list[Question]:
    at = largest(jump.message_in[0])
    g, slope, after = (float(array[0][at]) for array in (jump.message_in, jump.factor, jump.message_out))
    z = f"{entry(jump.place_in, at)} = {digits(jump.input[0][at], 4)}"
    before, behind = entry(upto(jump.place_out), at), entry(upto(jump.place_in), at)
    return [
        Question(
            f"{before} is {digits(g, 4)}. At {z} the slope is {jump.factor_text}. Does the message get larger or smaller?",
            _signs(abs(slope) - 1, "larger", "smaller", "it stays"),
            f"The slope is {digits(slope, 4)}, and the message is multiplied by it.",
        ),
        Question(
            f"The slope is {digits(slope, 4)}. What is {behind}?",
            _numbers(after, g + slope, g, slope, -after, 2 * after),
            f"{digits(g, 4)} × {digits(slope, 4)} = {digits(after, 4)}: factors are multiplied, never added.",
        ),
    ]


def _over_weights(trace: Trace, jump: Jump) -> list[Question]:
    message, came = jump.message_in, jump.input
    (unit,), (start,) = largest(message[0]), largest(came[0])
    value = float(trace.grads[f"{jump.name}/kernel"][start, unit])
    g, x, one = float(message[0, unit]), float(came[0, start]), len(came) == 1
    name, held = entry(symbol(jump, "kernel"), (start, unit)), f"{entry(jump.place_in, (start,))} = {digits(x, 4)}"
    whose = "its gradient" if one else "this sample's part of its gradient"
    ends = f"Before {name} stands {held}, and {digits(g, 4)} arrives behind it{'' if one else ' for this sample'}"
    product = f"It is their product: {digits(x, 4)} × {digits(g, 4)} = {digits(g * x, 4)}."
    sign = Question(f"{ends}. Which sign has {whose}?", _signs(g * x, "positive", "negative", "zero"), product)
    because = f"What lies at one end times what arrives at the other; {name} itself has no part in it."
    ratio = g / x if x else math.inf
    choices = _numbers(value, g + x, g, x, -value, ratio)
    return [sign, Question(f"What is the gradient of {name}?", choices, because)] if one else [sign]


def _over_other(jump: Jump) -> list[Question]:
    sizes = (np.nan_to_num(np.abs(array), nan=0.0, posinf=np.inf) for array in (jump.message_in, jump.message_out))
    before, after = (float(size.max(initial=0)) for size in sizes)
    text = f"The largest entry of {upto(jump.place_out)} is {digits(before, 4)}. "
    text += f"Is the largest behind {jump.title} larger or smaller?"
    return [Question(text, _signs(after - before, "larger", "smaller", "the same"), f"It is {digits(after, 4)}.")]


def _signs(value: float, positive: str, negative: str, none: str) -> tuple[Choice, ...]:
    return (positive, value > 0), (negative, value < 0), (none, value == 0)


def _numbers(right: float, *wrong: float) -> tuple[Choice, ...]:
    """Return a number among others, all of which look different, in ascending order."""
    found = {digits(right, 4): right}
    for value in wrong:
        if math.isfinite(value):
            found.setdefault(digits(value, 4), value)
    three = sorted(list(found.items())[:3], key=lambda item: item[1])
    return tuple((text, text == digits(right, 4)) for text, _ in three)


def digits(value: Any, many: int = 5) -> str:
    """Return a number with so many digits, in a sentence, as the page writes it.

    Example:
        >>> digits(-0.5), digits(12.0), digits(0.0000123456), digits(2 / 3, 3)
        ('−0.5', '12', '1.2346e-5', '0.667')
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    number = float(f"{value:.{many - 1}e}") + 0.0  # and no -0
    text = np.format_float_positional(number, trim="-")
    if number and not 1e-4 <= abs(number) < 1e21:
        mantissa, exponent = f"{number:.{many - 1}e}".split("e")
        text = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent):{'+' if abs(number) > 1 else ''}}"
    return text.replace("-", "−", 1) if number < 0 else text


def why(trace: Trace, at: int) -> Explanation | None:
    """Return how the largest number that the last step left is taken apart; `None` where there is none yet."""
    if at >= 0:
        name, array = upto(trace[at].place_in), trace[at].message_out
    else:
        passed = trace.forward[: at + 1]
        name, array = (passed[-1].place_out, passed[-1].output) if at < -1 and passed else ("", None)
    return None if array is None else trace.explain(name, (0, *largest(array[0])), depth=0)


def largest(values: Array) -> tuple[int, ...]:
    """Return where the entry of the largest size stands."""
    sizes = np.nan_to_num(np.abs(values), nan=0.0, posinf=np.inf)
    return tuple(int(i) for i in np.unravel_index(np.argmax(sizes), values.shape))
