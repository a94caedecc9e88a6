"""Printing where not every character can be shown: a pipe of Windows, a terminal without UTF-8."""

from __future__ import annotations

import sys
from typing import Any

_PLAIN = {
    **dict.fromkeys("┏┳┓┡╇┩├┼┤└┴┘", "+"),
    **dict.fromkeys("━─–", "-"),
    **dict.fromkeys("┃│║", "|"),
    **dict(zip("▼⋮…×→←∂₀₁₂₃₄₅₆₇₈₉", "v:~x><d0123456789", strict=True)),
    **dict(zip("ŷẑσΣΦφπ√²³ᵀ", "y_hat z_hat sigmoid sum Phi phi pi sqrt **2 **3 .T".split(), strict=True)),
}


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
