"""Where an error was raised: the layers on the way to it, read from the traceback, so that no layer need catch it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import tree

WHAT = {"forward": "x", "backward": "error_grad", "output_shape": "input shape"}
"""The method that was on its way through the layers, and what it carried, by the name of its argument."""


@contextmanager
def noted() -> Iterator[None]:
    """Say on an error in which layer it was raised, innermost first; the error itself stays as it is."""
    try:
        yield
    except Exception as error:
        note(error)
        raise


def note(error: Exception) -> None:
    """Add a note for each composite that was on its way through its layers."""
    trace, notes = error.__traceback__, {}
    while trace is not None:
        code = trace.tb_frame.f_code
        verb = {"_messages": "backward", "_outputs": "forward", "children": "output_shape"}.get(code.co_name, code.co_name)
        inside = trace.tb_frame.f_locals if verb in WHAT and "layer" in code.co_varnames else {}
        root, layer = inside.get("self"), inside.get("layer")
        if verb in WHAT and layer is not None and any(layer is each for each in getattr(root, "layers", ())):
            carried: Any = inside.get(WHAT[verb].replace(" ", "_"))
            shape = getattr(carried, "shape", carried if isinstance(carried, tuple) else type(carried).__name__)
            i = next(i for i, each in enumerate(root.layers) if each is layer)  # type: ignore[union-attr]
            notes[id(layer)] = f"in {root._place} {i}, {tree.label(layer)}, {verb}, {WHAT[verb]} {shape}"  # type: ignore[union-attr]
        trace = trace.tb_next
    for text in reversed(notes.values()):
        if text not in getattr(error, "__notes__", ()):
            error.add_note(text)
