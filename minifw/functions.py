"""Objects that are made of a caller's functions, which a file holds by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .config import Configurable
from .errors import ArgumentTypeError, ArgumentValueError, shown


class OfFunctions(Configurable, registered=False):
    """An object some of whose arguments are functions of the caller."""

    name: Any
    _functions: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """The names of these arguments, what each is called with, and what it returns."""

    def _keep(self, **functions: Any) -> None:
        """Store functions under their names, or raise an `ArgumentTypeError` for what is none."""
        for name, called in functions.items():
            takes, returns = self._functions[name]
            if not callable(called):
                text = f"{type(self).__name__}: {name} must be a function of {takes}, got {shown(called)}"
                raise ArgumentTypeError(f"{text}; it returns {returns}, and nothing derives a function here")
            setattr(self, name, called)

    def config(self) -> dict[str, Any]:
        for name in self._functions:
            called = vars(self)[name]
            if not hasattr(called, "kinds") and getattr(called, "__name__", "<lambda>") == "<lambda>":
                text = f"{self.name} ({type(self).__name__}): its {name} has no name that a file could hold"
                raise ArgumentTypeError(f"{text}; define it with def, at the top of a module")
        return super().config()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        functions, known = {}, custom_objects or {}
        for name in cls._functions:
            called = config.get(name)
            if isinstance(called, str):
                if called not in known:
                    text = f"{cls.__name__}: its {name} is kept by name only"
                    raise ArgumentValueError(f"{text}; pass the function: custom_objects={{{called!r}: ...}}")
                functions[name] = known[called]
        return super().from_config({**config, **functions}, custom_objects)
