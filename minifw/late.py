"""Parts that are loaded when they are first asked for, so that importing the package stays quick."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


class Late:
    """A method that is a function of its name in another module, loaded when it is first asked for.

    Args:
        module: The module, such as `"trace.trace"`.
    """

    def __init__(self, module: str) -> None:
        self.module = module

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner, self.name = owner, name

    def __get__(self, instance: object, owner: type) -> Any:
        function = getattr(import_module(f".{self.module}", __package__), self.name)
        setattr(self.owner, self.name, function)
        return function.__get__(instance, owner)


def late_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package, some of whose names live in modules that are loaded when asked for.

    Args:
        package: The package's `__name__`.
        homes: The names in each module, separated by spaces; a module may itself be a name of the package.
    """
    known = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if name not in known:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = import_module(f".{known[name]}", __package__)
        value = home if name == known[name] else getattr(home, name)
        setattr(sys.modules[package], name, value)
        return value

    return load


class LateModule:
    """A module that is loaded when something in it is first asked for.

    Args:
        name: The module, such as `"checkpoint.backup"`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(f".{self._name}", __package__), name)
        setattr(self, name, value)
        return value
