"""Attributes of built-in objects: a name that a class does not know is an error and not one more attribute."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Generic, Self, TypeVar

from .advice import instead
from .definitions import constructor
from .errors import ArgumentTypeError, UndeclaredError, shown

T = TypeVar("T")

_UNKNOWN = object()

ELSEWHERE = (
    ("set_weights", "weights variables trainable_weights trainable_variables non_trainable_weights", "use set_weights(...)"),
    ("optimizer", "learning_rate lr", "the rate is the optimizer's: net.optimizer.learning_rate = ..."),
    ("forward", "training", "it is said with each call: forward(x, training=True)"),
    ("forward", "dtype", "the network has one dtype: Sequential(..., dtype=...)"),
)
"""An attribute that tells a kind of object, what is set there in vain, and what to do."""


class LastCall:
    """What a built-in object keeps from one call to the next; nothing of it is copied or saved.

    The step writes here, where no name is checked: a check costs 0.2 µs, a whole step of a small network 17.

    Attributes:
        cache: What a layer's forward leaves for its backward.
        out_shape: The shape of what a network's last forward returned, until a backward spends it.
        seen: A loss's targets, predictions, what the slopes are multiplied by, and the shape the predictions came in.
        error: What the forward of a small batch without weights leaves instead.
        softmax: Targets and scores, exponentials, and the column that makes them `sum(y) softmax(z)`.
    """

    _nothing: Any = None
    cache = out_shape = seen = error = softmax = _nothing


class Remembering:
    """An object with a `LastCall`, which every copy of it begins anew.

    It is kept in a slot, which CPython reads fastest and which is not among `vars`.
    """

    __slots__ = ("_last_call",)
    _last_call: LastCall

    def __new__(cls) -> Self:
        made = super().__new__(cls)
        object.__setattr__(made, "_last_call", LastCall())
        return made

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # the older ones make an object without __new__


class Cache:
    """Shows the cache of a `LastCall` to whoever looks at the object.

    There is no `__set__`: a user's class keeps what it likes under the same name, in its own instance, at no cost.
    """

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else instance._last_call.cache


class Shown(Generic[T]):
    """An attribute that shows what an object has; a user's class may keep something else under that name.

    Args:
        show: Returns what is seen.
        instead: What to do instead of setting it.
    """

    def __init__(self, show: Callable[[Any], T], instead: str) -> None:
        self.show, self.instead = show, instead

    def __get__(self, instance: Any, owner: type) -> T:
        return self.show(instance) if instance is not None else self  # type: ignore[return-value] # as a property does


def assign(instance: Any, name: str, value: Any) -> None:
    """Set an attribute that the class knows, or raise.

    Raises:
        UndeclaredError: If it does not know it, or only calculates it; the message holds the right name.
        ArgumentTypeError: If it is a method, and the value cannot be called; or a name that is no string.
    """
    cls = type(instance)
    known = getattr(cls, name, _UNKNOWN)
    if known is _UNKNOWN and not (name.startswith("_") or name in vars(instance) or _is_declared(cls, name)):
        raise unknown(instance, name)
    if isinstance(known, FunctionType) and value is not None and not callable(value):
        raise ArgumentTypeError(f"{cls.__name__}: {name} must be a function, got {shown(value)}: {name} is a method")
    if name == "name" and not (value is None or isinstance(value, str) or isinstance(known, property)):
        raise ArgumentTypeError(f"{cls.__name__}: name must be a string, got {shown(value)}")
    if isinstance(known, Shown):
        if value is not known.show(instance):  # `layer.kernel -= step` has worked in place already
            raise UndeclaredError(f"{instance.name} ({cls.__name__}): {name} cannot be replaced; {known.instead}")
    elif isinstance(known, property) and known.fset is None:
        raise UndeclaredError(f"{cls.__name__}: {name} cannot be set: it is calculated anew whenever it is read")
    elif isinstance(known, Cache):
        instance._last_call.cache = value
    else:
        object.__setattr__(instance, name, value)


def unknown(instance: Any, name: str) -> UndeclaredError:
    """Return the error for an attribute that an object's class does not know."""
    known = {each for each in dir(instance) if each[0] != "_"}
    if any(name in getattr(vars(instance).get(views), "__dict__", ()) for views in ("params", "state")):
        hint = f"; write into the array: layer.params.{name}[...] = ..., or use set_weights(...)"
    else:
        texts = [text for kind, words, text in ELSEWHERE if kind in known and name in words.split()]
        hint = f"; {texts[0]}" if texts else instead(name, known)
    return UndeclaredError(f"{type(instance).__name__} has no attribute {name!r}: setting it would change nothing{hint}")


def _is_declared(cls: type, name: str) -> bool:
    """Whether a name is annotated in a class, or an argument of a constructor."""
    return name in constructor(cls) or any(name in vars(base).get("__annotations__", ()) for base in cls.__mro__)
