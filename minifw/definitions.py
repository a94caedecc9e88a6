"""What a class says of itself: the arguments of its constructor, and whether its methods can be called as they will be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from .advice import FORMER
from .arguments import refuse_unknown
from .errors import ArgumentTypeError, nearest, shown

_VARARGS, _VARKEYWORDS = 0x04, 0x08

REQUIRED = object()
"""Stands where an argument has no default."""

CONTRACT = {
    "forward", "backward", "build", "output_shape", "children", "f", "values", "slopes", "each", "slope", "of", "slope_of",
    "total", "update", "coefficients", "step", "update_state", "result", "reset_state", "sums", "value", "rate", "draw",
    "penalty", "gradient", "project", "__call__",
}  # fmt: skip
"""The methods that users write anew, of all kinds; those of callbacks begin with `on_`."""

BY_NAME = {"training", "to_input", "sample_weight"}
"""Arguments that callers name."""


def constructor(cls: type) -> dict[str, Any]:
    """Return the names and defaults of a constructor's arguments, `**options` opened along the classes."""
    merged: dict[str, Any] = {}
    for owner in cls.__mro__:
        code = getattr(vars(owner).get("__init__"), "__code__", None)
        if code is not None:
            merged = {**merged, **arguments_of(owner), **merged}  # the order of all, the defaults of the nearest
            if not code.co_flags & _VARKEYWORDS:
                break
    return merged


def arguments_of(owner: type) -> dict[str, Any]:
    """Return the names and defaults of the arguments that a class's own `__init__` declares."""
    init: Any = vars(owner)["__init__"]
    code, defaults = init.__code__, init.__defaults__ or ()
    count = code.co_argcount + code.co_kwonlyargcount
    if code.co_flags & _VARARGS:
        raise ArgumentTypeError(
            f"{owner.__name__}: a constructor with *{code.co_varnames[count]} cannot be written down in a configuration; "
            "name each argument"
        )
    optional = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    known = {**dict(zip(optional, defaults, strict=True)), **(init.__kwdefaults__ or {})}
    return {name: known.get(name, REQUIRED) for name in code.co_varnames[1:count]}


def check_call(cls: type, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Raise an `ArgumentTypeError` for arguments that a constructor cannot take, but what Python says well itself."""
    init = next((vars(base)["__init__"] for base in cls.__mro__ if "__init__" in vars(base)), None)
    if init is object.__init__:
        raise ArgumentTypeError(f"{cls.__name__} takes no arguments, got {shown((*args, *options.values()))}")
    if not isinstance(init, FunctionType):
        return
    code, names = init.__code__, _names(init)
    if len(args) > len(names) and not code.co_flags & _VARARGS:
        layers = all("layer" in getattr(arg, "kinds", ()) for arg in args)
        hint = f"; put the layers into a list: {cls.__name__}([...])" if layers else ""
        places = ", ".join(names) or "nothing"
        raise ArgumentTypeError(f"{cls.__name__} takes {places} by position, got {len(args)} arguments{hint}")
    absent = [name for name in names[len(args) : len(names) - len(init.__defaults__ or ())] if name not in options]
    if (absent or not code.co_flags & _VARKEYWORDS) and not code.co_flags & _VARARGS:
        known = constructor(cls)
        unknown = {name: value for name, value in options.items() if name not in known}
        if any(name in constructor(base) for base in cls.__mro__[1:] for name in unknown):
            first = f"{cls.__name__} has no argument {next(iter(unknown))!r}, as the classes before it have"
            raise ArgumentTypeError(f"{first}; take **options in its constructor and call super().__init__(**options)")
        refuse_unknown(cls, unknown, known)
    if absent:
        needed = " and ".join(map(repr, absent))
        raise ArgumentTypeError(f"{cls.__name__} needs {needed}: {cls.__name__}({', '.join(names)})")


def check_class(cls: type, ours: Callable[[str], bool]) -> None:
    """Raise an `ArgumentTypeError` for a method that nobody would call, and for one that takes other arguments.

    Args:
        cls: The new class.
        ours: Whether a module is of this package: its classes say how their methods are called.
    """
    names = {base.__name__ for base in cls.__mro__[1:]}
    for (base, *methods), text in ((words.split(), text) for words, text in FORMER.items()):
        for method in methods if base in names else ():
            if method in vars(cls):
                raise ArgumentTypeError(f"{cls.__name__} defines {text.format(method)}")
    bases: list[Mapping[str, Any]] = [vars(base) for base in cls.__mro__ if ours(base.__module__)]
    for name, method in vars(cls).items():
        if not isinstance(_function(method), FunctionType):
            continue
        wanted = next((base[name] for base in bases if name in base), None)
        if wanted is None and name[0] != "_":
            _check_spelling(cls, bases, name)
        elif _in_contract(name) and isinstance(_function(wanted), FunctionType) and not takes(method, wanted):
            raise ArgumentTypeError(
                f"{cls.__name__} defines {_text(name, method)}, but it is called with other arguments: write "
                f"{_text(name, wanted)}"
            )


def takes(method: Any, wanted: Any) -> bool:
    """Whether a method can be called with all that another takes: by position, and what callers name by name."""
    function = _function(method)
    code, names, expected = function.__code__, _names(method), _names(wanted)
    places = {name: place for place, name in enumerate(names) if name in BY_NAME or place < len(expected)}
    return (
        len(names) - len(function.__defaults__ or ()) <= len(expected)  # nothing more is passed
        and (len(names) >= len(expected) or bool(code.co_flags & _VARARGS))
        and code.co_kwonlyargcount <= len(function.__kwdefaults__ or ())
        and (bool(code.co_flags & _VARKEYWORDS) or BY_NAME.intersection(expected) <= {*names})
        and all(places.get(name, place) == place for place, name in enumerate(expected))
    )


def _check_spelling(cls: type, bases: list[Mapping[str, Any]], name: str) -> None:
    """Raise for a name that only looks like one of the contract's, if that one is not written."""
    known = {key: value for base in reversed(bases) for key, value in base.items() if _in_contract(key)}
    close = [key for key, value in known.items() if _letters(key) == _letters(name) and getattr(cls, key) is value]
    if close and ("_" in close[0] or "NotImplementedError" in known[close[0]].__code__.co_names):
        wanted = _text(close[0], known[close[0]])
        raise ArgumentTypeError(f"{cls.__name__} defines {name}(), which nobody calls; write {wanted}")
    if name.startswith("on_") and any(key.startswith("on_") for key in known):
        raise ArgumentTypeError(f"{cls.__name__} defines {name}(), but callbacks are not told that{nearest(name, known)}")


def _in_contract(name: str) -> bool:
    return name in CONTRACT or name.startswith("on_")


def _letters(name: str) -> str:
    return name.replace("_", "").lower().rstrip("s")


def _function(method: Any) -> Any:
    return inspect.unwrap(method.__func__ if isinstance(method, staticmethod) else method)


def _names(method: Any) -> tuple[str, ...]:
    """Return the arguments that can be given by position, without `self`."""
    code = _function(method).__code__
    return code.co_varnames[not isinstance(method, staticmethod) : code.co_argcount]  # type: ignore[no-any-return]


def _text(name: str, method: Any) -> str:
    """Return a signature as a user writes it."""
    signature = inspect.signature(_function(method))
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    return f"{name}{signature.replace(parameters=plain, return_annotation=signature.empty)}"
