"""A file is replaced whole or not at all: every operation fails once, and for ever, and several processes save at once."""

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from minifw.files import atomic

OLD, NEW = b"old" * 1000, b"new" * 50_000
OPERATIONS = (
    *("open file", "open folder", "stat", "write", "lseek", "fsync", "chmod", "close", "replace", "unlink", "listdir"),
    "flock",
)
HARMLESS = ("listdir", "flock", "unlink")


def save(path, content=NEW, **options):
    middle = len(content) // 2
    parts = [content[:middle], b"", content[middle:]]
    atomic.write(path, parts, len(content), lambda: (3, content[3:6]), **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(OLD)
    return path


# -- what a save leaves -----------------------------------------------------------------------------------------------


def test_a_save_replaces_the_file_and_leaves_nothing_else(file):
    save(file)
    assert file.read_bytes() == NEW and names(file.parent) == [file.name]
    save(str(file), b"x" * 10)
    save(os.fsencode(file), OLD)
    assert file.read_bytes() == OLD and names(file.parent) == [file.name]


def test_permissions_of_a_new_file_are_the_umasks_and_of_an_old_one_its_own(file):
    before = os.umask(0o027)
    try:
        save(file.parent / "new")
        os.chmod(file, 0o664)
        save(file)
    finally:
        os.umask(before)
    assert stat.S_IMODE((file.parent / "new").stat().st_mode) == 0o640
    assert stat.S_IMODE(file.stat().st_mode) == 0o664


def test_a_link_stays_a_link_and_a_dangling_one_is_an_error(file, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "real").write_bytes(OLD)
    link = tmp_path / "link"
    link.symlink_to("inner/real")
    save(link)
    assert link.is_symlink() and (inner / "real").read_bytes() == NEW and names(inner) == ["real"]
    (inner / "real").unlink()
    with pytest.raises(FileNotFoundError, match="link"):
        save(link)


def test_what_cannot_be_a_file_is_refused_with_its_path(file, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path, error in (
        (tmp_path, IsADirectoryError),
        (tmp_path / "pipe", OSError),
        (tmp_path / "missing" / "a", FileNotFoundError),
        (file / "a", NotADirectoryError),
        (tmp_path / ("n" * 300), OSError),
        ("/dev/null", OSError),
    ):
        with pytest.raises(error) as raised:
            save(path)
        assert raised.value.filename == str(path)
    with pytest.raises(FileExistsError, match="overwrite=False"):
        save(file, overwrite=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError, match="read-only"):
        save(file)
    assert file.read_bytes() == OLD and names(tmp_path) == [file.name, "pipe"]


def test_a_long_name_is_no_hindrance(tmp_path):
    save(tmp_path / ("n" * 255))
    assert names(tmp_path) == ["n" * 255]


def test_whether_a_file_could_be_written_is_known_before(file, tmp_path):
    atomic.check_writable(file)
    assert file.read_bytes() == OLD and names(tmp_path) == [file.name]
    with pytest.raises(FileNotFoundError):
        atomic.check_writable(tmp_path / "missing" / "a")


def test_an_exception_of_the_writer_leaves_the_old_file(file):
    def parts():
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic.write(file, parts(), 10)
    assert file.read_bytes() == OLD and names(file.parent) == [file.name]


# -- every operation fails --------------------------------------------------------------------------------------------


class Failing:
    """One operation of the system that fails at its nth call, once or from then on."""

    def __init__(self, name, n, for_ever, error):
        self.module, self.name = fcntl if name == "flock" else os, name.split()[0]
        self.folders = {"open file": 0, "open folder": os.O_DIRECTORY}.get(name)
        self.n, self.for_ever, self.error = n, for_ever, error
        self.real, self.calls = getattr(self.module, self.name), 0

    def __call__(self, *arguments, **options):
        if self.folders is not None and arguments[1] & os.O_DIRECTORY != self.folders:
            return self.real(*arguments, **options)
        self.calls += 1
        if self.calls == self.n or (self.for_ever and self.calls > self.n):
            if self.error == "short":
                return self.real(arguments[0], arguments[1][:1000])
            if self.error == "nothing":
                return 0
            raise OSError(self.error, os.strerror(self.error))
        return self.real(*arguments, **options)

    def patch(self, monkeypatch):
        monkeypatch.setattr(self.module, self.name, self)

    @property
    def failed(self):
        return self.calls >= self.n


def cases():
    for name in OPERATIONS:
        errors = [errno.EIO, errno.ENOSPC, errno.EACCES] + ["short", "nothing"] * (name == "write")
        yield from ((name, error, for_ever) for error in errors for for_ever in (False, True))


@pytest.mark.parametrize(("name", "error", "for_ever"), list(cases()))
def test_every_operation_may_fail_at_its_nth_call(name, error, for_ever, file, monkeypatch):
    for n in range(1, 20):
        file.write_bytes(OLD)
        failing = Failing(name, n, for_ever, error)
        folder_flush = name == "fsync" and n == 2
        with monkeypatch.context() as patch:
            failing.patch(patch)
            try:
                save(file)
                saved = True
            except OSError as raised:
                saved = False
                assert raised.filename == str(file) and "model.safetensors" in str(raised)
                assert ("may not be durable" in str(raised)) == folder_flush
                assert folder_flush or f"{len(NEW):,} bytes" in str(raised)
        if not failing.failed:
            break
        harmless = name in HARMLESS or error == "short" or (name == "close" and n == 2)
        harmless |= name == "open folder" and error == errno.EACCES  # one that may only be written to
        assert saved == harmless
        assert file.read_bytes() == (NEW if saved or folder_flush else OLD)
        assert names(file.parent) == [file.name]
    assert n > 1 or name == "unlink"
    assert not failing.failed


def test_a_temporary_file_that_could_not_be_removed_goes_with_the_next_save(file, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", broken)
        patch.setattr(os, "unlink", broken)
        with pytest.raises(OSError, match="broken"):
            save(file)
    assert len(names(file.parent)) == 2 and file.read_bytes() == OLD
    save(file)
    assert names(file.parent) == [file.name] and file.read_bytes() == NEW


def test_a_file_system_without_a_flush_of_folders_is_no_error(file, monkeypatch):
    Failing("fsync", 2, False, errno.EINVAL).patch(monkeypatch)
    save(file)
    assert file.read_bytes() == NEW


def test_a_folder_that_may_be_written_to_but_not_read_is_enough(file, monkeypatch):
    real = os.open

    def opened(path, flags, *mode):
        if flags & os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "Permission denied")  # what all but root are told
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", opened)
    save(file)
    atomic.check_writable(file)
    assert file.read_bytes() == NEW and names(file.parent) == [file.name]


def test_what_a_living_writer_writes_is_not_swept(file):
    def parts():
        yield NEW
        save(file.parent / "other", OLD)
        assert len(names(file.parent)) == 3

    atomic.write(file, parts(), len(NEW))
    assert file.read_bytes() == NEW and names(file.parent) == [file.name, "other"]


# -- several processes ------------------------------------------------------------------------------------------------

SAVER = """if True:
    import sys
    from minifw.files import atomic
    path, letter, size = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
    print("ready", flush=True)
    while True:
        atomic.write(path, [letter * size] * 4, 4 * size)"""


def start(path, letter, size):
    process = subprocess.Popen([sys.executable, "-c", SAVER, str(path), letter, str(size)], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def whole(content, letters=b"abcd"):
    return len(content) and content == content[:1] * len(content) and content[:1] in letters


def test_several_savers_and_a_reader_see_whole_files_only(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a")
    savers = [start(path, letter, 20_000) for letter in "abcd"]
    try:
        for _ in range(200):
            assert whole(path.read_bytes())
    finally:
        for process in savers:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
    save(path)
    assert names(tmp_path) == ["file"]


@pytest.mark.campaign
def test_300_kills_leave_the_old_file_or_the_new_one():
    root = Path(__file__).parents[2]
    command = [sys.executable, root / "benchmarks" / "crash.py", "minifw", "300"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)})
    assert "300 kills, 300 whole, 0 damaged" in found.stdout and "in the end 0" in found.stdout
