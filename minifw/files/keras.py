"""Weights that Keras wrote, out of a .keras or .weights.h5 file; no other file is opened, and nothing in it is run."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

from .._typing import Array
from ..errors import ModelFormatError, needed, shown
from ..layers.base import Layer
from ..layers.chain import Chain
from ..network.names import snake_case
from .safetensors import opened

MEMBER = "model.weights.h5"
"""Where a .keras file, which is a zip archive, keeps its weights."""

MOST_TIMES, ALWAYS = 10, 1 << 24
"""How many times larger than a file what is in it may be, and how many bytes in any case: Keras packs nothing."""

DEEPEST, MOST = 32, 10_000
"""How deep groups may lie in one another, and how many entries are looked at."""

PLAIN_FILTERS = {1, 2, 3}
"""Deflate, shuffle and checksum, which are part of HDF5; others are loaded from elsewhere."""

SMALL = 1 << 18
"""Numbers that may be packed together, however few an array has."""

BESIDE = {"optimizer", "seed_generator"}
"""Groups that hold no weights."""


def recognized(path: str) -> bool:
    """Whether a file is one of HDF5, or a zip archive with one where Keras puts it."""
    import zipfile

    stream, _ = opened(path)
    with stream:
        if stream.read(8) == b"\x89HDF\r\n\x1a\n":
            return True
        try:
            return MEMBER in zipfile.ZipFile(stream).namelist()
        except Exception:  # whatever it says to bytes that are no archive
            return False


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
    most = max(MOST_TIMES * size, ALWAYS)
    large = f"more than {most:,} bytes, {MOST_TIMES} times as many as the file"
    try:
        with stream:
            data: Any = stream
            if zipfile.is_zipfile(stream):
                with zipfile.ZipFile(stream) as archive, archive.open(MEMBER) as member:
                    data = io.BytesIO(member.read(most + 1))
                if data.getbuffer().nbytes > most:
                    raise _RefusedError(f"{MEMBER} in it has {large}")
            with h5py.File(data, "r") as file:
                found = dict(_datasets(h5py, file, "layers", iter(range(MOST))))
                if sum(dataset.size * dataset.dtype.itemsize for dataset in found.values()) > most:
                    raise _RefusedError(f"its arrays would have {large}")
                return {name: dataset[()] for name, dataset in found.items()}
    except _RefusedError as error:
        reason = str(error)
    except Exception as error:  # whatever h5py says to bytes that are none of its own
        reason = f"no sound file of Keras: {type(error).__name__}: {shown(str(error))}"
    raise ModelFormatError(f"{path}: {reason}", path=path, offset=None, reason=reason)


class _RefusedError(Exception):
    """The reason why a file is not read."""


def _datasets(h5py: Any, group: Any, name: str, left: Iterator[int], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the name of each array below an entry of a group, and the array, which has not been read."""
    path = f"{group.name}/{name}".strip("/")
    link = group.get(name, getlink=True)
    if link is None:
        raise _RefusedError("there are no layers in it; Keras 3 writes them with model.save and model.save_weights")
    if not isinstance(link, h5py.HardLink):
        raise _RefusedError(f"{shown(path)} is a link to elsewhere, which is not followed")
    if depth > DEEPEST or next(left, None) is None:
        raise _RefusedError(f"more than {MOST:,} entries, or more than {DEEPEST} groups in one another")
    item = group[name]
    if not isinstance(item, h5py.Dataset):
        for inner in item:
            if inner not in BESIDE:
                yield from _datasets(h5py, item, inner, left, depth + 1)
        return
    if item.shape is None or item.external or item.is_virtual:
        raise _RefusedError(f"{shown(path)} has its numbers elsewhere, which is not followed")
    layout = item.id.get_create_plist()
    filters = {layout.get_filter(i)[0] for i in range(layout.get_nfilters())}
    if not filters <= PLAIN_FILTERS or math.prod(item.chunks or ()) > max(item.size, SMALL):
        raise _RefusedError(f"{shown(path)} is packed in a way that is not read")
    if item.dtype.kind not in "fiub":
        raise _RefusedError(f"{shown(path)} holds no numbers, but {item.dtype}")
    if item.shape or item.dtype.kind not in "iu":  # a Normalization counts the samples that it has seen
        yield path, item


def groups(layer: Layer, here: str = "", there: str = "") -> dict[str, str]:
    """Return the group in a file of Keras for the name of each layer: it counts those of each class in a container.

    Args:
        layer: A layer, and all inside it.
        here: Its name.
        there: Its group.
    """
    found, counts = {here: there}, dict[str, int]()
    for name, inner, _ in layer.children():
        group = name
        if isinstance(layer, Chain):
            kind = snake_case(type(inner).__name__)
            counts[kind] = counts.get(kind, -1) + 1
            group = f"layers/{kind}_{counts[kind]}".removesuffix("_0")
        found |= groups(inner, f"{here}/{name}".strip("/"), f"{there}/{group}".strip("/"))
    return found
