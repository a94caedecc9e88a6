"""Arguments of a constructor that are set once more: a new value is checked as the first was, or refused at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from .errors import UsageError, shown

_NONE = object()
"""Stands where a class has no default of its own for an argument."""


class Settled:
    """Guards an argument of a built-in class: what was made of it, and what a file says of it, stay one.

    There is no `__get__`: it is read off the instance, as any attribute. NumPy's scalars are kept as numbers of Python: a
    float64 would turn float32 arrays into float64, a uint8 would overflow in a product of sizes.

    Args:
        owner: The class.
        name: The argument.
        names: All arguments of the constructor.
    """

    def __init__(self, owner: type, name: str, names: Iterable[str]) -> None:
        self.owner, self.name, self.names = owner, name, names
        found: Any = getattr(owner, name, _NONE)
        self.default: Any = found.default if isinstance(found, Settled) else found

    def __set__(self, instance: Any, value: Any) -> None:
        held, value = vars(instance), plain(value)
        if self.name in held and held[self.name] is not value:
            value = instance._changed(self, value)
        instance.__dict__ = {**held, self.name: value}  # anew: written into, CPython 3.11 reads all of it four times slower

    def __delete__(self, instance: Any) -> None:
        raise UsageError(f"{type(instance).__name__}: {self.name} cannot be deleted: a file is to hold it")

    def checked(self, instance: Any, value: Any) -> Any:
        """Return a new value as the constructor stores it, or raise as the constructor does."""
        given = {name: instance._argument(name) for name in self.names}
        return vars(self.owner(**{**given, self.name: value}))[self.name]

    def late(self, instance: Any, value: Any) -> UsageError:
        """Return the error for a value that comes too late."""
        kind, made = instance.kinds[0], f"{type(instance).__name__}(..., {self.name}={shown(value)})"
        instead = instance._instead.get(self.name, f"make a new {kind}: {made}")
        return UsageError(
            f"{type(instance).__name__}: {self.name}={shown(value)} comes too late: {self.name} was settled when the {kind} "
            f"was made; {instead}"
        )


class Guarded:
    """An object whose arguments are settled, but for some that are read whenever they are used."""

    kinds: ClassVar[tuple[str, ...]] = ()
    _live: ClassVar[tuple[str, ...]] = ()
    """Arguments that may change at any time."""
    _instead: ClassVar[Mapping[str, str]] = {}
    """What to do instead of setting an argument, where a new object is not all."""

    def _changed(self, guard: Settled, value: Any) -> Any:
        """Return what an argument is to be from now on, or raise if it cannot change."""
        if guard.name not in self._live:
            raise guard.late(self, value)
        return guard.checked(self, value)


class _Unset:
    """Lets an argument be missing, where a guard would be found instead."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError(f"{owner.__name__!r} has no attribute {self.name!r}", name=self.name, obj=instance)


def plain(value: Any) -> Any:
    """Return a NumPy scalar as a number of Python, anything else as it is.

    Example:
        >>> plain(np.longdouble(0.5)), plain(np.uint8(3))
        (0.5, 3)
    """
    if isinstance(value, np.floating):
        return float(value)
    return value.item() if isinstance(value, np.generic) else value


def settle(cls: type, names: Iterable[str]) -> None:
    """Guard the arguments of a built-in class, but for labels, and for what has a setter of its own or is a method."""
    for name in names:
        if name != "name" and not isinstance(getattr(cls, name, None), (property, FunctionType)):
            setattr(cls, name, Settled(cls, name, names))


def release(cls: type) -> None:
    """Leave a user's class with a constructor of its own the arguments that it declares, and the defaults of all others."""
    code = getattr(vars(cls).get("__init__"), "__code__", None)
    if code is None:
        return
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    guards = {name: guard for base in cls.__mro__ for name, guard in vars(base).items() if isinstance(guard, Settled)}
    for name in guards:
        guard = getattr(cls, name, None)
        if isinstance(guard, Settled) and (name in own or guard.default is not _NONE):
            setattr(cls, name, _Unset(name) if guard.default is _NONE else guard.default)
