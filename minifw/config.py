"""What an object was made with: read off its constructor, guarded from then on, written down and made again by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import Parameter, Signature
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from .advice import INSTEAD, NAMES, Foreign, instead, of_kind
from .arguments import named, plain
from .attributes import assign
from .definitions import CONTRACT, REQUIRED, arguments_of, check_call, check_class, constructor
from .errors import ArgumentTypeError, ArgumentValueError, UsageError, shown

_WRITTEN = {"kind", "class", "config"}

_registry: dict[tuple[str, str], dict[str, tuple[type[Configurable], dict[str, Any]]]] = {}
"""(kind, name) to {module: (class, arguments)}; filled when a class is defined."""


def is_built_in(module: str) -> bool:
    """Whether a module is one of this package."""
    return module.split(".")[0] == __name__.split(".")[0]


def by_name(identifier: Any) -> Any:
    """Return the name of a function of the package, such as `activations.relu`, and anything else as it is."""
    own = isinstance(identifier, FunctionType) and is_built_in(identifier.__module__)
    return identifier.__name__ if own else identifier


class Settled:
    """Guards an argument of a built-in class: what was made of it, and what a file says of it, stay one.

    There is no `__get__`: it is read off the instance, as any attribute. NumPy's scalars are kept as numbers of Python: a
    float64 would turn float32 arrays into float64, a uint8 would overflow in a product of sizes.

    Args:
        owner: The class.
        name: The argument.
    """

    def __init__(self, owner: type, name: str) -> None:
        default = getattr(owner, name, REQUIRED)
        self.owner, self.name = owner, name
        self.default: Any = default.default if isinstance(default, Settled) else default

    def __set__(self, instance: Any, value: Any) -> None:
        attributes, value = vars(instance), plain(value)
        if attributes.get(self.name, value) is not value:
            value = instance._changed(self, value)
        # a new one: after a key was written into the old one, CPython 3.11 reads all of it four times slower
        instance.__dict__ = {**attributes, self.name: value}

    def __delete__(self, instance: Any) -> None:
        raise UsageError(f"{type(instance).__name__}: {self.name} cannot be deleted: a file is to hold it")

    def checked(self, instance: Any, value: Any) -> Any:
        """Return a new value as the constructor stores it, or raise as the constructor does."""
        others = {name: instance._argument(name) for name in constructor(self.owner)}
        return vars(self.owner(**{**others, self.name: value}))[self.name]

    def too_late(self, instance: Any, value: Any) -> UsageError:
        """Return the error for an argument that can no longer change."""
        cls, kind, assigned = type(instance).__name__, instance.kinds[0], f"{self.name}={shown(value)}"
        instead = instance._instead.get(self.name, f"make a new {kind}: {cls}(..., {assigned})")
        return UsageError(f"{cls}: {assigned} comes too late: {self.name} was settled when the {kind} was made; {instead}")


class Guarded:
    """An object whose arguments are settled, but for some that are read whenever they are used."""

    kinds: ClassVar[tuple[str, ...]] = ()
    _live: ClassVar[tuple[str, ...]] = ()
    """Arguments that may change at any time."""
    _instead: ClassVar[Mapping[str, str]] = {}
    """What to do instead of setting an argument, where a new object is not all."""
    __setattr__ = assign

    def __init_subclass__(cls, registered: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not is_built_in(cls.__module__):
            check_class(cls, is_built_in)
            _release(cls)
            if cls.__setattr__ is Guarded.__setattr__:
                cls.__setattr__ = object.__setattr__  # type: ignore[method-assign, assignment]
        for name in constructor(cls) if registered and is_built_in(cls.__module__) else ():
            # not a label, nor what has a setter of its own or is a method
            if name != "name" and not isinstance(getattr(cls, name, None), (property, FunctionType)):
                setattr(cls, name, Settled(cls, name))

    if not TYPE_CHECKING:  # which knows signatures and attributes better

        def __new__(cls, *args: Any, **options: Any) -> Any:
            """Answer a call that Python would refuse, in words that help."""
            if args or options:
                check_call(cls, args, options)
            return super().__new__(cls)

        __new__.__signature__ = Signature([Parameter("cls", Parameter.POSITIONAL_ONLY)])  # of classes without __init__

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name in vars(self) or hasattr(type(self), name)]

    def _argument(self, name: str) -> Any:
        """Return a constructor argument as it was given."""
        try:
            return vars(self)[name] if name in vars(self) else getattr(self, name)
        except AttributeError:
            raise ArgumentTypeError(
                f"{type(self).__name__}: the constructor's argument {name!r} must be stored as self.{name}"
            ) from None

    def _changed(self, guard: Settled, value: Any) -> Any:
        """Return what an argument is to be from now on, or raise if it cannot change."""
        if guard.name not in self._live:
            raise guard.too_late(self, value)
        return guard.checked(self, value)


for _foreign in set(" ".join((*NAMES, *INSTEAD)).split()) - CONTRACT:
    setattr(Guarded, _foreign, Foreign(_foreign))


def _release(cls: type) -> None:
    """Leave a user's class with a constructor of its own the arguments that it declares, and the defaults of all others."""
    code = getattr(vars(cls).get("__init__"), "__code__", None)
    if code is None:
        return
    declared = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    for name in {name for base in cls.__mro__ for name, value in vars(base).items() if isinstance(value, Settled)}:
        guard = getattr(cls, name, None)
        if isinstance(guard, Settled) and (name in declared or guard.default is not REQUIRED):
            setattr(cls, name, Foreign(name) if guard.default is REQUIRED else guard.default)


class Configurable(Guarded):
    """An object that is its constructor's arguments: they are stored unchanged under their own names.

    A subclass is entered into the registry under each of its `kinds`, by its class name and its aliases.
    """

    reserved: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(
        cls, registered: bool = True, aliases: tuple[str, ...] | Mapping[str, dict[str, Any]] = (), **kwargs: Any
    ) -> None:
        super().__init_subclass__(registered, **kwargs)
        if hasattr(vars(cls).get("__init__"), "__code__") and not is_built_in(cls.__module__):
            for name in sorted(cls.reserved.intersection(arguments_of(cls))):
                raise ArgumentTypeError(
                    f"{cls.__name__}: the argument {name!r} would overwrite the attribute of that name that every "
                    f"{cls.kinds[0]} has; choose another name"
                )
        aliased = aliases if isinstance(aliases, Mapping) else {name: {} for name in aliases}
        for kind in cls.kinds if registered else ():
            for name, arguments in {cls.__name__: {}, **aliased}.items():
                _registry.setdefault((kind, name), {})[cls.__module__] = cls, arguments

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data: numbers, strings, lists and dictionaries.

        Raises:
            ArgumentTypeError: If an argument cannot be written down, such as an array or a lambda.
        """
        return {name: _plain(self, name, self._argument(name)) for name in constructor(type(self))}

    def get_config(self) -> dict[str, Any]:
        """Return what `config` returns, under Keras' name."""
        return self.config()

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Make an object from what `config` returned.

        Args:
            config: The constructor's arguments.
            custom_objects: Classes of the caller by name, for objects inside.
        """
        return cls(**{name: revived(value, custom_objects) for name, value in config.items()})

    def _written(self) -> dict[str, Any]:
        """Return what stands for this object inside the configuration of another."""
        return {"kind": self.kinds[0], "class": _name(type(self)), "config": self.config()}

    def _restore(self, flags: dict[str, Any]) -> None:
        """Take what `_written` added to the constructor's arguments."""
        for name in flags:
            raise ArgumentValueError(f"{type(self).__name__}: unknown key {shown(name)} in a configuration")

    def __repr__(self) -> str:
        parts: list[str] = []
        for name, default in constructor(type(self)).items():
            try:
                value = repr(plain(self._argument(name)))
            except ArgumentTypeError:
                value = "?"
            if default is REQUIRED and not any("=" in part for part in parts):
                parts.append(value)
            elif default is REQUIRED or value != repr(default):
                parts.append(f"{name}={value}")
        return f"{type(self).__name__}({', '.join(parts)})"


def resolve(kind: str, identifier: Any, owner: object = "", custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the object that an instance, a class, a name or a configuration stands for.

    Args:
        kind: What is due: `"layer"`, `"activation"`, `"loss"`, `"optimizer"`, ...
        identifier: An instance of that kind (returned as it is), a class, a name, or what `config` makes of an instance.
        owner: Who asks; named in messages.
        custom_objects: Classes of the caller by name; they come before the registry.

    Raises:
        ArgumentValueError: If the name is unknown; the message holds the nearest ones.
        ArgumentTypeError: If it is something else.

    Example:
        >>> import minifw
        >>> resolve("optimizer", "sgd")
        SGD()
    """
    identifier = by_name(revived(identifier, custom_objects))
    if isinstance(identifier, str):
        cls, arguments = _look_up(kind, identifier, owner, custom_objects or {})
        return cls(**arguments)
    if kind in getattr(identifier, "kinds", ()):
        return identifier() if isinstance(identifier, type) else identifier
    prefix = f"{named(owner)}: " if owner else ""
    article = "an" if kind[0] in "aeio" else "a"
    kinds = getattr(identifier, "kinds", ())
    hint = f", a layer; a layer that is {article} {kind} too says so: kinds = {(*kinds, kind)}" if "layer" in kinds else ""
    wanted = f"{article} {kind} is a name, a class or an instance of one"
    raise ArgumentTypeError(f"{prefix}{wanted}, got {shown(identifier)}{hint}{of_kind(kind, identifier)}")


def registered(kind: str) -> Iterator[type[Configurable]]:
    """Yield the built-in classes of a kind, each once."""
    names = sorted(name for entry, name in _registry if entry == kind)
    entries = [entry for name in names for entry in _registry[kind, name].items()]
    yield from dict.fromkeys(cls for module, (cls, _) in entries if is_built_in(module))


def _look_up(
    kind: str, name: str, owner: object, custom_objects: Mapping[str, Any], exactly: bool = False
) -> tuple[type[Configurable], dict[str, Any]]:
    if name in custom_objects:
        return custom_objects[name], {}
    modules = _registry.get((kind, name)) or next(
        (entry for (of, known), entry in _registry.items() if of == kind and _same(known, name) and not exactly), {}
    )
    prefix = f"{named(owner)}: " if owner else ""
    if not modules:
        known = [entry for of, entry in _registry if of == kind]
        raise ArgumentValueError(f"{prefix}unknown {kind} {shown(name)}{instead(name, known)}")
    ours = [module for module in modules if is_built_in(module)]
    if not ours and len(modules) > 1:
        raise ArgumentValueError(
            f"{prefix}the {kind} {shown(name)} is defined in {' and in '.join(sorted(modules))}; "
            f"say which: custom_objects={{{name!r}: ...}}"
        )
    return modules[(ours or list(modules))[0]]


def _same(known: str, name: str) -> bool:
    """Names agree in any case and with or without underscores, as Keras' strings do."""
    return known.replace("_", "").lower() == name.replace("_", "").lower()


def _name(cls: type[Configurable]) -> str:
    """Return what a class is found by again, or raise if that would be a built-in one."""
    for kind in cls.kinds if not is_built_in(cls.__module__) else ():
        if any(map(is_built_in, _registry.get((kind, cls.__name__), ()))):
            raise ArgumentTypeError(
                f"the class {cls.__name__} of {cls.__module__} cannot be written down: the built-in {kind} of that "
                "name would come back in its place; rename the class"
            )
    return cls.__name__


def revived(value: Any, custom_objects: Mapping[str, Any] | None, where: str = "", make: Any = None) -> Any:
    """Return an argument with the objects that were written down in it, the innermost made first.

    Args:
        value: The argument, as plain data.
        custom_objects: Classes of the caller by name.
        where: The place, as `make` is told it.
        make: Called instead of the class's `from_config` with what was written down, objects in place of the
            configurations in it, `custom_objects` and the place.
    """
    if isinstance(value, list):
        return [revived(item, custom_objects, f"{where}[{i}]", make) for i, item in enumerate(value)]
    if not isinstance(value, dict) or not value.keys() >= _WRITTEN:
        return value
    config = value["config"]
    if isinstance(config, dict):
        config = {name: revived(item, custom_objects, f"{where}.{name}", make) for name, item in config.items()}
    return (make or _made)({**value, "config": config}, custom_objects or {}, where)


def _made(value: dict[str, Any], custom_objects: Mapping[str, Any], where: str) -> Any:
    cls, _ = _look_up(value["kind"], value["class"], "", custom_objects, exactly=True)
    found: Configurable = cls.from_config(value["config"], custom_objects)
    found._restore({key: flag for key, flag in value.items() if key not in _WRITTEN})
    return found


def _plain(owner: object, name: str, value: Any) -> Any:
    if isinstance(value, Configurable):
        return value._written()
    if isinstance(value, (tuple, list)):
        return [_plain(owner, name, item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(owner, name, item) for key, item in value.items()}
    value = plain(value)
    if value is None or isinstance(value, str if name == "name" else (bool, int, float, str)):
        return value
    called = _name(value) if hasattr(value, "kinds") else getattr(value, "__name__", "<lambda>")
    if callable(value) and called != "<lambda>":
        return called
    raise ArgumentTypeError(
        f"{named(owner)}: the argument {name}={shown(value)} cannot be written down; "
        "give a number, a string, a list of them, or a named function or class"
    )
