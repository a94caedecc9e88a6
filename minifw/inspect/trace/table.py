"""A trace as a table of at most 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._typing import Array
from .jumps import shape, symbol, upto

if TYPE_CHECKING:
    from .trace import Trace

WIDTHS = (3, 24, 30, 13, 9, 9, 6)
HEADERS = ("", "jump over", "rule", "shape", "norm", "largest", "zeros")


def table(trace: Trace) -> str:
    """Return a line for each jump with the message it sends back, and one for each gradient it leaves behind."""
    title = f"{trace.title}: {len(trace)} jumps back from a loss of {trace.loss}"
    rows: list[Sequence[str]] = [HEADERS]
    for i, jump in enumerate(trace):
        leads = f": {upto(jump.place_in)}" if jump.number and jump.kind == "weights" else ""
        over = f"{jump.name}, {jump.kind}" if jump.kind in ("loss", "activation", "weights", "penalty") else jump.name
        rows.append((str(i), over, jump.factor_text + leads, *_measures(jump.message_out)))
        rows += [("", "", f"gradient of {symbol(jump, key)}", *_measures(grad)) for key, grad in jump.grads.items()]
    return "\n".join([title, *(_line(row) for row in rows)])


def _measures(array: Array | None) -> Sequence[str]:
    if array is None:
        return "–", "", "", ""
    with np.errstate(all="ignore"):
        flat = array.reshape(-1)
        largest = flat[np.argmax(np.abs(flat))] if flat.size else 0.0
        norm, zeros = float(np.sqrt(np.square(flat, dtype=np.float64).sum())), 100 * float(np.mean(flat == 0))
    return shape(array.shape), f"{norm:.2e}", f"{largest:.2e}", f"{zeros:.0f} %"


def _line(row: Sequence[str]) -> str:
    def cells() -> Iterator[str]:
        for i, (text, width) in enumerate(zip(row, WIDTHS, strict=True)):
            cut = text if len(text) <= width else text[: width - 1] + "…"
            yield f"{cut:<{width}}" if i in (1, 2, 3) else f"{cut:>{width}}"

    return " ".join(cells()).rstrip()
