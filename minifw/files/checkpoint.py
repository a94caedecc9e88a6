"""Checkpoints of a training that goes on: a network's file with the position of `fit` in it, the newest ones in a folder."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from types import NoneType
from typing import TYPE_CHECKING, Any

from .._typing import Array
from ..config import Configurable
from ..errors import ArgumentValueError, ModelFormatError, shown
from ..network import tree
from . import json, model, training, weights
from .machine import machine
from .safetensors import HARDEST_HEADER, Reader

if TYPE_CHECKING:
    from ..sequential import Sequential

_FILE = re.compile(r"backup-(\d{6,})-(\d{8,})\.safetensors")
_FLAGS = ("trainable", "learning_rate_multiplier")


def files(folder: Any) -> list[str]:
    """Return the checkpoints in a folder, the newest first."""
    if not os.path.isdir(folder):
        return []
    matches = [match for match in map(_FILE.fullmatch, os.listdir(folder)) if match]
    matches.sort(key=lambda match: (int(match[1]), int(match[2])), reverse=True)
    return [os.path.join(folder, match[0]) for match in matches]


def write(net: Sequential, folder: Any, epoch: int, batch: int, progress: Any, keep_last: int = 1) -> None:
    """Write a checkpoint, and when it is durable remove all but the last ones.

    Args:
        net: The network.
        folder: Where.
        epoch: The epoch that goes on.
        batch: How many of its batches are over.
        progress: What else there is to be kept, as `training.encoded` takes it.
        keep_last: How many checkpoints stay.
    """
    arrays: dict[str, Array] = {}
    beside = json.written({"progress": training.encoded(progress, arrays), "machine": machine()})
    path = os.path.join(folder, f"backup-{epoch:06d}-{batch:08d}.safetensors")
    model.packed(net, {"minifw.progress": beside}, arrays).write(path)
    present = files(folder)
    at = present.index(path)
    for other in [*present[:at], *present[at + keep_last :]]:  # those before it are of a run that had gone further
        os.unlink(other)


def restore(net: Sequential, folder: Any, check: Callable[[dict[str, Any]], None]) -> dict[str, Any] | None:
    """Put a compiled network where the newest sound checkpoint of a folder has it, and return the progress.

    Args:
        net: The network.
        folder: Where `write` was.
        check: Called with the progress before anything changes; raises if it is of another fit.

    Returns:
        What `write` was given, or `None` if there is no checkpoint.

    Raises:
        ArgumentValueError: If it is of another network, optimizer or loss. Nothing has changed then.
        ModelFormatError: If there are checkpoints, but no sound one.
    """
    present = files(folder)
    for path, older in zip(present, [*present[1:], None], strict=True):
        try:
            with Reader(path, HARDEST_HEADER) as file:
                return _restored(net, file, check)
        except ModelFormatError as error:
            if older is None:
                raise
            warnings.warn(f"resume: {error}; going on from {older} instead", stacklevel=4)
    return None


def _restored(net: Sequential, file: Reader, check: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    model.check_format(file)
    with file.described("it is no checkpoint of fit"):
        config, saved = json.read(file.metadata["minifw.config"]), model.progress_of(file)
        beside = json.read(file.metadata["minifw.progress"])
    compiled = saved["compiled"]
    _compare(net, file, config, compiled)
    arrays = file.read()
    progress: dict[str, Any] = training.decoded(beside["progress"], arrays)
    check(progress)
    _take(net, config)
    _take(net.optimizer, compiled["optimizer"])
    for name, view in {**weights.views(net), **training.reserve(net, compiled["counts"])}.items():
        view[...] = arrays[name]
    training.restore_generators(net, saved)
    for path, layer in tree.paths(net) if "flags" in beside else ():  # where the first checkpoints had them
        layer._trainable, layer._multiplier = beside["flags"][path]
    now = machine()
    was = {**now, **beside["machine"]}  # the first checkpoints did not say all of it
    other = [f"{key} {shown(was[key])}, now {shown(now[key])}" for key in now if was[key] != now[key]]
    if other:
        warnings.warn(f"resume: {file.path} comes from {'; '.join(other)}: the rest will not be bit-exact", stacklevel=5)
    return progress


def _compare(net: Sequential, file: Reader, config: Any, compiled: Any) -> None:
    """Raise unless a checkpoint is of this network and of what it was compiled with."""
    shapes = {entry.name: (entry.array.shape, entry.trained) for entry in net.entries()}
    wrong = model.misfits(net, shapes, None, weights.tensors(file))
    if wrong or _fixed(net, model.written(net, net)) != _fixed(net, config):
        wrong = wrong or "its layers have other arguments"
        raise ArgumentValueError(f"resume: {file.path} is a checkpoint of another network: {wrong}")
    now: Any = model.compilation(net, None)
    remedy = "compile it as before, or remove the checkpoint"
    for part in ("optimizer", "loss", *model.METRICS):
        made = getattr(net, part, None)
        if _fixed(made, compiled[part]) != _fixed(made, now[part]):
            text = f"{json.written(compiled[part])}, but the network is compiled with {json.written(now[part])}"
            raise ArgumentValueError(f"resume: {file.path} was made with the {part} {text}; {remedy}")
    if wrong := model.misfits(net, shapes, compiled["counts"], weights.tensors(file, training.PREFIX)):
        raise ArgumentValueError(f"resume: {file.path} was made with other arguments of the optimizer: {wrong}; {remedy}")


def _live(made: Any, config: Any) -> Iterator[tuple[Any, dict[str, Any], str]]:
    """Yield each object, its arguments in a configuration, and the name of a number there that may change at any time."""
    if isinstance(made, (list, tuple)) and isinstance(config, list):
        for pair in zip(made, config, strict=False):
            yield from _live(*pair)
    elif isinstance(made, Configurable) and isinstance(config, dict):
        for name, value in config["config"].items():
            if name in made._live and isinstance(value, (int, float, NoneType)):
                yield made, config["config"], name
            else:
                yield from _live(getattr(made, name, None), value)


def _take(made: Configurable, config: Any) -> None:
    """Set what may have been changed in training to what it was."""
    for owner, arguments, name in _live(made, config):
        setattr(owner, name, arguments[name])


def _fixed(made: Any, config: Any) -> Any:
    """Return a configuration without what may be changed in training: some numbers, and the flags."""
    config = _bare(config)
    for _, arguments, name in list(_live(made, config)):
        del arguments[name]
    return config


def _bare(config: Any) -> Any:
    if isinstance(config, list):
        return [_bare(item) for item in config]
    return {key: _bare(item) for key, item in config.items() if key not in _FLAGS} if isinstance(config, dict) else config
