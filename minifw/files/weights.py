"""The arrays of a network under the names they have in a file; weights alone, to a file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array
from ..errors import ArgumentValueError, shown
from ..network import tree
from ..network.network import Network
from .safetensors import Packed, Reader, Tensor

FORMAT = 1
"""The number of the format that is written; all up to it are read."""

BESIDE = ("opt/", "train/")
"""How the names of what belongs to training begin; no layer is called so."""

_NAME = re.compile(r"[A-Za-z0-9_./-]{1,256}")


def views(net: Network) -> dict[str, Array]:
    """Return views of all parameters and state, such as `dense/kernel`.

    Raises:
        UsageError: If the network is not built.
        ArgumentValueError: If a name cannot stand in a file, or two arrays have one name.
    """
    arrays: dict[str, Array] = {}
    for name, array in ((entry.name, entry.array) for entry in net.entries()):
        if name in arrays or not _NAME.fullmatch(name):
            why = "stands there twice" if name in arrays else "is not made of 1 to 256 letters, digits, '_', '.' or '-'"
            raise ArgumentValueError(f"{tree.label(net)}: cannot be saved: the array name {shown(name)} {why}")
        arrays[name] = array
    return arrays


def slots(net: Network, vectors: Mapping[str, Array]) -> dict[str, Array]:
    """Return vectors of an optimizer cut into one array for each parameter, such as `opt/momentum/dense/kernel`."""
    return {
        f"{slot}/{entry.name}": vector[entry.begin : entry.begin + entry.array.size].reshape(entry.array.shape)
        for slot, vector in vectors.items()
        for entry in net.entries()
        if entry.trained
    }


def tensors(file: Reader, beside: str | tuple[str, ...] = BESIDE) -> dict[str, Tensor]:
    """Return what a file holds, but for what has a name that begins so."""
    return {name: tensor for name, tensor in file.tensors.items() if not name.startswith(beside)}


def listed(lines: list[str], between: str = ", ") -> str:
    """Return some texts as one, the first twenty of them."""
    return between.join(lines if len(lines) <= 20 else [*lines[:20], f"and {len(lines) - 20} more"])


def warn_of_nonfinite(where: str, arrays: Mapping[str, Array], stacklevel: int = 3) -> None:
    """Warn once if an array holds a NaN or an infinity, at the line of the caller's that is so many calls away."""
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        warnings.warn(f"{where}: NaN or infinite values in {listed(bad)}", stacklevel=stacklevel)


def save_weights(self: Network, filepath: Any, overwrite: bool = True) -> None:
    """Save parameters and state, and nothing else, to one file.

    Args:
        filepath: The file; by custom its name ends in `.safetensors`.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        UsageError: If the network is not built.
        OSError: If the file cannot be written; what was there before is untouched then.
    """
    arguments.flag("save_weights", "overwrite", overwrite)
    Packed(views(self), {"format": "np", "minifw.format": str(FORMAT)}).write(filepath, overwrite)
