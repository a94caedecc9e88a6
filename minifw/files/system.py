"""The operations on files that minifw uses, in one place, so that a test can make each of them fail."""

from __future__ import annotations

import os

try:
    import fcntl
except ImportError:  # Views
    fcntl = None  # type: ignore[assignment]

open_file = os.open
stat = os.stat
size_and_kind = os.fstat
write = os.write
seek = os.lseek
fsync = os.fsync
chmod = os.chmod
close = os.close
replace = os.replace
unlink = os.unlink
names = os.listdir


def open_folder(path: str) -> int | None:
    """Return a descriptor of a folder, or `None` where folders cannot be opened, or this one only be written to."""
    if os.name == "nt":
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return None


def lock(descriptor: int, alone: bool) -> bool:
    """Lock a folder until its descriptor is closed; alone, if nobody else holds it, or together with others.

    Returns:
        Whether it is locked now: not where a file system has no locks.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
    except OSError:
        return False
    return True
