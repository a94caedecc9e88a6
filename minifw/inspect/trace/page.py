"""A trace as one self-contained HTML page, or several as a film; nothing is loaded, and names are never markup.

The scripts are ES modules, each of which imports those it needs, so that node can test them one by one:

    names        subscripts and numbers as text                      (pure)
    engine       forward, backward, optimizers, as Python has them   (pure)
    model        the page's data as arrays, steps and places         (pure but for the state)
    explanation  how a number is taken apart, as explain.py says     (pure)
    questions    what is asked before a jump                         (pure)
    layout       where everything stands, in pixels                  (pure)
    link         all state as the part of the address behind #       (pure)
    lab          what was changed: a list of actions, played again
    dom, arrays, drawing, lane, answer, panel, training, story, main: what is seen

Modules inside one file cannot import one another under its policy, so `script` drops their `import` lines and the word
`export` and puts them behind one another, each behind those that it uses; no name of the top level may be used twice.
"""

from __future__ import annotations

import math
import re
from binascii import b2a_base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._typing import Array
from ...config import is_built_in
from ...errors import ArgumentTypeError
from ...layers.activations import GELU
from ...layers.dense import Dense
from ...ops.gated import TAIL
from ...regularizers import L1, L1L2, L2
from .jumps import Jump, symbol, upto
from .notation import COUNTING, counted, glossary, term, web_file

if TYPE_CHECKING:
    from .trace import Trace

LIMIT = 4096
"""Entries up to which an array stands on the page as it is, and a network is calculated there."""

DRAWN = 10
"""Units of a layer that are drawn."""

SAMPLES = 8
"""Samples of a batch that can be looked at, where the arrays of all are too large."""

GRID = 48, 64
"""Rows and columns of the heat map that stands for a larger array."""

FRAMES = 12
"""A film with more frames than that holds large arrays in less detail."""

SCRIPTS = "names engine model explanation questions layout link lab dom arrays drawing lane answer panel training story main"


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

        trace, content = self._traces[0], page_data(self._traces, self._steps)
        data = json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        style, code = re.sub(r"(?<=[{};:,])\s+|\s+(?=[{}])", "", web_file("style.css")), script()
        fields = {
            "style-hash": hashed(style),
            "script-hash": hashed(code),
            "title": _escaped(trace.title),
            "table": _escaped(str(trace)),
            "style": style,
            "data": data.replace("<", "\\u003c"),  # no name can end the script element
            "script": code,
        }
        return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: fields[found[1]], web_file("page.html"))

    def __repr__(self) -> str:
        return f"<page of {self._traces[0].title}: a notebook shows it, save(path) writes it>"

    def _repr_html_(self) -> str:
        text = _escaped(str(self))
        return f'<iframe srcdoc="{text}" style="width: 100%; height: 860px; border: 0" title="Jumping back"></iframe>'


def script() -> str:
    """Return all modules as one, without comments and white space that nobody reads there."""
    text = "\n".join(web_file(f"{name}.mjs") for name in SCRIPTS.split())
    text = re.sub(r"^import [^;]*;\n|^ *//.*\n|^ +|^export (?=\w)", "", text, flags=re.MULTILINE)
    plain = re.compile(r"^[^'`/\n]+$", re.MULTILINE)  # the lines in which a text stands between double quotes, if any
    text = plain.sub(lambda line: re.sub(r'("[^"]*")| ?([=*<>?:,{}()\[\];&|]) ?', r"\1\2", line[0]), text)
    return re.sub(r"(?<=[{;,(\[])\n+|\n+(?=[)}\].?:])", "", text)


def page_data(traces: Sequence[Trace], steps: Sequence[int]) -> dict[str, Any]:
    """Return all that the page knows, as plain data."""
    first = traces[0]
    samples, cells = _extent(traces)
    order = {id(jump): i for i, jump in enumerate(first.jumps)}
    place = {id(jump): i for i, jump in enumerate(first.forward)}
    return {
        "title": first.title,
        "dtype": str(first.y_pred.dtype),
        "samples": [samples, len(first.x)],
        "drawn": DRAWN,
        "hops": [_hop(jump, place, order, first) for jump in first.forward],
        "tree": _tree(first.line, place),
        "limit": LIMIT,
        "jumps": [place.get(id(jump), -1) for jump in first.jumps],
        "loss": _loss(first),
        "penalties": [_penalty(jump, first) for jump in first.jumps if jump.kind == "penalty"],
        "x": encoded(first.x, samples, cells),
        "y": encoded(first.y, samples, cells),
        "xUnits": spread(math.prod(first.x.shape[1:])) if first.x.ndim == 2 else [],
        "yUnits": spread(math.prod(first.y.shape[1:])),
        "glossary": glossary(),
        "counting": COUNTING,
        "start": "",
        "frames": [_frame(trace, step, samples, cells) for trace, step in zip(traces, steps, strict=True)],
    }


def _extent(traces: Sequence[Trace]) -> tuple[int, tuple[int, int]]:
    """Return how many samples stand on the page, and how finely a large array does."""
    x, forward = traces[0].x, traces[0].forward
    widest = max(math.prod(array.shape[1:]) for array in (x, *(jump.output for jump in forward)))
    most = LIMIT // max(widest, 1)
    if len(traces) > FRAMES and any(param.size > LIMIT for jump in forward for param in jump.params.values()):
        return 1, (GRID[0] // 2, GRID[1] // 2)
    return len(x) if len(x) <= most else max(1, min(SAMPLES, most)), GRID


def _loss(trace: Trace) -> dict[str, Any]:
    line = trace[0]
    n, counts = counted(line.layer, trace.y_pred)
    about = {"name": line.name, "text": line.factor_text, "term": term(line.layer), "n": n, "counts": counts}
    return {**about, "config": _config(line.layer)}


def _penalty(jump: Jump, trace: Trace) -> dict[str, Any]:
    about = {"hop": [other.name for other in trace.forward].index(jump.name), "key": next(iter(jump.grads))}
    sizes = {"l1": jump.layer.l1, "l2": jump.layer.l2} if type(jump.layer) in (L1, L2, L1L2) else None
    return {**about, "text": jump.factor_text, "repr": repr(jump.layer), "config": sizes}


def _config(owner: Any) -> dict[str, Any] | None:
    """Return what the formula of a built-in layer or loss needs, as plain data; `None` for any other."""
    try:
        found = {key: value for key, value in owner.config().items() if isinstance(value, (int, float, str, type(None)))}
    except ArgumentTypeError:
        return None
    tail = {"tail": TAIL[8]} if type(owner) is GELU else {}
    return found | tail if is_built_in(type(owner).__module__) else None


def _tree(line: Sequence[Jump], place: dict[int, int]) -> list[Any]:
    """Return how layers are joined: a number a layer, and with a container that joins the parts inside it."""
    return [
        {"hop": place[id(jump)], "parts": [_tree(part, place) for part in jump.parts]} if jump.joins else place[id(jump)]
        for jump in line
    ]


def _hop(jump: Jump, place: dict[int, int], order: dict[int, int], trace: Trace) -> dict[str, Any]:
    """Return what does not change from frame to frame: what a layer is called and how it is joined to the others."""
    from_x = jump.source is None and np.array_equal(jump.input, trace.x, equal_nan=True)
    return {
        **{key: getattr(jump, key) for key in ("name", "title", "kind", "number", "inside", "joins")},
        "class": type(jump.layer).__name__,
        "repr": repr(jump.layer),
        "text": jump.factor_text,
        "in": jump.place_in,
        "out": jump.place_out,
        "upto": [upto(jump.place_in), upto(jump.place_out)],
        "symbols": {key: symbol(jump, key) for key in jump.params},
        "source": -1 if from_x else None if jump.source is None else place[id(jump.source)],
        "behind": None if jump.behind is None else order[id(jump.behind)],
        "dense": type(jump.layer) is Dense and jump.input.ndim == 2,
        "units": spread(jump.output.shape[-1]) if jump.output.ndim == 2 else [],
        "frozen": not jump.layer.trainable,
        "config": _config(jump.layer),
    }


def _frame(trace: Trace, step: int, samples: int, cells: tuple[int, int]) -> dict[str, Any]:
    hops = []
    for jump in trace.forward:
        hop = {"out": jump.output, "back": jump.message_out, "factor": jump.factor}
        hop |= {"in": jump.input} if jump.source is None else {}
        hop |= {"arrived": jump.message_in} if jump.behind is None else {}
        arrays: dict[str, Any] = {key: encoded(array, samples, cells) for key, array in hop.items() if array is not None}
        totals = {key: trace.grads[f"{jump.name}/{key}"] for key in jump.grads}
        totals = {key: total for key, total in totals.items() if total is not jump.grads[key]}
        for name, group in (("params", jump.params), ("grads", jump.grads), ("totals", totals)):
            arrays[name] = {key: encoded(array, None, cells) for key, array in group.items()}
        hops.append(arrays)
    line, *others = trace.jumps
    penalties = [grad for jump in others if jump.kind == "penalty" for grad in jump.grads.values()]
    return {
        "step": step,
        "loss": _number(trace.loss),
        "hops": hops,
        "error": encoded(line.message_out, samples, cells),
        "penalties": [encoded(grad, None, cells) for grad in penalties],
    }


def encoded(array: Any, samples: int | None = None, cells: tuple[int, int] = GRID) -> dict[str, Any]:
    """Return an array as plain data: all of it, or of a large one a heat map and the part that is drawn.

    Args:
        array: The array.
        samples: For a batch, how many of its samples stand on the page; `None` for a parameter.
        cells: Rows and columns of the heat map.
    """
    whole = array if samples is None else array[:samples]
    grid = whole.reshape(len(whole), -1) if samples is not None else whole.reshape(-1, whole.shape[-1])
    data: dict[str, Any] = {"shape": list(array.shape), "grid": list(grid.shape)}
    if grid.size > LIMIT:
        rows, columns = (spread(size) for size in grid.shape)
        data |= {"heat": _heat(grid, cells), "rows": rows, "columns": columns}
        grid = grid[np.ix_(rows, columns)]
    return {**data, "values": [_number(value, array) for value in grid.reshape(-1).tolist()]}


def spread(size: int) -> list[int]:
    """Return which of so many units are drawn: all of a few, of many some from everywhere.

    Example:
        >>> spread(3), spread(100)
        ([0, 1, 2], [0, 11, 22, 33, 44, 55, 66, 77, 88, 99])
    """
    return list(range(size)) if size <= DRAWN else [i * (size - 1) // (DRAWN - 1) for i in range(DRAWN)]


def _heat(grid: Array, cells: tuple[int, int]) -> dict[str, Any]:
    """Return a smaller grid in which each cell is the largest of those it stands for."""
    for axis, most in enumerate(cells):
        size = grid.shape[axis]
        if size > most:
            starts = np.arange(most) * size // most
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
