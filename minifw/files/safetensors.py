"""Named arrays on disk, as safetensors."""

from __future__ import annotations

import errno
import io
import math
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, DType, Shape
from ..errors import ArgumentTypeError, ArgumentValueError, ModelFormatError, shown
from . import atomic, json

DTYPES = {"BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4"}
DTYPES |= {"U64": "<u8", "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8"}
"""What the format calls the dtypes that NumPy has."""

MAX_HEADER, HARDEST_HEADER = 10_000_000, 100_000_000
DIGEST, BLOCK = "minifw.sha256", 1 << 20

_KINDS = {
    b"PK": "a zip archive (.npz, .keras, .pt)", b"\x93NUMPY": "a .npy file", b"\x89HDF": "an HDF5 file (.h5)",
    b"\x80": "a pickle", b"\x1f\x8b": "a gzip file", b"\x89PNG": "a PNG image", b"\x7fELF": "an ELF program",
    b"<": "an HTML or XML page",
    b"version https://git-lfs": "a Git LFS pointer: the file itself has not been fetched",
}


class Tensor(NamedTuple):
    """What the header says of an array: its bytes lie from `begin` to `end` of the file."""

    dtype: DType
    shape: Shape
    begin: int
    end: int


class Reader(AbstractContextManager["Reader"]):
    """An open file whose header has been found sound.

    Args:
        path: The file.
        max_header: The longest header that is read; Python's JSON takes up to 22 times as much memory.

    Attributes:
        metadata: The strings.
        tensors: What there is, by name, in the order of the file.

    Raises:
        ModelFormatError: If it is no sound file; nothing larger than the file has been allocated then.
        OSError: If it cannot be read, or is no regular file.
    """

    def __init__(self, path: Any, max_header: int = MAX_HEADER) -> None:
        self.path = arguments.path("load", "filepath", path)
        self._file, self._size = opened(self.path)
        try:
            self._head = self._read_head(min(max_header, HARDEST_HEADER))
            self.metadata, self.tensors = self._parse(self._head[8:])
            self._digest = self._find_digest()
        except BaseException:
            self._file.close()
            raise

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def fail(self, reason: str, offset: int | None = None) -> ModelFormatError:
        """Return the error for this file."""
        where = "" if offset is None else f" (at byte {offset:,})"
        return ModelFormatError(f"{self.path}: {reason}{where}", path=self.path, offset=offset, reason=reason)

    @contextmanager
    def described(self, wrong: str = "the description of the network is wrong") -> Iterator[None]:
        """Make the error for this file of whatever is found wrong inside.

        Args:
            wrong: What to say of an error that does not say it itself.
        """
        try:
            yield
        except (ModelFormatError, OSError):
            raise
        except Exception as error:  # whatever a layer says to a wrong shape, or Python to a missing key
            named = isinstance(error, json.RefusedError)
            raise self.fail(str(error) if named else f"{wrong}: {type(error).__name__}: {error}", 8) from error

    def read(self, into: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """Return the arrays, once the whole file has been read and its digest found right.

        Args:
            into: Arrays to read into, C-ordered, of the dtype and shape in the file; others are passed over. Without it
                every array is a new one.

        Raises:
            ModelFormatError: If the digest is another, or the file has changed meanwhile. What was read is worthless then.
        """
        import hashlib

        sha = hashlib.sha256(self._head.replace(self._digest, b"0" * 64) if self._digest else self._head)
        self._file.seek(len(self._head))
        buffer, arrays = memoryview(bytearray(min(BLOCK, self._size))), {}
        for name, tensor in self.tensors.items():
            if into is None or name in into:
                array = np.empty(tensor.shape, tensor.dtype) if into is None else into[name]
                self._fill(array.reshape(-1).view(np.uint8).data, sha, tensor.begin)
                arrays[name] = self._native(name, array, tensor)
                continue
            for begin in range(tensor.begin, tensor.end, BLOCK):
                self._fill(buffer[: tensor.end - begin], sha, begin)
        if os.fstat(self._file.fileno()).st_size != self._size:
            raise self.fail("the file has changed while it was read")
        if self._digest and sha.hexdigest().encode() != self._digest:
            raise self.fail("the digest is another than that of the file: it is damaged")
        return arrays

    def _fill(self, buffer: memoryview, sha: Any, offset: int) -> None:
        while len(buffer):
            count = self._file.readinto(buffer[:BLOCK])
            if not count:
                raise self.fail("the file ends here: it was cut while it was read", offset)
            sha.update(buffer[:count])
            buffer, offset = buffer[count:], offset + count

    def _native(self, name: str, array: Array, tensor: Tensor) -> Array:
        if tensor.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
            raise self.fail(f"tensor {shown(name)} is BOOL and holds another byte than 0 and 1", tensor.begin)
        if not tensor.dtype.isnative:
            array.byteswap(inplace=True)
            array = array.view(array.dtype.newbyteorder("="))
        return array

    def _read_head(self, longest: int) -> bytes:
        """Return the length and the header, as bytes."""
        first = self._file.read(24) or b""
        if len(first) < 8:
            raise self.fail(f"the file has {self._size} bytes, need at least 10: it is empty or cut", 0)
        length = int.from_bytes(first[:8], "little")
        kind = next((f"; it looks like {kind}" for magic, kind in _KINDS.items() if first.startswith(magic)), "")
        if length < 2 or 8 + length > self._size:
            raise self.fail(f"the header has {length:,} bytes, the file {self._size:,}{kind}", 0)
        if length > longest:
            raise self.fail(f"the header has {length:,} bytes, and at most {longest:,} are read; max_header= raises that", 0)
        self._file.seek(0)
        return self._file.read(8 + length) or b""

    def _parse(self, header: bytes) -> tuple[dict[str, str], dict[str, Tensor]]:
        with self.described():
            entries = json.read(header)
        if not isinstance(entries, dict):
            raise self.fail(f"the header is no JSON object, but {shown(entries)}", 8)
        metadata = entries.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            raise self.fail(f"__metadata__ must be an object of strings, got {shown(metadata)}", 8)
        tensors = {name: self._tensor(name, entry) for name, entry in entries.items()}
        ordered = dict(sorted(tensors.items(), key=lambda item: item[1][2:]))
        at = len(self._head)
        for name, tensor in ordered.items():
            if tensor.begin != at:
                kind = "overlaps the one before it" if tensor.begin < at else "leaves a hole before it"
                raise self.fail(f"tensor {shown(name)} {kind}", tensor.begin)
            at = tensor.end
        if at != self._size:
            raise self.fail(f"the tensors end at byte {at:,}, the file has {self._size:,}", min(at, self._size))
        return metadata, ordered

    def _tensor(self, name: str, entry: Any) -> Tensor:
        where = f"tensor {shown(name)}"
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            raise self.fail(f"{where} must have dtype, shape and data_offsets and nothing else, got {shown(entry)}", 8)
        called, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(called, str) or called not in DTYPES:
            raise self.fail(f"{where} has dtype {shown(called)}; NumPy has {', '.join(DTYPES)}", 8)
        if not _whole(shape) or len(shape) > 32:
            raise self.fail(f"{where} has no possible shape: {shown(shape)}", 8)
        if not _whole(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
            raise self.fail(f"{where} has no possible data_offsets: {shown(offsets)}", 8)
        dtype = np.dtype(DTYPES[called])
        if math.prod(size for size in shape if size) * dtype.itemsize >= 1 << 63:
            raise self.fail(f"{where} has a shape too large for any memory: {shown(shape)}", 8)
        begin, end = (len(self._head) + offset for offset in offsets)
        if end - begin != math.prod(shape) * dtype.itemsize:
            raise self.fail(f"{where} of shape {shape} and dtype {called} cannot have {end - begin:,} bytes", 8)
        return Tensor(dtype, tuple(shape), begin, end)

    def _find_digest(self) -> bytes:
        digest = self.metadata.get(DIGEST, "")
        if DIGEST not in self.metadata:
            if any(key.startswith("minifw.") for key in self.metadata):
                raise self.fail(f"a file of minifw must hold its digest, {DIGEST}", 8)
        elif len(digest) != 64 or set(digest) - set("0123456789abcdef") or self._head.count(digest.encode()) != 1:
            raise self.fail(f"{DIGEST} is no digest: {shown(digest)}", 8)
        return digest.encode()


def opened(path: str) -> tuple[io.FileIO, int]:
    """Open a file once, and look at what was opened, not at what the path may lead to by now."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe must not block
    descriptor = os.open(path, flags)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL, "Is no regular file", path)
        return io.FileIO(descriptor), status.st_size
    except BaseException:
        os.close(descriptor)
        raise


def _whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


_NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


OTHERS = {
    ".keras": "Keras", ".h5": "Keras", ".hdf5": "Keras", ".pt": "PyTorch", ".pth": "PyTorch", ".npy": "NumPy",
    ".npz": "NumPy", ".pkl": "pickle", ".pickle": "pickle", ".joblib": "pickle", ".onnx": "ONNX",
}  # fmt: skip
"""Ends of file names that belong to others."""


def checked_name(owner: object, path: Any) -> str:
    """Return the name of a file to write, or raise if its end promises what another program reads."""
    name = arguments.path(owner, "filepath", path)
    stem, suffix = os.path.splitext(name)
    if suffix in OTHERS:
        who = arguments.named(owner)
        raise ArgumentValueError(f"{who}: {name} would be a file of {OTHERS[suffix]}; here it is {stem}.safetensors")
    return name


class Packed:
    """Arrays and strings as the bytes of a file that is yet to be written.

    Args:
        tensors: The arrays by name; any memory layout and byte order.
        metadata: The strings; the digest joins them.

    Raises:
        ArgumentValueError: If a name or a dtype has no place in the format, or the header would be too long to be read.
    """

    def __init__(self, tensors: Mapping[str, Array], metadata: Mapping[str, str]) -> None:
        for key, value in {**dict.fromkeys(tensors, ""), **metadata}.items():
            if not isinstance(key, str) or not isinstance(value, str):
                raise ArgumentTypeError(f"names and metadata of a file are strings, got {shown(key)}: {shown(value)}")
        if "__metadata__" in tensors:
            raise ArgumentValueError("an array cannot be named '__metadata__': the file keeps its strings there")
        self._arrays = [(name, np.asarray(array)) for name, array in tensors.items()]
        self._arrays.sort(key=lambda item: (-item[1].dtype.itemsize, item[0]))  # so that each begins at its own alignment
        entries: dict[str, Any] = {"__metadata__": {**metadata, DIGEST: "0" * 64}}
        end = 0
        for name, array in self._arrays:
            called = _NAMES.get(array.dtype.newbyteorder("<"))
            if called is None:
                raise ArgumentValueError(f"array {shown(name)} has dtype {array.dtype}; a file holds {', '.join(DTYPES)}")
            begin, end = end, end + array.nbytes
            entries[name] = {"dtype": called, "shape": list(array.shape), "data_offsets": [begin, end]}
        header = json.written(entries).encode()
        header += b" " * (-(8 + len(header)) % 64)  # a mapped file has its first array at a cache line
        if len(header) > HARDEST_HEADER:
            raise ArgumentValueError(f"the header would have {len(header):,} bytes; a file may have {HARDEST_HEADER:,}")
        self._head = len(header).to_bytes(8, "little") + header
        self.size = len(self._head) + end

    def write(self, path: Any, overwrite: bool = True) -> None:
        """Write the file, whole or not at all.

        Raises:
            OSError: If it cannot be written; what was there before is untouched then.
        """
        import hashlib

        name, sha, mark = checked_name("save", path), hashlib.sha256(), f'"{DIGEST}":"'.encode()
        place = self._head.index(mark) + len(mark)
        atomic.write(name, self._parts(sha), self.size, lambda: (place, sha.hexdigest().encode()), overwrite)

    def digest(self) -> str:
        """Return the digest that the file will hold."""
        import hashlib

        sha = hashlib.sha256()
        for _ in self._parts(sha):
            pass
        return sha.hexdigest()

    def _parts(self, sha: Any) -> Iterator[Any]:
        sha.update(self._head)
        yield self._head
        for _, array in self._arrays:
            plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
            for begin in range(0, len(plain), BLOCK):
                sha.update(plain[begin : begin + BLOCK])
                yield plain[begin : begin + BLOCK]
