"""A network as a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .. import arguments
from ..layers.chain import Chain
from ..output import put

if TYPE_CHECKING:
    from ..sequential import Sequential

WIDTH, NARROWEST = 88, 40


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

    The total leaves out what the optimizer keeps (Keras counts it in); that has a line of its own.

    Args:
        line_length: The width; by default that of the terminal, at most 88.
        positions: The ends of the columns as shares of the width, or in characters.
        print_fn: Called once with the whole text instead of `print`.
        expand_nested: Whether to show the layers inside networks and chains.
        show_trainable: Whether to add a column that says which layers are trained.
        layer_range: The names of the first and the last layer to show.
    """
    headers = ("Layer (type)", "Output Shape", "Param #", *["Trainable"] * show_trainable)
    part = slice(None)
    if layer_range is not None:
        names = [layer.name for layer in self.layers]
        first, last = (names.index(self.get_layer(name).name) for name in layer_range)
        part = slice(first, last + 1)
    shape = self.input_shape if self.packed is not None else None
    rows = list(_rows(self.children(shape)[part], expand_nested, show_trainable, ""))
    width = min(WIDTH, max(_terminal_width() - 4, NARROWEST))
    if line_length is not None:
        width = arguments.integer("summary", "line_length", line_length, f"[{NARROWEST}, inf)")
    ends = [int(end * width) if end <= 1 else int(end) for end in positions or _positions(len(headers))]
    text = "\n".join([f'Model: "{self.name}"', *_table(headers, rows, ends), *_totals(self)])
    (print_fn or put)(text)


def _rows(children: list[Any], expand: bool, show_trainable: bool, indent: str) -> Iterator[tuple[str, ...]]:
    for name, layer, input_shape in children:
        if input_shape is None:
            out, count = "?", "0 (unbuilt)"
        else:
            out = f"({', '.join(['None', *map(str, layer.output_shape(input_shape))])})"
            count = f"{layer.count_params():,}"
        yield (f"{indent}{name} ({type(layer).__name__})", out, count, *["Y" if layer.trainable else "N"] * show_trainable)
        if expand and isinstance(layer, Chain):
            yield from _rows(layer.children(input_shape), expand, show_trainable, indent + "  ")


def _table(headers: tuple[str, ...], rows: list[tuple[str, ...]], ends: list[int]) -> Iterator[str]:
    widths = [end - begin - 1 for begin, end in zip([1, *ends], ends, strict=False)]

    def rule(left: str, line: str, cross: str, right: str) -> str:
        return left + cross.join(line * width for width in widths) + right

    def ruled(cells: tuple[str, ...], bar: str) -> str:
        shown = [
            f" {_cut(cell, width - 2):>{width - 2}} " if header == "Param #" else f" {_cut(cell, width - 2):<{width - 2}} "
            for cell, width, header in zip(cells, widths, headers, strict=True)
        ]
        return bar + bar.join(shown) + bar

    yield rule("┏", "━", "┳", "┓")
    yield ruled(headers, "┃")
    yield rule("┡", "━", "╇", "┩")
    for i, row in enumerate(rows):
        if i:
            yield rule("├", "─", "┼", "┤")
        yield ruled(row, "│")
    yield rule("└", "─", "┴", "┘")


def _totals(net: Sequential) -> Iterator[str]:
    size = net._dtype.itemsize
    table = net.entries() if net.packed is not None else ()
    total = sum(entry.array.size for entry in table)
    trained = sum(entry.array.size for entry in table if not entry.frozen)
    yield f" Total params: {total:,} ({_bytes(total * size)})"
    yield f" Trainable params: {trained:,} ({_bytes(trained * size)})"
    yield f" Non-trainable params: {total - trained:,} ({_bytes((total - trained) * size)})"
    kept = sum(vector.size for vector in (getattr(net.optimizer, "_vectors", None) or {}).values())
    if kept:
        yield f" Optimizer params, not in the total: {kept:,} ({_bytes(kept * size)})"


def _positions(columns: int) -> Sequence[float]:
    return (0.45, 0.80, 1.0) if columns == 3 else (0.40, 0.68, 0.86, 1.0)


def _terminal_width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return WIDTH + 4


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _bytes(count: float) -> str:
    units = ["B", "KB", "MB", "GB", "TB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.2f} {units[0]}"
