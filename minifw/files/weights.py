"""Weights alone, to a file and from one, also from a file of PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..errors import ArgumentTypeError, ArgumentValueError, nearest, shown
from . import tensors
from .model import FORMAT
from .safetensors import Packed, Reader, Tensor

if TYPE_CHECKING:
    from ..network.network import Network

TORCH = {"kernel": "weight", "embeddings": "weight", "gamma": "weight", "beta": "bias"}
TORCH |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
"""What the arrays of a layer are called in a module of PyTorch."""


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
    Packed(tensors.weights(self), {"format": "np", "minifw.format": str(FORMAT)}).write(filepath, overwrite)


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
    windows = tensors.weights(self)
    sources = _sources(windows, mapping)
    with Reader(filepath) as file:
        there = {name: tensor for name, tensor in file.tensors.items() if not name.startswith(tensors.BESIDE)}
        wrong = {name: why for name, source in sources.items() if (why := _mismatch(name, source, windows[name], there))}
        extra = [] if mapping is not None else [f"{shown(name)} is too much" for name in there if name not in windows]
        said = tensors.listed([*wrong.values(), *extra], "; ")
        if said and not skip_mismatch:
            raise file.fail(f"the arrays do not fit the network: {said}")
        needed = {source: there[source] for name, source in sources.items() if name not in wrong}
        read = file.read({name: np.empty(tensor.shape, tensor.dtype) for name, tensor in needed.items()})
    if said:
        warnings.warn(f"load_weights: {file.path}: left alone: {said}", stacklevel=2)
    with np.errstate(over="ignore"):
        for name, source in sources.items():
            if name not in wrong:
                windows[name][...] = _turned(name, source, read[source])
    tensors.warn_of_nonfinite(f"load_weights: {file.path}", {name: windows[name] for name in sources if name not in wrong})


def _sources(windows: Mapping[str, Array], mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Return the name in the file for each array of the network."""
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ArgumentTypeError(f"load_weights: mapping must be {{name here: name in the file}}, got {shown(mapping)}")
    sources = {name: name for name in windows}
    for here, there in (mapping or {}).items():
        inside = [name for name in windows if name.rpartition("/")[0] == here]
        if here in windows:
            sources[here] = there
        elif not inside:
            known = {*windows, *(name.rpartition("/")[0] for name in windows)}
            raise ArgumentValueError(f"load_weights: mapping: no array or layer {shown(here)}{nearest(str(here), known)}")
        for name in inside:
            leaf = name.rpartition("/")[2]
            sources[name] = f"{there}.{TORCH.get(leaf, leaf)}"
    return sources


def _mismatch(name: str, source: str, window: Array, there: Mapping[str, Tensor]) -> str:
    """Return why a tensor of the file cannot become an array of the network, or nothing."""
    tensor = there.get(source)
    at = name if source == name else f"{name}, {shown(source)} in the file,"
    if tensor is None:
        return f"{at} is missing"
    shape = _turned_shape(name, source, tensor.shape)
    if shape != window.shape:
        return f"{at} has shape {shape}, not {window.shape}"
    return "" if tensor.dtype.kind == "f" else f"{at} has dtype {tensor.dtype.name}, not {window.dtype.name}"


def _from_torch(name: str, source: str, rank: int) -> bool:
    return rank > 1 and name.endswith("/kernel") and source.rpartition(".")[2] == "weight"


def _turned(name: str, source: str, array: Array) -> Array:
    """Return a kernel with its input and output axes last, as they are here."""
    return array.transpose(*range(2, array.ndim), 1, 0) if _from_torch(name, source, array.ndim) else array


def _turned_shape(name: str, source: str, shape: Shape) -> Shape:
    return (*shape[2:], shape[1], shape[0]) if _from_torch(name, source, len(shape)) else shape
