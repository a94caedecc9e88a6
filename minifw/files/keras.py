"""Weights that Keras wrote, out of a .keras or .weights.h5 file; no other file is opened, and nothing in it is run."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

from .._typing import Array
from ..errors import ModelFormatError, needed, shown
from ..layers.base import Layer
from ..layers.chain import Chain
from ..network.names import snake_case
from .json import DEEPEST, RefusedError
from .safetensors import opened

BESIDE = {"optimizer", "seed_generator"}
"""Groups that hold no weights."""


def read(path: str) -> dict[str, Array]:
    """Return the arrays that Keras 3 wrote to a file, as `layers/<name>/vars/<number>`.

    Raises:
        ModelFormatError: If it is no such file, or leads to another.
        ImportError: If h5py is missing; it names the command that installs it.
    """
    import zipfile

    with needed("load_weights reads what Keras wrote with h5py", "keras"):
        import h5py
    stream, size = opened(path)
    most = max(10 * size, 1 << 24)  # bytes in memory; Keras packs nothing, so its own files need hardly more than their size
    try:
        with stream:
            data: Any = stream
            if zipfile.is_zipfile(stream):  # a .keras file
                with zipfile.ZipFile(stream) as archive, archive.open("model.weights.h5") as member:
                    data = io.BytesIO(member.read(most))
            with h5py.File(data, "r") as file:
                datasets = _datasets(h5py, file)
                if sum(dataset.nbytes for dataset in datasets.values()) > most:
                    raise RefusedError(f"its arrays would have more than {most:,} bytes, 10 times the file's")
                return {name: dataset[()] for name, dataset in datasets.items()}
    except Exception as error:  # whatever h5py says to bytes that are none of its own
        reason = str(error) if isinstance(error, RefusedError) else f"no sound file of Keras: {shown(error)}"
        raise ModelFormatError(f"{path}: {reason}", path=path, offset=None, reason=reason) from error


def _datasets(h5py: Any, file: Any) -> dict[str, Any]:
    """Return the arrays of the layers by name; none of them has been read, and no link to elsewhere was followed."""
    datasets: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if name.count("/") > DEEPEST or len(datasets) >= 10_000:  # each that is open takes some 20 kB
            raise RefusedError(f"more than 10,000 arrays, or more than {DEEPEST} groups in one another")
        if isinstance(item, h5py.Dataset) and name.startswith("layers/") and BESIDE.isdisjoint(name.split("/")):
            if any((item.shape is None, item.external, item.is_virtual, item.dtype.hasobject, item.chunks)):
                raise RefusedError(f"{shown(name)} is no array of numbers as in Keras 3, in one piece and in this file")
            if item.shape or item.dtype.kind == "f":  # a Normalization counts the samples that it has seen
                datasets[name] = item

    file.visititems(visit)
    if not datasets:
        raise RefusedError("there are no layers in it; Keras 3 writes them with model.save and model.save_weights")
    return datasets


def groups(layer: Layer, here: str = "", there: str = "") -> dict[str, str]:
    """Return the group in a file of Keras for the name of each layer: it counts those of each class in a container.

    Args:
        layer: A layer, and all inside it.
        here: Its name.
        there: Its group.
    """
    found, counts = {here: there}, Counter[str]()
    for name, inner, _ in layer.children():
        kind = snake_case(type(inner).__name__)
        group = f"layers/{kind}_{counts[kind]}".removesuffix("_0") if isinstance(layer, Chain) else name
        counts[kind] += 1
        found |= groups(inner, f"{here}/{name}".strip("/"), f"{there}/{group}".strip("/"))
    return found
