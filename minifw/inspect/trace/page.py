"""A trace as one self-contained HTML page, or several as a film; nothing is loaded, and names are never markup."""

from __future__ import annotations

import math
from binascii import b2a_base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._typing import Array
from ...layers.dense import Dense
from .jumps import Jump

if TYPE_CHECKING:
    from .trace import Trace

LIMIT = 4096
"""Entries up to which an array stands on the page as it is."""

DRAWN = 10
"""Units of a layer that are drawn."""

SAMPLES = 8
"""Samples of a batch that can be looked at."""

GRID = 48, 64
"""Rows and columns of the heat map that stands for a larger array."""

SCRIPTS = "data", "dom", "layout", "draw", "lane", "arrays", "panel", "why", "main"


class Page:
    """A page to save, or to be shown inline by a notebook.

    Args:
        traces: One trace, or those of a fixed batch at several training steps.
        steps: The numbers of these steps.
    """

    def __init__(self, traces: Sequence[Trace], steps: Sequence[int] = (0,)) -> None:
        self._traces, self._steps = traces, steps

    def save(self, path: Any) -> None:
        """Write it to a file."""
        with open(path, "wb") as file:
            file.write(str(self).encode())

    def __str__(self) -> str:
        import hashlib
        import json

        def hashed(text: str) -> str:
            return b2a_base64(hashlib.sha256(text.encode()).digest(), newline=False).decode()

        trace = self._traces[0]
        data = json.dumps(page_data(self._traces, self._steps), separators=(",", ":"), allow_nan=False)
        style, script = _file("style.css"), "\n".join(_file(f"{name}.js") for name in SCRIPTS)
        fields = {
            "style-hash": hashed(style),
            "script-hash": hashed(script),
            "title": _escaped(trace.title),
            "table": _escaped(str(trace)),
            "style": style,
            "data": data.replace("<", "\\u003c"),  # no name can end the script element
            "script": script,
        }
        texts = _file("page.html").split("%")  # between two of % stands the name of a field
        return "".join(fields[text] if i % 2 else text for i, text in enumerate(texts))

    def __repr__(self) -> str:
        return f"<page of {self._traces[0].title}: a notebook shows it, save(path) writes it>"

    def _repr_html_(self) -> str:
        text = _escaped(str(self))
        return f'<iframe srcdoc="{text}" style="width: 100%; height: 860px; border: 0" title="Jumping back"></iframe>'


def page_data(traces: Sequence[Trace], steps: Sequence[int]) -> dict[str, Any]:
    """Return all that the page knows, as plain data."""
    first = traces[0]
    arrays = (first.x, *(jump.output for jump in first.forward))
    widest = max(math.prod(array.shape[1:]) for array in arrays if array is not None)
    samples = max(1, min(len(first.x), SAMPLES, LIMIT // max(widest, 1)))
    order = {id(jump): i for i, jump in enumerate(first.jumps)}
    place = {id(jump): i for i, jump in enumerate(first.forward)}
    names, line = [jump.name for jump in first.forward], first.jumps[0]
    return {
        "title": first.title,
        "dtype": str(first.y_pred.dtype),
        "samples": [samples, len(first.x)],
        "drawn": DRAWN,
        "hops": [_hop(jump, place, order, first) for jump in first.forward],
        "jumps": [place.get(id(jump), -1) for jump in first.jumps],
        "loss": {"name": line.name, "text": line.factor_text},
        "penalties": [
            {"hop": names.index(jump.name), "key": next(iter(jump.grads)), "text": jump.factor_text}
            for jump in first.jumps
            if jump.kind == "penalty"
        ],
        "x": encoded(first.x, samples),
        "y": encoded(first.y, samples),
        "frames": [_frame(trace, step, samples) for trace, step in zip(traces, steps, strict=True)],
    }


def _hop(jump: Jump, place: dict[int, int], order: dict[int, int], trace: Trace) -> dict[str, Any]:
    """Return what does not change from frame to frame: what a layer is called and how it is joined to the others."""
    from_x = jump.source is None and jump.input is not None and np.array_equal(jump.input, trace.x, equal_nan=True)
    return {
        "name": jump.name,
        "class": type(jump.layer).__name__,
        "repr": repr(jump.layer),
        "kind": jump.kind,
        "text": jump.factor_text,
        "number": jump.number,
        "in": jump.place_in,
        "out": jump.place_out,
        "source": -1 if from_x else None if jump.source is None else place[id(jump.source)],
        "behind": None if jump.behind is None else order[id(jump.behind)],
        "inside": jump.inside,
        "dense": type(jump.layer) is Dense and jump.input is not None and jump.input.ndim == 2,
    }


def _frame(trace: Trace, step: int, samples: int) -> dict[str, Any]:
    hops = []
    for jump in trace.forward:
        hop = {"out": jump.output, "back": jump.message_out, "factor": jump.factor}
        hop |= {"in": jump.input} if jump.source is None else {}
        hop |= {"arrived": jump.message_in} if jump.behind is None else {}
        arrays: dict[str, Any] = {key: encoded(array, samples) for key, array in hop.items() if array is not None}
        arrays["params"] = {key: encoded(param) for key, param in jump.params.items()}
        arrays["grads"] = {key: encoded(grad) for key, grad in jump.grads.items()}
        totals = {key: trace.grads[f"{jump.name}/{key}"] for key in jump.grads}
        arrays["totals"] = {key: encoded(total) for key, total in totals.items() if total is not jump.grads[key]}
        hops.append(arrays)
    line, *others = trace.jumps
    return {
        "step": step,
        "loss": _number(trace.loss),
        "hops": hops,
        "error": encoded(line.message_out, samples),
        "penalties": [encoded(grad) for jump in others if jump.kind == "penalty" for grad in jump.grads.values()],
    }


def encoded(array: Any, samples: int | None = None) -> dict[str, Any]:
    """Return an array as plain data: all of it, or of a large one a heat map and the part that is drawn.

    Args:
        array: The array.
        samples: For a batch, how many of its samples stand on the page; `None` for a parameter.
    """
    whole = array if samples is None else array[:samples]
    grid = whole.reshape(len(whole), -1) if samples is not None else whole.reshape(-1, whole.shape[-1])
    data: dict[str, Any] = {"shape": list(array.shape), "grid": list(grid.shape)}
    if grid.size > LIMIT:
        rows, columns = (spread(size) for size in grid.shape)
        data |= {"heat": _heat(grid), "rows": rows, "columns": columns}
        grid = grid[np.ix_(rows, columns)]
    return {**data, "values": [_number(value, array) for value in grid.reshape(-1).tolist()]}


def spread(size: int) -> list[int]:
    """Return which of so many units are drawn: all of a few, of many some from everywhere.

    Example:
        >>> spread(3), spread(100)
        ([0, 1, 2], [0, 11, 22, 33, 44, 55, 66, 77, 88, 99])
    """
    return list(range(size)) if size <= DRAWN else [i * (size - 1) // (DRAWN - 1) for i in range(DRAWN)]


def _heat(grid: Array) -> dict[str, Any]:
    """Return a smaller grid in which each cell is the largest of those it stands for."""
    for axis, cells in enumerate(GRID):
        size = grid.shape[axis]
        if size > cells:
            starts = np.arange(cells) * size // cells
            high, low = np.maximum.reduceat(grid, starts, axis), np.minimum.reduceat(grid, starts, axis)
            grid = np.where(np.abs(high) >= np.abs(low), high, low)
    return {"grid": list(grid.shape), "values": [_number(float(f"{value:.4g}"), grid) for value in grid.reshape(-1)]}


def _number(value: Any, like: Array | None = None) -> Any:
    """Return a number that JSON can hold, as short as the array's dtype allows; NaN and infinities as words."""
    if not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return float(str(np.float32(value))) if like is not None and like.dtype == np.float32 else value


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _file(name: str) -> str:
    from pathlib import Path

    return Path(__file__).with_name("web").joinpath(name).read_text(encoding="utf-8")
