"""Rows of text side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def table(
    rows: Sequence[Sequence[str]], sides: Sequence[str], between: str = "  ", widths: Sequence[int] | None = None
) -> Iterator[str]:
    """Yield each row as a line; what is too long for its column is cut.

    Args:
        rows: The cells of each row.
        sides: For each column, `<` or `>`: where its cells begin or end.
        between: What separates two columns.
        widths: The widths of the columns; by default each is as wide as its longest cell.

    Example:
        >>> list(table([("layer", "units"), ("dense", "3")], "<>"))
        ['layer  units', 'dense      3']
    """
    widths = widths or [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, sides, widths, strict=True)
        yield between.join(f"{cut(text, width):{side}{width}}" for text, side, width in cells)


def cut(text: str, width: int) -> str:
    """Return a text, or of one that is too long the beginning and `…`."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"
