"""A file is replaced whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .. import arguments

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def write(
    path: Any, parts: Iterable[Any], size: int, last: Callable[[], tuple[int, bytes]] | None = None, overwrite: bool = True
) -> None:
    """Write a file so that a reader, a crash or a power failure finds the old file or the new one, both whole.

    The parts go into a temporary file in the same folder, which is flushed and renamed; then the folder is flushed. A
    symbolic link stays one: the file it points to is replaced. An existing file keeps its permissions.

    Args:
        path: The file.
        parts: Its bytes, as buffers.
        size: Their number, for the message of an error.
        last: Called behind the last part; returns an offset and the bytes that belong there.
        overwrite: Whether a file that is there already may be replaced.

    Raises:
        OSError: If anything fails; it names the path. The old file is as it was, unless the message says otherwise.
    """
    name = arguments.path("save", "filepath", path)
    outcome = f"The new file of {size:,} bytes was not written; what was there before is untouched"
    try:
        target, mode = _target(name, overwrite)
        with _folder(os.path.dirname(target)) as folder:
            _put(target, mode, parts, last)
            outcome = "The new file is in its place, but its folder could not be flushed, so it may not be durable"
            outcome += ": after a power failure the old one may be back"
            _flush(folder)
    except OSError as error:
        raise OSError(error.errno or errno.EIO, f"{error.strerror or error}. {outcome}", name) from error


def make_folder(path: Any) -> None:
    """Make the folder of a file that is to be, and those around it, where they are missing."""
    os.makedirs(os.path.dirname(os.fsdecode(path)) or ".", exist_ok=True)


def check_writable(path: Any) -> None:
    """Raise the `OSError` that `write` would meet at once: a missing or read-only folder, or something that is no file."""
    name = arguments.path("check_writable", "path", path)
    target, mode = _target(name, True)
    with _folder(os.path.dirname(target)):
        temporary, descriptor = _create(os.path.dirname(target), mode)
        os.close(descriptor)
        os.unlink(temporary)


def _target(name: str, overwrite: bool) -> tuple[str, int | None]:
    """Return the file behind all links, and its permissions if it is there."""
    target = os.path.realpath(name, strict=os.path.islink(name))
    try:
        status = os.stat(target).st_mode
    except FileNotFoundError:
        return target, None
    if stat.S_ISDIR(status):
        raise IsADirectoryError(errno.EISDIR, "Is a directory")
    if not stat.S_ISREG(status):
        raise OSError(errno.EINVAL, "Is no regular file")
    if not overwrite:
        raise FileExistsError(errno.EEXIST, "File exists, and overwrite=False")
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "The file is read-only")  # a rename would not ask
    return target, stat.S_IMODE(status)


@contextmanager
def _folder(path: str) -> Iterator[int | None]:
    """Open a folder, where folders can be opened and this one be read, and hold it as one of its writers.

    Without others, what dead writers left is swept first: the lock ends with its process, however that ends, so a temporary
    file in a folder that nobody holds is nobody's.
    """
    descriptor = None
    if os.name != "nt":
        with suppress(PermissionError):
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if descriptor is not None and fcntl is not None:
            with suppress(OSError):  # another writer is there, the folder cannot be listed, or there are no locks
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _sweep(path)
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        if descriptor is not None:
            with suppress(OSError):  # it was only read
                os.close(descriptor)


def _sweep(folder: str) -> None:
    for name in os.listdir(folder):
        if name.startswith(_prefix()) and name.endswith(".tmp"):
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))


def _prefix() -> str:
    """Return how the temporary files of this host begin: another's locks may be out of sight."""
    host = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f".minifw-{re.sub(r'[^A-Za-z0-9]', '_', host)[:64]}-"


def _create(folder: str, mode: int | None) -> tuple[str, int]:
    """Open a new file that nobody else has; without a mode it is the umask's."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    while True:
        temporary = os.path.join(folder, f"{_prefix()}{os.getpid()}-{os.urandom(6).hex()}.tmp")
        with suppress(FileExistsError):
            return temporary, os.open(temporary, flags, 0o666 if mode is None else mode & 0o666)


def _put(target: str, mode: int | None, parts: Iterable[Any], last: Callable[[], tuple[int, bytes]] | None) -> None:
    temporary, descriptor = _create(os.path.dirname(target), mode)
    try:
        try:
            for part in parts:
                _write_all(descriptor, part)
            if last is not None:
                offset, part = last()
                os.lseek(descriptor, offset, os.SEEK_SET)
                _write_all(descriptor, part)
            if mode is not None:
                os.chmod(temporary, mode)  # when it was made, the umask took its share
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _write_all(descriptor: int, part: Any) -> None:
    rest = memoryview(part).cast("B")
    while len(rest):
        done = os.write(descriptor, rest)
        if done <= 0:
            raise OSError(errno.EIO, "Nothing more could be written")
        rest = rest[done:]


def _flush(folder: int | None) -> None:
    try:
        if folder is not None:
            os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):  # a file system that cannot flush a folder
            raise
