"""A network as a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .. import arguments
from ..output import put
from .table import table

if TYPE_CHECKING:
    from ..sequential import Sequential

WIDTH, NARROWEST = 88, 40
POSITIONS = (0.45, 0.80, 1.0), (0.40, 0.68, 0.86, 1.0)
"""Where the columns end, without and with the one that says what is trained."""


def summary(
    self: Sequential,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: tuple[str, str] | None = None,
) -> None:
    """Print the layers with their output shapes and numbers of parameters.

    The total leaves out what the optimizer keeps (Keras counts it in); that has a line of its own. The shapes as tuples:
    `layer.output_shape(input_shape)` is a method here, without the batch, and no attribute as in Keras.

    Args:
        line_length: The width; by default that of the terminal, at most 88.
        positions: The ends of the columns as shares of the width, or in characters.
        print_fn: Called once with the whole text instead of `print`.
        expand_nested: Whether to show the layers inside networks and chains.
        show_trainable: Whether to add a column that says which layers are trained.
        layer_range: The names of the first and the last layer to show.
    """
    part = slice(None)
    if layer_range is not None:
        names = [layer.name for layer in self.layers]
        first, last = (names.index(self.get_layer(name).name) for name in layer_range)
        part = slice(first, last + 1)
    shape = self.input_shape if self.packed is not None else None
    rows = [("Layer (type)", "Output Shape", "Param #", "Trainable"), *_rows(self.children(shape)[part], expand_nested)]
    width = WIDTH
    with suppress(OSError, AttributeError):  # where there is no terminal, or as in a browser never one
        width = min(WIDTH, max(os.get_terminal_size().columns - 4, NARROWEST))
    if line_length is not None:
        width = arguments.integer("summary", "line_length", line_length, f"[{NARROWEST}, inf)")
    ends = [int(end * width) if end <= 1 else int(end) for end in positions or POSITIONS[show_trainable]]
    lines = _ruled([row[: 3 + show_trainable] for row in rows], ends)
    (print_fn or put)("\n".join([f'Model: "{self.name}"', *lines, *_totals(self)]))


def _rows(children: list[Any], expand: bool, indent: str = "") -> Iterator[tuple[str, ...]]:
    """Yield name, output shape, number of parameters and whether it is trained, for each layer."""
    for name, layer, input_shape in children:
        shape = "?" if input_shape is None else f"({', '.join(['None', *map(str, layer.output_shape(input_shape))])})"
        count = "0 (unbuilt)" if input_shape is None else f"{layer.count_params():,}"
        yield f"{indent}{name} ({type(layer).__name__})", shape, count, "Y" if layer.trainable else "N"
        if expand and hasattr(layer, "layers"):
            yield from _rows(layer.children(input_shape), expand, indent + "  ")


def _ruled(rows: Sequence[Sequence[str]], ends: Sequence[int]) -> Iterator[str]:
    """Yield the rows of a table with lines around them; the columns end at these places."""
    widths = [end - begin - 3 for begin, end in zip([1, *ends], ends, strict=False)]

    sides = "<<><"[: len(rows[0])]

    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * (width + 2) for width in widths) + right

    yield rule("┏", "━", "┳", "┓")
    yield from (f"┃ {line} ┃" for line in table(rows[:1], sides, " ┃ ", widths))
    yield rule("┡", "━", "╇", "┩")
    for i, line in enumerate(table(rows[1:], sides, " │ ", widths)):
        yield from [rule("├", "─", "┼", "┤")] * (i > 0)
        yield f"│ {line} │"
    yield rule("└", "─", "┴", "┘")


def _totals(net: Sequential) -> Iterator[str]:
    size = net._dtype.itemsize
    entries = net.entries() if net.packed is not None else ()
    total = sum(entry.array.size for entry in entries)
    trained = sum(entry.array.size for entry in entries if not entry.frozen)
    counts = {"Total params": total, "Trainable params": trained, "Non-trainable params": total - trained}
    slots = sum(vector.size for vector in (getattr(net.optimizer, "_vectors", None) or {}).values())
    counts |= {"Optimizer params, not in the total": slots} if slots else {}
    yield from (f" {title}: {count:,} ({_bytes(count * size)})" for title, count in counts.items())


def _bytes(count: int) -> str:
    power = min(max(count.bit_length() - 1, 0) // 10, 4)
    return f"{count / 1024**power:.2f} {('B', 'KB', 'MB', 'GB', 'TB')[power]}"
