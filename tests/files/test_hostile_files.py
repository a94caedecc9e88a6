"""A file from a stranger loads or is a ModelFormatError: nothing is run, imported or opened, and no memory is claimed."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from builders import network

from minifw import Dense, Dropout, Input, LeakyReLU, ModelFormatError, Residual, Sequential, load_model
from minifw.files.safetensors import Packed, Reader


def trained():
    layers = Dense(2, LeakyReLU(0.1)), Dropout(0.5), Residual([Dense(2)]), Dense(1)
    net = network(*layers, inputs=(2,), optimizer="adam", metrics=["mae"], dtype="float32")
    net.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    return net


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "net"
    trained().save(path)
    with Reader(path) as file:
        return file.read(), file.metadata, path.read_bytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def refused(path, match=None, **options):
    with pytest.raises(ModelFormatError, match=match) as raised:
        load_model(path, **options)
    error = raised.value
    assert error.path == str(path) and error.reason and len(str(error)) < 6000 and str(error).isprintable()
    return str(error)


def rewritten(path, original, change, part="minifw.config"):
    """Write the file with another configuration or training state, and a right digest."""
    arrays, metadata, _ = original
    value = json.loads(metadata[part])
    changed = change(value)
    text = changed if isinstance(changed, str) else json.dumps(value if changed is None else changed)
    Packed(arrays, {**{key: text for key, text in metadata.items() if key != "minifw.sha256"}, part: text}).write(path)


# -- what is described ------------------------------------------------------------------------------------------------


def at(*keys, **values):
    def change(value):
        for key in keys:
            value = value[key]
        value.update(values)

    return change


def layer(i, **values):
    return at("config", "layers", i, "config", **values)


def without(*keys):
    def change(value):
        for key in keys[:-1]:
            value = value[key]
        del value[keys[-1]]

    return change


def written(kind, name, **config):
    return {"kind": kind, "class": name, "config": config}


CONFIGS = {
    "no json": (lambda v: "{", "no JSON"),
    "twice": (lambda v: '{"class": 1, "class": 2}', "twice"),
    "deep": (lambda v: "[" * 100_000, "nested deeper"),
    "a little too deep": (lambda v: "[" * 33 + "]" * 33, "nested deeper than 32"),
    "long": (lambda v: '"' + "x" * 1_000_000 + '"', "at most 1,000,000"),
    "NaN": (lambda v: '{"class": NaN}', "NaN"),
    "null": (lambda v: "null", "no configuration"),
    "list": (lambda v: [1], "no configuration"),
    "a layer": (lambda v: written("layer", "ReLU", input_shape=[1]), "is a layer, not a network"),
    "unknown class": (at("config", "layers", 0, **{"class": "Foo"}), r"unknown layer 'Foo'.*custom_objects=\{'Foo'"),
    "dotted": (at("config", "layers", 0, **{"class": "os.system"}), "unknown layer 'os.system'"),
    "dunder": (at("config", "layers", 0, **{"class": "__class__"}), "unknown layer"),
    "long name": (at("config", "layers", 0, **{"class": "D" * 900_000}), "unknown layer"),
    "look-alike": (at("config", "layers", 0, **{"class": "Dens\u0435"}), "unknown layer"),
    "control characters": (at("config", "layers", 0, **{"class": "\x1b[31m\n"}), "unknown layer"),
    "class is a list": (at("config", "layers", 0, **{"class": []}), "must be names"),
    "kind is a list": (at("config", "layers", 0, kind=["layer"]), "must be names"),
    "unknown kind": (at("config", "layers", 0, kind="module"), "unknown module"),
    "a loss among the layers": (lambda v: v["config"]["layers"].append(written("loss", "MSELoss")), "wanted a layer, got"),
    "a layer as a penalty": (layer(0, kernel_regularizer=written("layer", "ReLU")), "regularizer is a name"),
    "a number among the layers": (lambda v: v["config"]["layers"].append(3), "wanted a layer, got"),
    "layers no list": (at("config", layers=3), "no list"),
    "no layers": (at("config", layers=[]), "too much"),
    "too many layers": (
        lambda v: v["config"].update(layers=[written("layer", "ReLU") for _ in range(10_001)]),
        "more than 10,000 layers",
    ),
    "unknown key": (layer(0, colour=1), r"layers\[0\]: 'Dense': Dense has no argument 'colour'"),
    "unknown flag": (at("config", "layers", 0, colour=1), "unknown key 'colour'"),
    "missing key": (without("config", "layers", 0, "config", "units"), r"layers\[0\]: 'Dense'.*'units'"),
    **{f"units {units}": (layer(0, units=units), "units must be") for units in (True, 1e9, -1, "2", None, [2])},
    "units 10**9": (layer(3, units=10**9), r"dense_1/kernel is float32 \(2, 1\), not float32 \(2, 1000000000\)"),
    "another dtype": (at("config", dtype="float64"), "not float64"),
    "no dtype": (at("config", dtype="complex64"), "dtype must be"),
    "another input": (at("config", input_shape=[3]), "not float32 \\(3, 2\\)"),
    "no input": (at("config", input_shape=None), "input_shape"),
    "huge input": (at("config", input_shape=[10**18]), "dense/kernel"),
    "negative input": (at("config", input_shape=[-1]), "input_shape"),
    "name twice": (lambda v: [layer(i, name="a")(v) for i in (0, 3)] and None, "two layers are named"),
    "name of the optimizer's": (layer(0, name="opt"), "neither 'opt' nor 'train'"),
    "name as a path": (layer(0, name="../a"), "a name is"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_a_configuration_is_refused_with_its_reason(case, original, path):
    change, match = CONFIGS[case]
    rewritten(path, original, change)
    refused(path, f"(?s){match}")


def test_networks_inside_do_not_build_themselves_before_the_arrays_are_compared(original, path):
    bomb = written("layer", "Dense", units=10**9, input_shape=[10**9])
    inside = written("layer", "Sequential", layers=[bomb] * 100, dtype="float32", seed=1, input_shape=[10**9])
    for change in (
        lambda v: v["config"].update(layers=[inside] * 10),
        lambda v: v["config"].update(layers=[bomb] * 1000),
        lambda v: v["config"].update(layers=[written("layer", "Residual", layers=[inside])], input_shape=[10**9]),
    ):
        rewritten(path, original, change)
        tracemalloc.start()
        message = refused(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 32e6 and "dense" in message


def test_a_metric_of_a_trillion_thresholds_claims_no_memory(original, path):
    change = at("compiled", metrics=[["auc", written("metric", "AUC", num_thresholds=10**12)]])
    rewritten(path, original, change, "minifw.training")
    tracemalloc.start()
    load_model(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32e6


# -- how it was trained -----------------------------------------------------------------------------------------------

PCG = ["1", "3", "0", "0"]
STATES = {
    "no json": (lambda v: "[", "no JSON"),
    "a list": (lambda v: [], "no object"),
    "empty": (lambda v: {}, "compiled"),
    "a loss as the optimizer": (at("compiled", optimizer=written("loss", "MSELoss")), "an optimizer is"),
    "another optimizer": (at("compiled", optimizer=written("optimizer", "SGD")), "is too much"),
    "one with more slots": (at("compiled", "optimizer", "config", amsgrad=True), "is missing"),
    "no optimizer": (at("compiled", optimizer=None), "optimizer"),
    "unknown loss": (at("compiled", loss=written("loss", "Foo")), "unknown loss 'Foo'"),
    "unknown metric": (at("compiled", metrics=[["a", written("metric", "Foo")]]), "unknown metric"),
    "metrics no pairs": (at("compiled", metrics=[3]), "wrong"),
    "metric twice": (at("compiled", metrics=[["a", "mae"], ["a", "mae"]]), "different names"),
    "no counts": (at("compiled", counts=None), "too much"),
    "negative steps": (at("compiled", "counts", iterations=-1), "a count"),
    "half a step": (at("compiled", "counts", iterations=1.5), "a count"),
    "2**64 steps": (at("compiled", "counts", updates=2**64), "a count"),
    "shuffles": (at(shuffles="3"), "a count"),
    "other layers": (without("generators", "dense"), "generators of other layers"),
    "more layers": (at("generators", more={}), "generators of other layers"),
    "generators a list": (at(generators=[]), "wrong"),
    "entropy": (at("generators", "dense", entropy=3), "no whole number"),
    "long entropy": (at("generators", "dense", entropy="1" * 50), "no whole number"),
    "129 bits": (at("generators", "dense", entropy=str(2**128)), "128 bits"),
    "other digits": (at("generators", "dense", entropy="\u0663"), "no whole number"),
    "spawn key": (at("generators", "dense", spawn_key=[-1]), "a count"),
    "long spawn key": (at("generators", "dense", spawn_key=[1] * 40), "more than 32"),
    "short state": (at("generators", "dropout", state=PCG[:3]), "wrong"),
    "even increment": (at("generators", "dropout", state=["1", "2", "0", "0"]), "no state of a PCG64"),
    "flag 2": (at("generators", "dropout", state=["1", "3", "2", "0"]), "no state of a PCG64"),
    "one flag": (at("generators", "dense", flags=[True]), "wrong"),
    "flags that are numbers": (at("generators", "dense", flags=[1, 1.0]), "True or False"),
    "a negative multiplier": (at("generators", "dense", flags=[True, -1.0]), "learning_rate_multiplier"),
    "33 bits": (at("generators", "dropout", state=["1", "3", "0", str(2**32)]), "no state of a PCG64"),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_of_training_is_refused_and_the_weights_alone_still_load(case, original, path):
    change, match = STATES[case]
    rewritten(path, original, change, "minifw.training")
    refused(path, f"(?s){match}")
    assert load_model(path, compile=False).count_params() == trained().count_params()


def test_arrays_that_do_not_fit_are_named_up_to_twenty(original, path):
    arrays, metadata, _ = original
    metadata = {key: text for key, text in metadata.items() if key != "minifw.sha256"}
    for change, match in (
        ({"dense/kernel": np.ones((2, 2))}, "dense/kernel is float64 .* not float32"),
        ({"dense/kernel": np.ones((2, 3), np.float32)}, r"\(2, 3\)"),
        ({"dense/more": np.ones(1, np.float32)}, "'dense/more' is too much"),
        ({f"more{i}": np.ones(1, np.float32) for i in range(30)}, "and 10 more"),
        ({"opt/momentum/dense/kernel": np.ones(3, np.float32)}, "opt/momentum/dense/kernel is"),
        ({"opt/more/dense/kernel": np.ones((2, 2), np.float32)}, "is too much"),
    ):
        Packed({**arrays, **change}, metadata).write(path)
        refused(path, match)
    Packed({name: array for name, array in arrays.items() if name != "dense/bias"}, metadata).write(path)
    refused(path, "dense/bias is missing")


def test_versions_of_the_format(original, path):
    arrays, metadata, _ = original
    metadata = {key: text for key, text in metadata.items() if key != "minifw.sha256"}
    for given, match in (("3", "written by format 3, this minifw reads <= 1"), ("0", "no number"), ("1.5", "no number")):
        Packed(arrays, {**metadata, "minifw.format": given}).write(path)
        refused(path, match)
    Packed(arrays, {**metadata, "minifw.of_the_future": "x"}).write(path)
    load_model(path)
    Packed(arrays, {}).write(path)
    refused(path, "holds arrays but no network")


# -- what is damaged --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [37, pytest.param(1, marks=pytest.mark.campaign)])
def test_every_flipped_bit_and_every_truncation_of_a_model_file_is_refused(every, path):
    Sequential([Input((1,)), Dense(1)], seed=1).save(path)
    content = path.read_bytes()
    load_model(path)
    for bit in range(0, 8 * len(content), every):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        refused(path)
    for end in range(0, len(content), every):
        path.write_bytes(content[:end])
        refused(path)


def mutated(rng, original):
    """One damaged file: bytes flipped, cut, inserted or copied, a length changed, or a token of its JSON swapped."""
    arrays, metadata, content = original
    kind = rng.integers(8)
    damaged = bytearray(content)
    end = len(damaged) if rng.random() < 0.3 else 8 + int.from_bytes(content[:8], "little")
    if kind == 0:
        for place in rng.integers(0, end, rng.integers(1, 6)):
            damaged[place] ^= 1 << rng.integers(8)
    elif kind == 1:
        del damaged[rng.integers(end) :]
    elif kind == 2:
        place = rng.integers(end)
        damaged[place:place] = rng.bytes(rng.integers(1, 20))
    elif kind == 3:
        damaged[:8] = int(rng.integers(0, 1 << int(rng.integers(1, 63)))).to_bytes(8, "little")
    elif kind == 4:
        a, b = sorted(rng.integers(8, end, 2))
        damaged[a:a] = damaged[a : min(b, a + 100)]
    else:
        part = "minifw.config" if rng.random() < 0.6 else "minifw.training"
        tokens = json.dumps(json.loads(metadata[part])).split(" ")
        a, b = rng.integers(0, len(tokens), 2)
        new = ["-1", "1e999", "null", "[]", "{}", "true", '"x"', "NaN", "9" * 30, "[" * 2000, '"Dense"', tokens[b]]
        tokens[a] = new[rng.integers(len(new))] + rng.choice(["", ",", "]", "}", ":"])
        if rng.random() < 0.3:
            tokens[a], tokens[b] = tokens[b], tokens[a]
        rest = {key: text for key, text in metadata.items() if key != "minifw.sha256"}
        return Packed(arrays, {**rest, part: " ".join(tokens)})
    return bytes(damaged)


@pytest.mark.parametrize("count", [300, pytest.param(20_000, marks=pytest.mark.campaign)])
@pytest.mark.filterwarnings("ignore:.*NaN or infinite:UserWarning")
def test_mutated_files_load_or_are_refused(count, original, tmp_path):
    rng, loaded = np.random.default_rng(count), 0
    folder = tmp_path / "files"
    folder.mkdir()
    for i in range(count):
        path = folder / f"{i % 2}"
        found = mutated(rng, original)
        path.write_bytes(found) if isinstance(found, bytes) else path.write_bytes(b"".join(map(bytes, found._parts(Sink()))))
        try:
            load_model(path, compile=bool(rng.random() < 0.8))
            loaded += 1
        except ModelFormatError as error:
            assert error.path == str(path) and error.reason
    assert loaded < count / 2


class Sink:
    """Takes the place of a hash."""

    def update(self, part):
        pass


# -- what loading does to the machine ---------------------------------------------------------------------------------

AUDIT = """if True:
    import sys, os
    from pathlib import Path
    import minifw
    files = [Path(name) for name in sys.argv[1:]]
    def load(file):
        try:
            minifw.load_model(file)
        except minifw.ModelFormatError:
            pass
    for file in files[:2]:
        load(file)
    seen = []
    sys.addaudithook(lambda event, arguments: seen.append((event, arguments)))
    for file in files:
        seen.clear()
        load(file)
        events = list(seen)
        opened = [a[0] for event, a in events if event == "open" and not isinstance(a[0], int)]
        assert [os.fspath(name) for name in opened] == [str(file)], opened
        wrong = [event for event, _ in events if event.split(".")[0] in ("import", "exec", "compile", "subprocess", "os",
                 "socket", "ctypes", "pickle", "shutil", "tempfile", "urllib", "code", "marshal")]
        assert not wrong, wrong
    print("done", len(files))"""


def test_loading_imports_runs_and_opens_nothing_but_the_file(original, tmp_path):
    rng = np.random.default_rng(5)
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(original[2])
    rewritten(bad, original, CONFIGS["dotted"][0])
    files = [good, bad]
    for name in ("unknown key", "look-alike", "a layer as a penalty"):
        files.append(tmp_path / name)
        rewritten(files[-1], original, CONFIGS[name][0])
    while len(files) < 40:
        found = mutated(rng, original)
        if isinstance(found, bytes):
            files.append(tmp_path / f"m{len(files)}")
            files[-1].write_bytes(found)
    code = [sys.executable, "-c", AUDIT, *map(str, files)]
    found = subprocess.run(code, capture_output=True, text=True, check=False)
    assert found.stdout == "done 40\n", found.stderr


def test_loading_takes_no_more_memory_than_the_network_it_returns(path):
    net = Sequential([Input((1000,)), Dense(2000), Dense(1000)], seed=1)
    net.save(path)
    tracemalloc.start()
    load_model(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * path.stat().st_size + 4e6  # parameters and gradients: the file is read into the vector itself
