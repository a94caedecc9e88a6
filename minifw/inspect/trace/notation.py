"""What the letters of the page, the table, the explanations and the terminal mean, said once."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

from ..._typing import Array
from ...losses.base import ElementwiseLoss

COUNTING = "Names count from 1: W2₃₂. Python's index tuples, in brackets, count from 0: [2, 1]."


def web_file(name: str) -> str:
    """Return the text of a file that belongs to the page."""
    from pathlib import Path

    return Path(__file__).with_name("web").joinpath(name).read_text(encoding="utf-8")


@cache
def _notation() -> dict[str, dict[str, str]]:
    import json

    found: dict[str, dict[str, str]] = json.loads(web_file("notation.json"))
    return found


def glossary() -> dict[str, str]:
    """Return what each letter stands for; `n` counts something else from loss to loss, which `counted` says."""
    return _notation()["letters"]


def counted(loss: Any, y_pred: Array) -> tuple[int, str]:
    """Return the `n` that a loss divides by, and what it counts."""
    samples, outputs = len(y_pred), math.prod(y_pred.shape[1:])
    rows = samples * outputs // y_pred.shape[-1] if y_pred.ndim > 1 else samples
    elementwise = isinstance(loss, ElementwiseLoss) and loss._mean
    if loss.reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        return (y_pred.shape[-1], "outputs of a sample") if elementwise else (1, "the loss is a sum, not a mean")
    if elementwise:
        return rows * y_pred.shape[-1], f"entries of ŷ: {samples} of the batch times {outputs} outputs"
    return rows, "samples" if rows == samples else "rows of ŷ"


def term(loss: Any) -> str:
    """Return what a loss adds up, in words."""
    scores = getattr(loss, "from_logits", False)
    plain = f"{type(loss).__name__}(ŷ, y)"
    return plain if scores else _notation()["terms"].get(type(loss).__name__, plain)


def legend(text: str, n: tuple[int, str]) -> str:
    """Return the meaning of the letters that stand in a text.

    Example:
        >>> legend("2 (ŷ - y) / n", (4, "entries of ŷ"))
        'y: the target: the truth; ŷ: the prediction: what the last layer gives; n: 4, entries of ŷ'
    """
    meanings = {letter: glossary()[letter] for letter in "yŷzẑgsσ⊙@"} | {"n": f"{n[0]}, {n[1]}"}
    return "; ".join(f"{key}: {meaning}" for key, meaning in meanings.items() if re.search(rf"(?<!\w){key}(?!\w)", text))
