"""The arrays of a network under the names they have in a file; weights alone, to a file and from one, also of PyTorch."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..errors import ArgumentTypeError, ArgumentValueError, nearest, shown
from ..network import tree
from .safetensors import Packed, Reader, Tensor

if TYPE_CHECKING:
    from ..network.network import Network

FORMAT = 1
"""The number of the format that is written; all up to it are read."""

BESIDE = ("opt/", "train/")
"""How the names of what belongs to training begin; no layer is called so."""

_NAME = re.compile(r"[A-Za-z0-9_./-]{1,256}")

TORCH = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias"}
TORCH |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""


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


def differences(expected: Mapping[str, tuple[Shape, str]], arrays: Mapping[str, Tensor | Array]) -> str:
    """Return what is missing, too much or of another shape or dtype; nothing if all is as expected."""
    lines = [f"{name} is missing" for name in expected if name not in arrays]
    lines += [f"{shown(name)} is too much" for name in arrays if name not in expected]
    for name, (shape, dtype) in expected.items():
        array = arrays.get(name)
        if array is not None and (array.shape != shape or array.dtype != dtype):
            lines.append(f"{name} is {array.dtype.name} {array.shape}, not {dtype} {shape}")
    return listed(lines, "; ")


def listed(lines: list[str], between: str = ", ") -> str:
    """Return some texts as one, the first twenty of them."""
    return between.join(lines if len(lines) <= 20 else [*lines[:20], f"and {len(lines) - 20} more"])


def warn_of_nonfinite(where: str, arrays: Mapping[str, Array]) -> None:
    """Warn once if an array holds a NaN or an infinity."""
    bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if bad:
        warnings.warn(f"{where}: NaN or infinite values in {listed(bad)}", stacklevel=3)


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


def load_weights(
    self: Network, filepath: Any, skip_mismatch: bool = False, mapping: Mapping[str, str] | None = None
) -> None:
    """Load parameters and state from a file of `save_weights` or `save`, or any other safetensors file; all or nothing.

    A kernel that is loaded from a tensor named `weight`, or `...weight` behind a dot, is PyTorch's and has its output axis
    first: `(out, in)` becomes `(in, out)`, and `(out, in, height, width)` becomes `(height, width, in, out)`.

    Args:
        filepath: The file.
        skip_mismatch: Whether to leave alone, with a warning, what is missing in the file or has another shape there.
        mapping: Where the file has other names: `{name here: name in the file}`, for an array (`"dense/kernel"`) or for a
            whole layer (`"dense"`), which then stands for a module of PyTorch (`"fc1"`: `fc1.weight`, `fc1.bias`). What it
            does not mention keeps its name, and what else the file holds is passed over.

    Raises:
        ModelFormatError: If the file is damaged or does not fit; all differences are named. Nothing has changed then.
        UsageError: If the network is not built.
        OSError: If the file cannot be read.
    """
    arguments.flag("load_weights", "skip_mismatch", skip_mismatch)
    arrays = views(self)
    sources = _sources(arrays, mapping)
    with Reader(filepath) as file:
        there = tensors(file)
        wrong = {name: why for name, source in sources.items() if (why := _mismatch(name, source, arrays[name], there))}
        extra = [] if mapping is not None else [f"{shown(name)} is too much" for name in there if name not in arrays]
        misfits = listed([*wrong.values(), *extra], "; ")
        if misfits and not skip_mismatch:
            raise file.fail(f"the arrays do not fit the network: {misfits}")
        fitting = {name: source for name, source in sources.items() if name not in wrong}
        values = file.read({source: np.empty(there[source].shape, there[source].dtype) for source in fitting.values()})
    if misfits:
        warnings.warn(f"load_weights: {file.path}: left alone: {misfits}", stacklevel=2)
    with np.errstate(over="ignore"):
        for name, source in fitting.items():
            arrays[name][...] = values[source].transpose(_axes(name, source, values[source].ndim))
    warn_of_nonfinite(f"load_weights: {file.path}", {name: arrays[name] for name in fitting})


def _sources(arrays: Mapping[str, Array], mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Return the name in the file for each array of the network."""
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ArgumentTypeError(f"load_weights: mapping must be {{name here: name in the file}}, got {shown(mapping)}")
    sources = {name: name for name in arrays}
    layers = {name: name.rpartition("/")[0] for name in arrays}
    for here, there in (mapping or {}).items():
        if here not in arrays and here not in layers.values():
            names = {*arrays, *layers.values()}
            raise ArgumentValueError(f"load_weights: mapping: no array or layer {shown(here)}{nearest(str(here), names)}")
        if here in arrays:
            sources[here] = there
        for name in (name for name, layer in layers.items() if layer == here):
            leaf = name.rpartition("/")[2]
            sources[name] = f"{there}.{TORCH.get(leaf, leaf)}"
    return sources


def _mismatch(name: str, source: str, array: Array, tensors: Mapping[str, Tensor]) -> str:
    """Return why a tensor of the file cannot become an array of the network, or nothing."""
    tensor = tensors.get(source)
    at = name if source == name else f"{name}, {shown(source)} in the file,"
    if tensor is None:
        return f"{at} is missing"
    shape = tuple(tensor.shape[axis] for axis in _axes(name, source, len(tensor.shape)))
    if shape != array.shape:
        return f"{at} has shape {shape}, not {array.shape}"
    return "" if tensor.dtype.kind == "f" else f"{at} has dtype {tensor.dtype.name}, not {array.dtype.name}"


def _axes(name: str, source: str, rank: int) -> tuple[int, ...]:
    """Return the axes of a tensor in the order they have here: a kernel of PyTorch's has its output and input axis first."""
    if rank > 1 and name.endswith("/kernel") and source.rpartition(".")[2] == "weight":
        return (*range(2, rank), 1, 0)
    return tuple(range(rank))
