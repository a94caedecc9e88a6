"""Named arrays to and from disk: what is written comes back, and no file does anything but load or be refused."""

import errno
import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest

from minifw import ArgumentTypeError, ArgumentValueError, ModelFormatError
from minifw.files import json as text
from minifw.files.safetensors import DTYPES, Packed, Reader

ARRAYS = {
    **{name: np.arange(6).reshape(2, 3).astype(dtype) for name, dtype in DTYPES.items()},
    "scalar": np.array(1.5),
    "empty": np.zeros((0, 3), np.float32),
    "strided": np.arange(20.0)[::-3],
    "fortran": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    "big-endian": np.arange(3, dtype=">f8"),
    "special": np.array([np.nan, np.inf, -0.0, 5e-324]),
    "ünï/..\n": np.ones(1),
}
ENTRY = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def read(path, **options):
    with Reader(path, **options) as file:
        return file.read()


def raw(header, data=b"\0" * 4, length=None):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def entry(**changes):
    return raw({"w": {**ENTRY, **changes}})


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.safetensors"


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFormatError) as raised:
        read(path)
    error = raised.value
    assert error.path == str(path) and error.reason in str(error) and str(path) in str(error) and len(str(error)) < 900
    assert error.offset is None or 0 <= error.offset <= len(content)
    return str(error)


# -- round trips ------------------------------------------------------------------------------------------------------


def test_arrays_of_every_dtype_order_and_shape_come_back(path):
    Packed(ARRAYS, {"a": "b\n"}).write(path)
    with Reader(path) as file:
        found = file.read()
        assert file.metadata["a"] == "b\n"
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype.newbyteorder("=") and found[name].shape == array.shape
        assert found[name].tobytes() == np.ascontiguousarray(array, array.dtype.newbyteorder("=")).tobytes()


def test_equal_arrays_give_equal_bytes_and_the_digest_is_known_before(path, tmp_path):
    Packed(ARRAYS, {"x": "1", "y": "2"}).write(path)
    other = Packed(dict(reversed(ARRAYS.items())), {"y": "2", "x": "1"})
    other.write(tmp_path / "b")
    content = path.read_bytes()
    assert content == (tmp_path / "b").read_bytes() and other.digest().encode() in content
    assert content[8:9] == b"{" and (8 + int.from_bytes(content[:8], "little")) % 64 == 0 and other.size == len(content)


def test_arrays_are_read_into_others_and_the_rest_is_passed_over(path):
    Packed({"a": np.arange(3.0), "b": np.arange(4.0), "flag": np.array([True])}, {}).write(path)
    into = np.zeros(4)
    with Reader(path) as file:
        assert file.read({"b": into})["b"] is into and (into == np.arange(4)).all()


@pytest.mark.parametrize(
    ("arrays", "metadata", "error"),
    [
        ({"__metadata__": np.ones(1)}, {}, ArgumentValueError),
        ({"a": np.ones(1, complex)}, {}, ArgumentValueError),
        ({"a": np.array(["x"])}, {}, ArgumentValueError),
        ({"a": np.array([None])}, {}, ArgumentValueError),
        ({1: np.ones(1)}, {}, ArgumentTypeError),
        ({"a": np.ones(1)}, {"a": 1}, ArgumentTypeError),
    ],
)
def test_what_the_format_cannot_hold_is_refused_before_anything_is_written(arrays, metadata, error, path):
    with pytest.raises(error):
        Packed(arrays, metadata)
    assert not path.exists()


# -- files that are refused -------------------------------------------------------------------------------------------

REFUSED = {
    "empty": (b"", "0 bytes, need at least 10"),
    "short": (b"1234567", "7 bytes, need"),
    "length 0": (raw(b""), "header has 0 bytes"),
    "length + 1": (raw({"w": ENTRY}, b"", 63), "header has 63 bytes"),
    "length 2**63": (raw({"w": ENTRY}, length=1 << 63), "9,223,372,036,854,775,808"),
    "length 2**64 - 1": (raw({"w": ENTRY}, length=(1 << 64) - 1), "header has"),
    "no utf-8": (raw(b'{"\xff": 1}'), "no UTF-8"),
    "bom": (raw(b"\xef\xbb\xbf{}", b""), "no JSON"),
    "nul padding": (raw(b"{}\0\0", b""), "no JSON"),
    "lone surrogate": (raw(b'{"\\ud800": ' + json.dumps(ENTRY).encode() + b"}"), "no UTF-8"),
    "no json": (raw(b"{'a': 1}"), "no JSON"),
    "array": (raw(b"[1, 2]"), "no JSON object"),
    "null": (raw(b"null"), "no JSON object"),
    "two documents": (raw(b"{}{}", b""), "no JSON"),
    "trailing comma": (raw(b'{"__metadata__":{},}', b""), "no JSON"),
    "deep": (raw(b"[" * 100_000), "nested deeper"),
    "deep pairs": (raw(b'{"a":' * 50 + b"1" + b"}" * 50), "nested deeper than 32"),
    "NaN": (raw(b'{"w":NaN}'), "NaN is no JSON"),
    "Infinity": (raw(b'{"w":-Infinity}'), "no JSON"),
    "1e400": (raw(b'{"w":1e400}'), "too large"),
    "5000 digits": (raw(b'{"w":' + b"1" * 5000 + b"}"), "5000 digits"),
    "twice": (raw(b'{"w":1,"w":2}'), "'w' stands there twice"),
    "twice, escaped": (raw(b'{"w":1,"\\u0077":2}'), "twice"),
    "twice in metadata": (raw(b'{"__metadata__":{"a":"1","a":"2"}}', b""), "twice"),
    "metadata null": (raw(b'{"__metadata__":null}', b""), "__metadata__ must be"),
    "metadata number": (raw(b'{"__metadata__":{"a":1}}', b""), "__metadata__ must be"),
    "metadata tensor": (raw({"__metadata__": ENTRY}), "__metadata__ must be"),
    "extra field": (entry(more=1), "nothing else"),
    "missing field": (raw({"w": {"dtype": "F32", "shape": [1]}}), "must have dtype"),
    "no entry": (raw({"w": 3}), "must have dtype"),
    **{f"dtype {dtype}": (entry(dtype=dtype), "has dtype") for dtype in ("f32", "F8_E4M3", "BF16", 4, None, [])},
    **{
        f"shape {shape}": (entry(shape=shape), "shape")
        for shape in ([-1], [1.0], [True], ["1"], [None], None, 1, [1] * 33, [2**62, 8], [2])
    },
    "empty and huge": (entry(shape=[0, 2**40, 2**40], data_offsets=[0, 0]), "too large"),
    "empty and 2**63": (entry(shape=[0, 2**63], data_offsets=[0, 0]), "too large"),
    **{
        f"offsets {at}": (entry(data_offsets=at), "")
        for at in ([4, 0], [-4, 0], [0, 8], [4, 8], [0], [0, 4, 4], [0.0, 4.0], [False, 4], "04", None, [0, 2**63])
    },
    "overlap": (raw({"a": ENTRY, "b": ENTRY}), "overlaps"),
    "hole at the start": (raw({"a": {**ENTRY, "data_offsets": [4, 8]}}, b"\0" * 8), "leaves a hole"),
    "hole": (raw({"a": ENTRY, "b": {**ENTRY, "data_offsets": [8, 12]}}, b"\0" * 12), "leaves a hole"),
    "trailing bytes": (raw({"a": ENTRY}, b"\0" * 5), "tensors end at byte"),
    "missing bytes": (raw({"a": ENTRY}, b"\0" * 3), "tensors end at byte"),
    "BOOL 2": (
        raw({"w": {"dtype": "BOOL", "shape": [4], "data_offsets": [0, 4]}}, b"\0\1\2\1"),
        "another byte than 0 and 1",
    ),
    "digest missing": (raw({"__metadata__": {"minifw.format": "1"}}, b""), "must hold its digest"),
    "digest short": (raw({"__metadata__": {"minifw.sha256": "abc"}}, b""), "is no digest"),
    "digest wrong": (raw({"__metadata__": {"minifw.sha256": "a" * 64}}, b""), "it is damaged"),
    "digest twice": (raw({"__metadata__": {"minifw.sha256": "a" * 64, "b": "a" * 64}}, b""), "is no digest"),
    "zip": (b"PK\3\4\x14\0\0\0" + b"\0" * 50, "a zip archive"),
    "npy": (b"\x93NUMPY\1\0v\0{'descr'", "a .npy file"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "an HDF5 file"),
    "pickle": (pickle.dumps({"a": [1.0] * 9}, 4), "a pickle"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\0" * 20, "a gzip file"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a PNG image"),
    "elf": (b"\x7fELF\2\1\1\0" + b"\0" * 50, "an ELF program"),
    "html": (b"<!DOCTYPE html><html></html>", "an HTML or XML page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "a Git LFS pointer"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_is_refused_with_its_reason(case, path):
    content, reason = REFUSED[case]
    assert reason in refused(path, content)


def test_names_in_messages_are_escaped_and_cut(path):
    message = refused(path, raw({"\x1b[31m\n" + "n" * 10_000: {**ENTRY, "dtype": "\n"}}))
    assert "\n" not in message and "\x1b" not in message


def test_sound_files_of_others_load(path):
    for content in (
        raw({}, b""),
        raw(b' \n{"w": ' + json.dumps(ENTRY).encode() + b"} \t", b"\0\0\x80\x3f"),
        raw(
            {"b": {**ENTRY, "data_offsets": [4, 8]}, "a": ENTRY, "e": {**ENTRY, "shape": [0], "data_offsets": [4, 4]}},
            bytes(8),
        ),
    ):
        path.write_bytes(content)
        assert all(array.dtype == np.float32 for array in read(path).values())


def test_long_headers_are_read_on_request_only(path):
    Packed({"w": np.ones(1)}, {"a": "x" * 1000}).write(path)
    assert read(path, max_header=2000)
    with pytest.raises(ModelFormatError, match="at most 1,000 are read; max_header= raises"):
        read(path, max_header=1000)


def test_what_is_no_regular_file_is_an_oserror_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, error in ((tmp_path, IsADirectoryError), (tmp_path / "pipe", OSError), ("/dev/zero", OSError)):
        with pytest.raises(error, match="Is no regular file"):
            read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing")


def test_a_file_that_shrinks_or_grows_meanwhile_is_refused(path):
    Packed({"w": np.ones(1000)}, {}).write(path)
    with Reader(path) as file:
        os.truncate(path, 2000)
        with pytest.raises(ModelFormatError, match="cut while it was read"):
            file.read()
    Packed({"w": np.ones(1000)}, {}).write(path)
    with Reader(path) as file:
        os.truncate(path, 20_000)
        with pytest.raises(ModelFormatError, match="has changed while it was read"):
            file.read()


def test_an_error_of_the_machine_passes_unchanged(path, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "broken")

    Packed({"w": np.ones(3)}, {}).write(path)
    with pytest.raises(OSError, match="broken"), monkeypatch.context() as patch:
        patch.setattr(os, "fstat", broken)
        read(path)


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.campaign)])
def test_every_flipped_bit_and_every_truncation_is_refused(every, path):
    Packed({"w": np.arange(3.0), "b": np.array([True])}, {"minifw.format": "1"}).write(path)
    content = path.read_bytes()
    for end in range(len(content)):
        refused(path, content[:end])
    for bit in range(0, 8 * len(content), every):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        refused(path, bytes(flipped))


# -- time and memory --------------------------------------------------------------------------------------------------


def test_memory_is_bounded_by_the_size_of_the_file(path):
    Packed({f"w{i}": np.ones(500_000) for i in range(10)}, {}).write(path)
    tracemalloc.start()
    read(path)
    with Reader(path) as file:
        header = len(file._head)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * path.stat().st_size + 22 * header + 32e6


@pytest.mark.campaign
def test_a_header_of_100_000_tensors_is_read_in_bounded_memory(path):
    empty = {**ENTRY, "shape": [0], "data_offsets": [0, 0]}
    path.write_bytes(raw({f"w{i}": empty for i in range(100_000)}, b""))
    tracemalloc.start()
    assert len(read(path)) == 100_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 23.1 * path.stat().st_size + 32e6


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_json_has_one_spelling_and_limits():
    assert text.written({"ü": 1.0, "a": [True, None]}) == '{"a":[true,null],"\\u00fc":1.0}'
    assert text.read('{"\\ud83d\\ude00": 1}', 3) == {"😀": 1}
    with pytest.raises(text.RefusedError, match="NaN"):
        text.written([float("inf")])
    with pytest.raises(text.RefusedError, match="at most 3"):
        text.read("[1, 2]", 3, longest=3)


# -- beside the format's own package ----------------------------------------------------------------------------------


@pytest.mark.campaign
def test_nothing_is_accepted_that_the_package_refuses_and_values_agree(path):
    import safetensors
    from safetensors.numpy import load_file, save_file

    Packed(ARRAYS, {"k": "v"}).write(path)
    theirs, ours = load_file(path), read(path)
    assert theirs.keys() == ours.keys()
    assert all(theirs[name].tobytes() == ours[name].tobytes() for name in ours if name != "C64")
    plain = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("=")) for name, array in ARRAYS.items()}
    save_file(plain, path, {"k": "v"})
    ours = read(path)
    assert all(ours[name].tobytes() == plain[name].tobytes() and ours[name].dtype == plain[name].dtype for name in plain)
    rng = np.random.default_rng(0)
    content = raw(
        {"__metadata__": {"k": "v"}, "a": ENTRY, "b": {**ENTRY, "dtype": "U8", "shape": [2, 2], "data_offsets": [4, 8]}},
        bytes(8),
    )
    accepted = 0
    for _ in range(5000):
        damaged = bytearray(content)
        for at in rng.integers(0, len(content) - 8, rng.integers(1, 4)):
            damaged[at] = rng.integers(256) if rng.random() < 0.5 else ord(rng.choice(list('{}[]",:0123456789 abF')))
        path.write_bytes(damaged)
        try:
            found = read(path)
        except ModelFormatError:
            continue
        accepted += 1
        theirs = load_file(path)  # a SafetensorError here: we accepted what the package refuses
        assert {name: (a.shape, a.tobytes()) for name, a in found.items()} == {
            name: (a.shape, a.tobytes()) for name, a in theirs.items()
        }
    assert accepted > 30 and safetensors.__version__
