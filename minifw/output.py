"""Printing where not every character can be shown: a pipe of Windows, a terminal without UTF-8."""

from __future__ import annotations

import sys
from typing import Any

_PLAIN = dict(zip("┏┳┓┡╇┩├┼┤└┴┘━─–┃│║▼⋮…×→←∂₀₁₂₃₄₅₆₇₈₉", "++++++++++++---|||v:~x><d0123456789", strict=True))
_PLAIN |= {"ŷ": "y_hat", "ẑ": "z_hat", "σ": "sigmoid", "Σ": "sum", "Φ": "Phi", "φ": "phi", "π": "pi", "√": "sqrt"}
_PLAIN |= {"−": "-", "⊙": "*", "²": "**2", "³": "**3", "ᵀ": ".T"}


def printable(text: str, stream: Any) -> str:
    """Return a text with other characters for those that a stream has no code for.

    Example:
        >>> import io
        >>> printable("│ ŷ → x² │", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        '| y_hat > x**2 |'
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lost = {character for character in text if not character.encode(encoding, "ignore")}
    return text.translate({ord(character): _PLAIN.get(character, "?") for character in lost}) if lost else text


def put(text: str) -> None:
    """Print a text, readable on whatever stream `sys.stdout` is."""
    print(printable(text, sys.stdout), flush=True)
