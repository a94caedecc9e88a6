"""JSON as a file of ours may hold it: one spelling when written, no surprises when read."""

from __future__ import annotations

import math
from typing import Any

from ..errors import shown

DEEPEST = 32
"""How deep lists and objects may be nested in a file."""


class RefusedError(ValueError):
    """What a file says is refused, and why."""


def written(value: Any) -> str:
    """Return the one spelling of a value: sorted keys, no spaces, ASCII.

    Raises:
        RefusedError: If it holds a NaN or an infinity, which JSON has no word for.

    Example:
        >>> written({"b": [1, 2.0], "a": None})
        '{"a":null,"b":[1,2.0]}'
    """
    import json

    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise RefusedError("a NaN or an infinity") from None


def read(text: bytes | str, depth: int = DEEPEST, longest: int | None = None) -> Any:
    """Return the value of a JSON text.

    Args:
        text: The text; bytes are UTF-8.
        depth: How deep lists and objects may be nested.
        longest: The greatest length of the text.

    Raises:
        RefusedError: If it is no JSON, has a key twice, a NaN, an infinity, an integer of more than 20 digits or a half of a
            surrogate pair, or is too long or too deep.
    """
    import json

    if longest is not None and len(text) > longest:
        raise RefusedError(f"{len(text):,} bytes, and at most {longest:,} are read")
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer)
        if "\\u" in text:  # half of a surrogate pair can be spelt, but it is no text
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise RefusedError(f"nested deeper than {depth}") from None
    except json.JSONDecodeError as error:
        raise RefusedError(f"no JSON: {error.msg} at character {error.pos}") from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise RefusedError(f"no UTF-8: {error.reason}") from None
    _check_depth(value, depth, depth)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    items: dict[str, Any] = {}
    for name, value in pairs:
        if name in items:
            raise RefusedError(f"the key {shown(name)} stands there twice")
        items[name] = value
    return items


def _constant(word: str) -> Any:
    raise RefusedError(f"{word} is no JSON")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise RefusedError(f"the number {digits[:40]} is too large")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 20:
        raise RefusedError(f"an integer of {len(digits)} digits")
    return int(digits)


def _check_depth(value: Any, left: int, depth: int) -> None:
    if isinstance(value, (dict, list)):
        if not left:
            raise RefusedError(f"nested deeper than {depth}")
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, left - 1, depth)
