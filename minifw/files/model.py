"""A whole network in one file: architecture, weights, state, and how far its training has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .. import arguments
from .._typing import Array
from ..errors import ModelFormatError, UsageError
from ..network import build, tree
from . import architecture, json, tensors, training
from .safetensors import MAX_HEADER, Packed, Reader

if TYPE_CHECKING:
    from ..sequential import Sequential

FORMAT = 1
"""The number of the format that is written; all up to it are read."""


def save(self: Sequential, filepath: Any, overwrite: bool = True) -> None:
    """Save the network to one file: architecture, weights, state, and if compiled the optimizer, loss and metrics.

    A crash or a full disk leaves the old file or the new one, never half of one. A network that was loaded goes on
    training with the same bits.

    Args:
        filepath: The file; by custom its name ends in `.safetensors`.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        UsageError: If the network is not built, or part of another.
        ArgumentTypeError: If it holds what cannot be written down, such as a lambda, or a class of your own that is named
            like a built-in one; `save_weights` still works.
        OSError: If the file cannot be written; what was there before is untouched then.

    Example:
        >>> import minifw, os, tempfile
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)], seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     net.save(os.path.join(folder, "net.safetensors"))
        ...     same = minifw.load_model(os.path.join(folder, "net.safetensors"))
        >>> same.fingerprint() == net.fingerprint()
        True
    """
    arguments.flag("save", "overwrite", overwrite)
    packed(self).write(filepath, overwrite)


def fingerprint(self: Sequential) -> str:
    """Return one hash over weights, state, optimizer, generators and configuration: 64 hexadecimal digits.

    Two networks with the same fingerprint go on with the same bits. It is the digest of the file that `save` writes.
    """
    return packed(self).digest()


def packed(net: Sequential, more: Mapping[str, str] | None = None, beside: Mapping[str, Array] | None = None) -> Packed:
    """Return the file of a network, with some more strings and arrays in it."""
    if tree.owner(net) is not None:
        raise UsageError(f"{tree.label(net)} is part of another network; save that one, or copy.deepcopy this one")
    weights = tensors.weights(net)
    planned = build.declared(build.plan(net, net.input_shape or ()))
    wrong = tensors.differences({name: (param.shape, net.dtype) for name, param in planned}, weights)
    if wrong:
        raise UsageError(f"{tree.label(net)}: cannot be saved: an attribute that build() reads was changed since: {wrong}")
    counts, slots = tensors.of_training(net) if net.metrics is not None else (None, {})
    metadata = {
        "format": "np",
        "minifw.format": str(FORMAT),
        "minifw.config": json.written(architecture.written(net, net)),
        "minifw.training": json.written(training.written(net, counts)),
        **(more or {}),
    }
    return Packed({**weights, **slots, **(beside or {})}, metadata)


def load_model(
    filepath: Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    max_header: int = MAX_HEADER,
) -> Sequential:
    """Return the network that a file holds. Nothing in the file is ever run, imported or opened.

    Args:
        filepath: What `net.save` wrote.
        custom_objects: Classes and functions of your own by name; they come before those of minifw.
        compile: Whether to restore optimizer, loss, metrics and generators too.
        max_header: The longest header that is read, in bytes.

    Raises:
        ModelFormatError: If the file is no sound model file; it carries `path`, `offset` and `reason`.
        OSError: If it cannot be read.
    """
    arguments.flag("load_model", "compile", compile)
    arguments.integer("load_model", "max_header", max_header)
    with Reader(filepath, max_header) as file:
        check_format(file)
        try:
            net, found = _network(file, custom_objects or {}, compile)
        except (ModelFormatError, OSError):
            raise
        except (architecture.RefusedError, json.UnsoundError) as error:
            raise file.fail(str(error), 8) from error
        except Exception as error:  # whatever a layer says to a wrong shape, or Python to a missing key
            raise file.fail(f"the description of the network is wrong: {type(error).__name__}: {error}", 8) from error
    tensors.warn_of_nonfinite(f"load_model: {file.path}", found)
    return net


def check_format(file: Reader) -> None:
    """Raise a `ModelFormatError` unless this is a file that `net.save` of this version or an older one wrote."""
    given = file.metadata.get("minifw.format", "")
    if not given or "minifw.config" not in file.metadata:
        raise file.fail("it holds arrays but no network; build the network and use net.load_weights", 8)
    if not given.isascii() or not given.isdigit() or len(given) > 9 or int(given) < 1:
        raise file.fail("minifw.format is no number", 8)
    if int(given) > FORMAT:
        raise file.fail(f"written by format {given}, this minifw reads <= {FORMAT}; install a newer one", 8)


def state_of(file: Reader) -> dict[str, Any]:
    """Return what a file says of training."""
    found = json.read(file.metadata.get("minifw.training", "{}"), architecture.DEEPEST)
    if not isinstance(found, dict):
        raise architecture.RefusedError("minifw.training is no object")
    return cast("dict[str, Any]", found)


def _network(file: Reader, custom_objects: Mapping[str, Any], trained: bool) -> tuple[Sequential, dict[str, Array]]:
    """Build the network, once every array is known to lie in the file, and read into its windows."""
    config = json.read(file.metadata["minifw.config"], architecture.DEEPEST, architecture.LONGEST)
    net, shape = architecture.network(config, custom_objects)
    state = state_of(file) if trained else {"compiled": None}
    compiled = state["compiled"]
    training.compile_as(net, compiled, custom_objects)
    every = {name: (p.shape, net.dtype, p.trainable) for name, p in build.declared(build.plan(net, shape))}
    wanted = {name: (size, dtype) for name, (size, dtype, _) in every.items()}
    wanted |= training.expected(net, compiled, {name: (size, dtype) for name, (size, dtype, own) in every.items() if own})
    found = {name: tensor for name, tensor in file.tensors.items() if trained or not name.startswith(tensors.BESIDE)}
    found = {name: tensor for name, tensor in found.items() if not name.startswith(training.PREFIX)}  # of a checkpoint
    wrong = tensors.differences(wanted, found)
    if wrong:
        raise file.fail(f"the arrays do not fit the network: {wrong}")
    build.build(net, shape, np.dtype(net.dtype), net.seeds, initialize=False)
    into = {**tensors.weights(net), **training.reserve(net, compiled)}
    file.read(into)
    if trained:
        training.restore_generators(net, state)
    return net, tensors.weights(net)
