"""The arrays of a network under the names they have in a file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .._typing import Array, Shape
from ..errors import ArgumentValueError, shown
from ..network import tree
from ..optimizers import binding
from .safetensors import Tensor

if TYPE_CHECKING:
    from ..network.network import Network
    from ..sequential import Sequential

BESIDE = ("opt/", "train/")
"""How the names of what belongs to training begin; no layer is called so."""

_NAME = re.compile(r"[A-Za-z0-9_./-]{1,256}")
_SHOWN = 20


def weights(net: Network) -> dict[str, Array]:
    """Return the windows of all parameters and state, such as `dense/kernel`.

    Raises:
        UsageError: If the network is not built.
        ArgumentValueError: If a name cannot stand in a file, or two arrays have one name.
    """
    found: dict[str, Array] = {}
    for entry in net.entries():
        if entry.name in found or not _NAME.fullmatch(entry.name):
            why = "stands there twice" if entry.name in found else "is not made of 1 to 256 letters, digits, '_', '.' or '-'"
            raise ArgumentValueError(f"{tree.label(net)}: cannot be saved: the array name {shown(entry.name)} {why}")
        found[entry.name] = entry.array
    return found


def of_training(net: Sequential) -> tuple[dict[str, int] | None, dict[str, Array]]:
    """Return the optimizer's counts, if it has made a step, and its vectors, cut into one array for each parameter."""
    counts, vectors = binding.saved(net.optimizer, net.identity)
    return counts, {f"{slot}/{name}": part for slot, vector in vectors.items() for name, part in cut(net, vector)}


def cut(net: Network, vector: Array) -> Iterator[tuple[str, Array]]:
    """Yield the part of a vector that belongs to each parameter, under its name."""
    for name, begin, array in ((e.name, e.begin, e.array) for e in net.entries() if e.trained):
        yield name, vector[begin : begin + array.size].reshape(array.shape)


def differences(wanted: Mapping[str, tuple[Shape, str]], found: Mapping[str, Tensor | Array]) -> str:
    """Return what is missing, too much or of another shape or dtype; nothing if all is as wanted."""
    said = [f"{name} is missing" for name in wanted if name not in found]
    said += [f"{shown(name)} is too much" for name in found if name not in wanted]
    for name, (shape, dtype) in wanted.items():
        got = found.get(name)
        if got is not None and (got.shape != shape or got.dtype != dtype):
            said.append(f"{name} is {got.dtype.name} {got.shape}, not {dtype} {shape}")
    return listed(said, "; ")


def listed(said: list[str], between: str = ", ") -> str:
    """Return some texts as one, the first twenty of them."""
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    return between.join(said[:_SHOWN] + more)


def warn_of_nonfinite(where: str, arrays: Mapping[str, Array]) -> None:
    """Warn once if an array holds a NaN or an infinity."""
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        warnings.warn(f"{where}: NaN or infinite values in {listed(bad)}", stacklevel=3)
