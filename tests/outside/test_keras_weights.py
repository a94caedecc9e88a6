"""Weights out of files that Keras wrote, and out of files that somebody else made to do harm."""

import os
import sys
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np
import pytest
from builders import bits

import minifw as mf
from minifw import Dense, Input, ModelFormatError, Sequential

FOLDER = Path(__file__).parents[1] / "reference"


def reference(name):
    """Samples, predictions and weights, as Keras has them."""
    with np.load(FOLDER / "keras_weights.npz") as kept:
        arrays = {key.partition("/")[2]: array for key, array in kept.items() if key.startswith(name)}
    return arrays.pop("x"), arrays.pop("y"), list(arrays.values())


def pictures():
    front = [mf.Conv2D(4, 3, padding="same", activation="relu"), mf.BatchNormalization(), mf.MaxPooling2D()]
    inner = Sequential([mf.Flatten(), Dense(5), mf.LayerNormalization()], name="another_name")
    behind = [mf.Dropout(0.3), mf.PReLU(), inner, Dense(3, name="scores"), mf.RMSNormalization(), Dense(2)]
    convs = [mf.Conv2D(6, (2, 3), groups=2), mf.PReLU(shared_axes=[1, 2])]
    return Sequential([Input((8, 9, 2)), mf.Normalization(), *front, *convs, *behind], seed=1)


def table():
    return Sequential([Input((5,)), mf.Embedding(7, 3), mf.Conv1D(4, 3), Dense(2)], seed=1)


FILES = {"pictures": ("keras_pictures.keras", pictures), "table": ("keras_table.weights.h5", table)}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_keras_gives_its_weights_bit_for_bit_and_its_predictions(name):
    file, make = FILES[name]
    x, y, weights = reference(name)
    net = make()
    net.load_weights(FOLDER / file)
    assert len(weights) == len(net.get_weights())
    assert all(array.tobytes() == theirs.tobytes() for array, theirs in zip(net.get_weights(), weights, strict=True))
    assert np.allclose(net.predict(x, verbose=0), y, rtol=1e-5, atol=1e-5)


def test_a_layer_may_take_another_groups_weights():
    net = Sequential([Input((5,)), Dense(3, name="new"), Dense(2, name="last")], seed=1)
    net.load_weights(FOLDER / "keras_pictures.keras", mapping={"new": "layers/dense", "last": "layers/dense_1"})
    weights = reference("pictures")[2]
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(net.get_weights()[-2:], weights[-2:], strict=True))
    net.load_weights(FOLDER / "keras_pictures.keras", mapping={"new/bias": "layers/dense/vars/1"} | MAPPING)


MAPPING = {"new/kernel": "layers/dense/vars/0", "last": "layers/dense_1"}


def small():
    return Sequential([Input((2,)), Dense(3), Dense(2)], seed=1)


def written(path, fill=None, **more):
    """A file of the form that Keras gives it, with something done to it."""
    with h5py.File(path, "w") as file:
        for name, shapes in {"dense": [(2, 3), (3,)], "dense_1": [(3, 2), (2,)]}.items():
            group = file.create_group(f"layers/{name}/vars")
            for i, shape in enumerate(shapes):
                group[str(i)] = np.ones(shape, np.float32)
        if fill is not None:
            fill(file)
    return path


def refused(path, words):
    net = small()
    before = bits(net)
    with pytest.raises(ModelFormatError, match=words) as caught:
        net.load_weights(path)
    assert bits(net) == before and caught.value.path == str(path)


def test_the_form_is_that_of_keras(tmp_path):
    net = small()
    net.load_weights(written(tmp_path / "small.weights.h5"))
    assert all((array == 1).all() for array in net.get_weights())


def test_a_file_of_keras_is_known_by_its_name_as_there_and_opened_once(tmp_path, monkeypatch):
    path, real = written(tmp_path / "small.weights.h5"), os.open
    opened = []
    monkeypatch.setattr(os, "open", lambda name, *args: opened.append(name) or real(name, *args))
    small().load_weights(path)
    assert opened == [str(path)]
    refused(path.rename(tmp_path / "small.weights"), r"it looks like an HDF5 file \(.h5\)")


def replace(name, value, **options):
    def change(file):
        del file[name]
        if value is not None:
            file.create_dataset(name, data=value, **options)

    return change


NOT_PLAIN = "'layers/dense/vars/0' is no array of numbers as in Keras 3, in one piece and in this file"
NOT_FOLLOWED = "'layers/dense/vars/0' in the file, is missing"

MISFITS = {
    "an array is missing": (
        replace("layers/dense/vars/1", None),
        r"dense/bias, 'layers/dense/vars/1' in the file, is missing",
    ),
    "another shape": (replace("layers/dense/vars/1", np.ones(4)), r"dense/bias, .* has shape \(4,\), not \(3,\)"),
    "no numbers": (replace("layers/dense/vars/1", [b"a", b"b", b"c"]), NOT_PLAIN.replace("/0", "/1")),
    "texts": (replace("layers/dense/vars/1", ["a", "b", "c"]), NOT_PLAIN.replace("/0", "/1")),
    "whole numbers": (replace("layers/dense/vars/1", np.ones(3, int)), r"dense/bias, .* has dtype int64, not float32"),
    "bfloat16": (replace("layers/dense/vars/1", np.ones(3, "V2")), r"dense/bias, .* has dtype void16, not float32"),
    "a layer too many": (
        lambda file: file.create_dataset("layers/conv2d/vars/0", data=np.ones(3)),
        r"'layers/conv2d/vars/0' is too much",
    ),
    "no layers": (replace("layers", None), r"there are no layers in it; Keras 3 writes them"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_what_does_not_fit_is_refused_and_changes_nothing(case, tmp_path):
    change, words = MISFITS[case]
    refused(written(tmp_path / "small.weights.h5", change), words)


def test_what_does_not_fit_can_be_left_alone(tmp_path):
    net = small()
    with pytest.warns(UserWarning, match=r"left alone: dense/bias, 'layers/dense/vars/1' in the file, has shape"):
        net.load_weights(
            written(tmp_path / "small.weights.h5", replace("layers/dense/vars/1", np.ones(4))), skip_mismatch=True
        )
    assert (net.layers[0].params.kernel == 1).all() and (net.layers[0].params.bias == 0).all()


# -- files that are to do harm ----------------------------------------------------------------------------------------


def external_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/secret")


def soft_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def external_group(file):
    del file["layers"]
    file["layers"] = h5py.ExternalLink("other.h5", "/layers")


def external_storage(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (2, 3), "f4", external=[("secret.bin", 0, 24)])


def virtual(file):
    del file["layers/dense/vars/0"]
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[...] = h5py.VirtualSource("other.h5", "secret", (2, 3))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def huge(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (1 << 40, 1 << 20), "f4")


def huge_chunks(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", (2, 3), "f4", maxshape=(None, None), chunks=(1 << 14, 1 << 14))


def compressed(file):
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", data=np.ones((2, 3), "f4"), compression="gzip")


def nothing(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.Empty("f4")


def many_times(file):
    large = file.create_dataset("layers/large/vars/0", (1 << 18,), "f4", fillvalue=1.0)
    for i in range(1, 30):
        file[f"layers/large/vars/{i}"] = large


def many_large(file):
    for i in range(30):
        file.create_dataset(f"layers/large/vars/{i}", (1 << 18,), "f4", fillvalue=1.0)


def circle(file):
    file["layers/dense/again"] = file["layers"]


def deep(file):
    file.create_group("layers/" + "/".join(["deeper"] * 100))


def many(file):
    for i in range(10_001):
        file[f"layers/many/vars/{i}"] = np.float32(0)


def of_an_optimizer_and_a_seed(file):
    file["layers/dense/optimizer/vars/0"] = np.ones(3)
    file["layers/dense/seed_generator/vars/0"] = np.ones(2, np.uint32)


def type_alone(file):
    file["layers/dense/type"] = np.dtype("f8")


HARMFUL = {
    external_link: NOT_FOLLOWED,
    soft_link: NOT_FOLLOWED,
    external_group: "there are no layers in it",
    external_storage: NOT_PLAIN,
    virtual: NOT_PLAIN,
    nothing: NOT_PLAIN,
    huge: "its arrays would have more than 16,777,216 bytes, 10 times the file's",
    many_times: "'layers/large/vars/0' is too much",
    many_large: "its arrays would have more than 16,777,216 bytes, 10 times the file's",
    huge_chunks: NOT_PLAIN,
    compressed: NOT_PLAIN,
    deep: "more than 10,000 arrays, or more than 32 groups in one another",
    many: "more than 10,000 arrays, or more than 32 groups in one another",
}


@pytest.mark.parametrize("change", HARMFUL, ids=lambda change: change.__name__)
def test_no_other_file_is_opened_and_nothing_huge_is_made(change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with h5py.File("other.h5", "w") as other:
        other["secret"] = np.full((2, 3), 7, np.float32)
    Path("secret.bin").write_bytes(np.full(6, 7, np.float32).tobytes())
    refused(written(tmp_path / "small.weights.h5", change), HARMFUL[change])


@pytest.mark.parametrize("change", [circle, type_alone, of_an_optimizer_and_a_seed], ids=lambda change: change.__name__)
def test_what_stands_there_twice_or_holds_no_weights_is_passed_over(change, tmp_path):
    net = small()
    net.load_weights(written(tmp_path / "small.weights.h5", change))
    assert all((array == 1).all() for array in net.get_weights())


def archive(path, data, name="model.weights.h5", compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("config.json", "{}")
        file.writestr(name, data)
    return path


def test_an_archive_that_grows_without_end_is_not_unpacked(tmp_path):
    bomb = archive(tmp_path / "bomb.keras", bytes(50_000_000), compression=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    refused(bomb, "no sound file of Keras")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_an_archive_is_read_where_keras_puts_the_weights_and_nowhere_else(tmp_path):
    data = written(tmp_path / "small.weights.h5").read_bytes()
    net = small()
    net.load_weights(archive(tmp_path / "small.keras", data, compression=zipfile.ZIP_DEFLATED))
    assert (net.layers[0].params.kernel == 1).all()
    refused(archive(tmp_path / "other.keras", data, "../model.weights.h5"), "no sound file of Keras: KeyError..*no item")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.keras", "small.keras", "small.weights.h5"]


def test_damaged_files_are_refused(tmp_path):
    data = written(tmp_path / "small.weights.h5").read_bytes()
    path = tmp_path / "cut.weights.h5"
    for end in (8, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:end])
        refused(path, "no sound file of Keras")
    whole = archive(BytesIO(), data).getvalue()
    path = tmp_path / "damaged.keras"
    path.write_bytes(whole.replace(data, data[:-9] + b"\0\1\2" * 3))
    refused(path, "no sound file of Keras: BadZipFile.*Bad CRC")
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "no sound file of Keras")
    refused(archive(tmp_path / "none.keras", b"no HDF5"), "no sound file of Keras")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OSError, match="Is no regular file"):
        small().load_weights(tmp_path)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r'reads what Keras wrote with h5py: pip install "minifw\[keras\]"'):
        table().load_weights(FOLDER / "keras_table.weights.h5")
