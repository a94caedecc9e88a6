"""Weights that Keras wrote, out of a .keras or .weights.h5 file; no other file is opened, and nothing in it is run."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from .._typing import Array
from ..errors import ModelFormatError, shown
from ..layers.base import Layer
from ..layers.chain import Chain
from ..network.names import snake_case
from .safetensors import Tensor, opened

MEMBER = "model.weights.h5"
"""Where a .keras file, which is a zip archive, keeps its weights."""

MOST_TIMES, ALWAYS = 10, 1 << 24
"""How many times larger than the archive the weights in it may be, and how large in any case: Keras packs nothing."""

DEEPEST, MOST = 32, 100_000
"""How deep groups may lie in one another, and how many entries are looked at."""

PLAIN_FILTERS = {1, 2, 3}
"""Deflate, shuffle and checksum, which are part of HDF5; others are loaded from elsewhere."""

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
            return zipfile.is_zipfile(stream) and MEMBER in zipfile.ZipFile(stream).namelist()
        except Exception:  # whatever it says to bytes that are no archive
            return False


class KerasFile:
    """A file that Keras 3 wrote, whose arrays are called `layers/<name>/vars/<number>`.

    Args:
        path: The file.

    Attributes:
        tensors: What there is, by name.

    Raises:
        ModelFormatError: If it is no such file, or leads to another.
        ImportError: If h5py is missing; it names the command that installs it.
    """

    def __init__(self, path: str) -> None:
        try:
            import h5py
        except ImportError as error:
            raise ImportError('load_weights reads what Keras wrote with h5py: pip install "minifw[keras]"') from error
        self.path, self.tensors, self._h5py = path, dict[str, Tensor](), h5py
        self._datasets: dict[str, Any] = {}
        self._left = MOST
        self._stream = self._opened()
        try:
            self._file = h5py.File(self._stream, "r")
            self._walk(self._file, "layers", 0)
        except Exception as error:  # whatever h5py says to bytes that are none of its own
            self._stream.close()
            raise self._failed(error) from error

    def __enter__(self) -> KerasFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self._stream.close()

    def fail(self, reason: str) -> ModelFormatError:
        """Return the error for this file."""
        return ModelFormatError(f"{self.path}: {reason}", path=self.path, offset=None, reason=reason)

    def read(self, into: Mapping[str, Array]) -> dict[str, Array]:
        """Read into arrays of the shape that the file says."""
        try:
            for name, array in into.items():
                array[...] = self._datasets[name][()]
        except Exception as error:
            raise self._failed(error) from error
        return dict(into)

    def _failed(self, error: Exception) -> ModelFormatError:
        if isinstance(error, ModelFormatError):
            return error
        return self.fail(f"no sound file of Keras: {type(error).__name__}: {shown(str(error))}")

    def _opened(self) -> Any:
        """Return the HDF5 file itself, out of the archive if it lies in one."""
        import zipfile

        stream, size = opened(self.path)
        if not zipfile.is_zipfile(stream):
            stream.seek(0)
            return stream
        with stream:
            try:
                with zipfile.ZipFile(stream) as archive, archive.open(MEMBER) as member:
                    most = max(MOST_TIMES * size, ALWAYS)
                    data = member.read(most + 1)
            except Exception as error:
                raise self._failed(error) from error
        if len(data) > most:
            raise self.fail(f"{MEMBER} in it has more than {most:,} bytes, {MOST_TIMES} times as many as the file")
        return io.BytesIO(data)

    def _walk(self, group: Any, name: str, depth: int) -> None:
        """Note the arrays below an entry of a group."""
        path = f"{group.name}/{name}".strip("/")
        link = group.get(name, getlink=True)
        if link is None:
            raise self.fail("there are no layers in it; Keras 3 writes them with model.save and model.save_weights")
        if not isinstance(link, self._h5py.HardLink):
            raise self.fail(f"{shown(path)} is a link to elsewhere, which is not followed")
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            raise self.fail(f"more than {MOST:,} entries, or more than {DEEPEST} groups in one another")
        item = group[name]
        if isinstance(item, self._h5py.Dataset):
            self._note(path, item)
            return
        for inner in item:
            if inner not in BESIDE:
                self._walk(item, inner, depth + 1)

    def _note(self, path: str, dataset: Any) -> None:
        if dataset.shape is None or dataset.external or dataset.is_virtual:
            raise self.fail(f"{shown(path)} has its numbers elsewhere, which is not followed")
        layout = dataset.id.get_create_plist()
        filters = {layout.get_filter(i)[0] for i in range(layout.get_nfilters())}
        if not filters <= PLAIN_FILTERS or math.prod(dataset.chunks or ()) > max(dataset.size, 1 << 18):
            raise self.fail(f"{shown(path)} is packed in a way that is not read")
        if dataset.dtype.kind in "iu" and not dataset.shape:
            return  # how many samples a Normalization has seen
        self.tensors[path] = Tensor(dataset.dtype, dataset.shape, 0, 0)
        self._datasets[path] = dataset


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
            group = snake_case(type(inner).__name__)
            counts[group] = counts.get(group, -1) + 1
            group = f"layers/{group}_{counts[group]}" if counts[group] else f"layers/{group}"
        found |= groups(inner, f"{here}/{name}".strip("/"), f"{there}/{group}".strip("/"))
    return found
