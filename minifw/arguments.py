"""Checks of constructor arguments: each names the class, the argument, its value and the range it may have."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .advice import NO_MEANING_HERE, entry, instead
from .errors import ArgumentTypeError, ArgumentValueError, nearest, shown

T = TypeVar("T")


def named(owner: object) -> str:
    """Return the class name of an object, a class's own name, or a string as it is."""
    if isinstance(owner, str):
        return owner
    return owner.__name__ if isinstance(owner, type) else type(owner).__name__


def plain(value: Any) -> Any:
    """Return a NumPy scalar as a number of Python, anything else as it is.

    Example:
        >>> plain(np.longdouble(0.5)), plain(np.uint8(3))
        (0.5, 3)
    """
    if isinstance(value, np.floating):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def number(owner: object, name: str, value: Any, interval: str = "(-inf, inf)") -> float:
    """Return a real number, or raise if it lies outside an interval.

    Args:
        owner: Whose argument it is; an object, a class or a name.
        name: The argument.
        value: What came. Booleans, strings and arrays are refused.
        interval: The range in mathematical notation, such as `"[0, 1)"`.

    Raises:
        ArgumentTypeError: If the value is no number.
        ArgumentValueError: If it lies outside the interval or is NaN.

    Example:
        >>> number("Dropout", "rate", 0.5, "[0, 1)")
        0.5
    """
    return _within(owner, name, value, interval, "a number", (int, float, np.integer, np.floating))


def integer(owner: object, name: str, value: Any, interval: str = "[1, inf)") -> int:
    """Return a whole number as an int, or raise if it lies outside an interval.

    Args:
        owner: Whose argument it is; an object, a class or a name.
        name: The argument.
        value: What came. Booleans, floats and strings are refused.
        interval: The range in mathematical notation.

    Raises:
        ArgumentTypeError: If the value is no integer.
        ArgumentValueError: If it lies outside the interval.

    Example:
        >>> integer("Dense", "units", 3)
        3
    """
    return int(_within(owner, name, value, interval, "an integer", (int, np.integer)))


def _within(owner: object, name: str, value: Any, interval: str, noun: str, types: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, types):
        raise ArgumentTypeError(
            f"{named(owner)}: {name} must be {noun} in {interval}, got {shown(value)} ({type(value).__name__})"
        )
    # an int is compared as an int: as a float 2**64 - 1 would be 2**64
    low, high = (float(end) if "." in end or "inf" in end or "e" in end else int(end) for end in interval[1:-1].split(","))
    above = value >= low if interval[0] == "[" else value > low
    if not above or not (value <= high if interval[-1] == "]" else value < high):
        raise ArgumentValueError(f"{named(owner)}: {name} must be in {interval}, got {shown(value)}")
    return plain(value)  # type: ignore[no-any-return]


def optional(check: Callable[..., T], owner: object, name: str, value: Any, *interval: str) -> T | None:
    """Return `None` as it is, and anything else as a check returns it.

    Example:
        >>> optional(number, "SGD", "clipnorm", None, "(0, inf)")
    """
    return None if value is None else check(owner, name, value, *interval)


def flag(owner: object, name: str, value: Any) -> bool:
    """Return a boolean, or raise an `ArgumentTypeError`.

    Example:
        >>> flag("Dense", "use_bias", True)
        True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(f"{named(owner)}: {name} must be True or False, got {shown(value)}")
    return bool(value)


def choice(owner: object, name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    """Return the value, or raise an `ArgumentValueError` unless it is one of a few.

    Example:
        >>> choice("MSELoss", "reduction", "sum", ("sum", "none"))
        'sum'
    """
    if not any(type(value) is type(option) and value == option for option in allowed):
        hint = nearest(value, [a for a in allowed if isinstance(a, str)]) if isinstance(value, str) else ""
        options = ", ".join(repr(option) for option in allowed)
        raise ArgumentValueError(f"{named(owner)}: {name} must be one of {options}, got {shown(value)}{hint}")
    return value


def axes(owner: object, name: str, value: Any) -> Any:
    """Return an axis, or a tuple or list of some; which ones there are shows with the data.

    Raises:
        ArgumentTypeError: If one is no integer.
        ArgumentValueError: If there is none.

    Example:
        >>> axes("Softmax", "axis", (-1, 1))
        (-1, 1)
    """
    several = value if isinstance(value, (tuple, list)) else (value,)
    if not several:
        raise ArgumentValueError(f"{named(owner)}: {name} must name at least one axis, got {value}")
    for axis in several:
        integer(owner, name, axis, "(-inf, inf)")
    return value


def seed(owner: object, value: Any) -> int | None:
    """Return `None` or an integer from 0 to 2**64 - 1."""
    return optional(integer, owner, "seed", value, "[0, 18446744073709551615]")


def shape(owner: object, name: str, value: Any) -> tuple[int, ...]:
    """Return a shape without batch axis as a tuple of positive integers.

    Raises:
        ArgumentTypeError: If it is no sequence of integers.
        ArgumentValueError: If a dimension is below 1.

    Example:
        >>> shape("Input", "shape", [5])
        (5,)
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = (value,)
    if not isinstance(value, (tuple, list)):
        hint = "; that of the samples x is x.shape[1:]" if isinstance(value, np.ndarray) else ""
        raise ArgumentTypeError(f"{named(owner)}: {name} must be a tuple such as (5,), got {shown(value)}{hint}")
    if value and value[0] is None:
        raise ArgumentTypeError(f"{named(owner)}: {name}={value} has a batch axis; leave it out: {tuple(value[1:])}")
    return tuple(integer(owner, f"{name}[{axis}]", size) for axis, size in enumerate(value))


def path(owner: object, name: str, value: Any) -> str:
    """Return the name of a file or folder as a string, or raise an `ArgumentTypeError`.

    Example:
        >>> path("save", "filepath", "net.safetensors")
        'net.safetensors'
    """
    try:
        return os.fsdecode(value)
    except TypeError:
        text = f"{named(owner)}: {name} must be a path, a string or a Path, got {shown(value)}"
        raise ArgumentTypeError(text) from None


def dtype(owner: object, value: Any) -> Any:
    """Return a dtype of numbers, or raise an `ArgumentTypeError`.

    Example:
        >>> dtype("Input", "int32")
        dtype('int32')
    """
    try:
        found = np.dtype(value)
    except TypeError:
        found = np.dtype(object)
    if found.kind not in "iuf":
        raise ArgumentTypeError(
            f"{named(owner)}: dtype={shown(value)} is none that networks calculate in; leave it out, and give the network "
            "one: Sequential(..., dtype='float32')"
        )
    return found


def same_dtype(owner: object, asked: str | None, network: np.dtype[Any]) -> None:
    """Raise an `ArgumentTypeError` for something that was made with another dtype than the network that it stands in."""
    if asked not in (None, network.name):
        fix = f"a network has one dtype: leave it out, or write Sequential(..., dtype={asked!r})"
        raise ArgumentTypeError(f"{named(owner)}: dtype={asked!r} in a network of {network.name}; {fix}")


def refuse_unknown(owner: object, unknown: dict[str, Any], known: Any) -> None:
    """Raise an `ArgumentTypeError` for the first keyword that a constructor or method does not have."""
    for name in unknown:
        if reason := entry(NO_MEANING_HERE, name):
            raise ArgumentTypeError(f"{named(owner)}: {name!r} is an argument of Keras that has no meaning here: {reason}")
        raise ArgumentTypeError(f"{named(owner)} has no argument {name!r}{instead(name, known)}")
