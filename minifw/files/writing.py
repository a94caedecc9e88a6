"""The writer of `.safetensors` files: equal arrays and strings give equal bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .._typing import Array
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from . import atomic, text
from .safetensors import CHUNK, DIGEST, DTYPES, HARDEST_HEADER

_NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


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
        header = text.written(entries).encode()
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

        sha, mark = hashlib.sha256(), f'"{DIGEST}":"'.encode()
        place = self._head.index(mark) + len(mark)
        atomic.write(path, self._parts(sha), self.size, lambda: (place, sha.hexdigest().encode()), overwrite)

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
            for begin in range(0, len(plain), CHUNK):
                part = plain[begin : begin + CHUNK]
                sha.update(part)
                yield part
