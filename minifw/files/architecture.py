"""The architecture of a network as JSON, and a network from it without building it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from .. import arguments
from .._typing import Shape
from ..config import Configurable, resolve
from ..errors import ArgumentValueError, shown
from ..network import tree
from . import json

if TYPE_CHECKING:
    from ..network.network import Network
    from ..sequential import Sequential

DEEPEST, LONGEST, MOST_LAYERS = 32, 1_000_000, 10_000

_WRITTEN = {"kind", "class", "config"}


class RefusedError(ValueError):
    """A configuration that nothing can be made of, and why."""


def written(owner: Network, value: Configurable | None) -> Any:
    """Return a configuration as plain data, checked for what a reader would refuse.

    Raises:
        ArgumentTypeError: If it holds what cannot be written down, such as a lambda.
        ArgumentValueError: If it is too deep or too long, or holds a NaN or an infinity.
    """
    if value is None:
        return None
    try:
        spelt = json.written(value._written())
        return json.read(spelt, DEEPEST, LONGEST)
    except json.UnsoundError as error:
        raise ArgumentValueError(
            f"{tree.label(owner)}: cannot be saved: the configuration of {value!r} is {error}"
        ) from error


def network(value: Any, custom_objects: Mapping[str, Any]) -> tuple[Sequential, Shape]:
    """Return an unbuilt network and the shape of the samples it was built for.

    Raises:
        RefusedError: If the configuration is wrong anywhere; it names the place.
    """
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        raise RefusedError(f"no configuration: {shown(value)}")
    shape = value["config"].get("input_shape")
    net = made("layer", value, custom_objects, "the network")
    if not net.owns_vectors or not hasattr(net, "compile"):
        raise RefusedError(f"{shown(value.get('class'))} is a layer, not a network")
    try:
        return net, arguments.shape(net, "input_shape", shape)
    except (TypeError, ValueError) as error:
        raise RefusedError(f"the network: {error}") from error


def made(kind: str, value: Any, custom_objects: Mapping[str, Any], where: str) -> Any:
    """Return the object that a configuration describes; networks inside it stay unbuilt.

    Raises:
        RefusedError: If there is no such class, or the class refuses its arguments.
    """
    found = _revived(value, custom_objects, where, [MOST_LAYERS])
    try:
        return resolve(kind, found)
    except (TypeError, ValueError) as error:
        raise RefusedError(f"{where}: {error}") from error


def _revived(value: Any, custom: Mapping[str, Any], where: str, left: list[int]) -> Any:
    if isinstance(value, list):
        return [_revived(item, custom, f"{where}[{i}]", left) for i, item in enumerate(value)]
    if not isinstance(value, dict) or not value.keys() >= _WRITTEN:
        return value
    left[0] -= 1
    if left[0] < 0:
        raise RefusedError(f"more than {MOST_LAYERS:,} layers")
    kind, called, config = value["kind"], value["class"], value["config"]
    if not isinstance(kind, str) or not isinstance(called, str) or not isinstance(config, dict):
        raise RefusedError(f"{where}: kind and class must be names and config an object, got {shown(value)}")
    inner = {key: _revived(item, custom, f"{where}.{key}", left) for key, item in config.items()}
    flags = {key: item for key, item in value.items() if key not in _WRITTEN}
    try:
        return _object(kind, called, inner, flags, custom)
    except Exception as error:  # whatever a constructor says to wrong arguments
        own = ""
        if called not in custom and "unknown" in str(error).split(shown(called))[0]:
            own = f"; for a class of your own pass custom_objects={{{shown(called)}: ...}}"
        raise RefusedError(f"{where}: {shown(called)}: {_said(error)}{own}") from error


def _object(kind: str, called: str, inner: dict[str, Any], flags: dict[str, Any], custom: Mapping[str, Any]) -> Any:
    if kind == "layer" and inner.keys() >= {"layers", "dtype", "seed"}:
        # a network that knows its shape would build itself, with whatever sizes the file claims
        empty = {**inner, "layers": [], "input_shape": None, "input_dim": None}
        network = cast("Network", resolve(kind, {"kind": kind, "class": called, "config": empty, **flags}, "", custom))
        if not network.owns_vectors or not isinstance(inner["layers"], list):
            raise RefusedError("no network, or its layers are no list")
        network._replace_layers(tuple(inner["layers"]))
        return network
    found = resolve(kind, {"kind": kind, "class": called, "config": _with_functions(inner, custom), **flags}, "", custom)
    if kind not in found.kinds:
        raise RefusedError(f"a {kind} is due here")
    return found


def _with_functions(config: dict[str, Any], custom: Mapping[str, Any]) -> dict[str, Any]:
    """A function is kept by its name; as a learning rate only the caller can say which one it was."""
    rate = config.get("learning_rate")
    return {**config, "learning_rate": custom[rate]} if isinstance(rate, str) and rate in custom else config


def _said(error: Exception) -> str:
    message = str(error)
    return message if len(message) <= 300 else message[:297] + "..."
