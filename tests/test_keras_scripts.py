"""Scripts written for Keras run here with imports, file names and the seed call changed, and say the same numbers."""

import ast
import difflib
import json
from pathlib import Path

import keras_sides as sides
import numpy as np
import pytest

import minifw
from minifw import L1, L1L2, Dense, EarlyStopping, NonNeg, Sequential, constraints, losses, regularizers

FILE = Path(__file__).parent / "reference" / "keras_scripts.json"
KERAS = json.loads(FILE.read_text(encoding="utf-8"))
"""What Keras says to the scripts as they stand, by dtype and script: made by reference/make_keras_scripts.py."""

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}
"""Relative to the greatest number of an array."""

OWN = {path.stem for path in (sides.FOLDER / "own").glob("*.py")}


def for_minifw(path):
    return sides.convert(path.read_text(encoding="utf-8"), sides.own_classes(path))


def said(path, dtype, folder, monkeypatch):
    """Return what a script says here, in a floating type that no script mentions."""
    monkeypatch.setitem(Sequential.__init__.__kwdefaults__, "dtype", dtype)
    draw = "draw", lambda self, shape, rng: sides.first_values(shape)
    with sides.alike(Sequential, minifw.initializers, draw):
        return sides.run(for_minifw(path), path.name, folder, Sequential)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("path", sides.SCRIPTS, ids=lambda path: path.stem)
def test_a_keras_script_says_what_keras_says(path, dtype, tmp_path, monkeypatch):
    found = said(path, dtype, tmp_path, monkeypatch)
    assert len(found) > 1
    assert sides.deviation(found, KERAS[dtype][path.stem]) <= TOLERANCE[dtype]


def test_there_are_forty_scripts_and_what_keras_said_to_each():
    names = {path.stem for path in sides.SCRIPTS}
    assert len(names) >= 40 and names >= OWN and len(OWN) <= 6
    assert all(KERAS[dtype].keys() == names for dtype in TOLERANCE)
    assert FILE.stat().st_size < 150_000


@pytest.mark.parametrize("path", sides.SCRIPTS, ids=lambda path: path.stem)
def test_only_imports_file_names_and_the_seed_call_are_changed(path):
    """Beside the classes that a user has to write with their `backward`."""
    before = path.read_text(encoding="utf-8")
    after = sides.convert(before)
    changed = [line[2:] for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("+ ")]
    assert len(before.splitlines()) == len(after.splitlines())
    assert all("minifw" in line or "seed" in line or ".safetensors" in line for line in changed)
    ast.parse(for_minifw(path))


def test_the_conversion_of_a_script():
    before = '''import keras
from keras.layers import Dense, Layer
keras.utils.set_random_seed(7)
class Own(Layer):
    def call(self, x):
        return x
model = keras.Sequential([Dense(3)], name="net.keras.py")
other = keras.models.Sequential()
third = keras.Sequential(
    [
        Own(),
    ],
)
model.save("net.keras"); model.save_weights(f"{model.name}.weights.h5")
'''
    after = '''import minifw as keras
from minifw.layers import Dense, Layer
np.random.seed(7)
class Own(Layer):
    forward = None
model = keras.Sequential([Dense(3)], name="net.keras.py", seed=7)
other = keras.models.Sequential(seed=7)
third = keras.Sequential(
    [
        Own(),
    ], seed=7
)
model.save("net.safetensors"); model.save_weights(f"{model.name}.weights.safetensors")
'''
    own = "import numpy\nclass Own(Layer):\n    forward = None\nclass Other: pass\n"
    assert sides.convert(before, own) == after


def test_numbers_that_differ_are_seen():
    array = np.arange(12.0).reshape(3, 4)
    wanted = sides.digest({"loss": [1.0, 2.0], "w": array})

    def far(loss, w):
        return sides.deviation(sides.digest({"loss": loss, "w": w}), wanted)

    assert far([1.0, 2.0], array) == 0
    assert far([1.0, 2.002], array) == pytest.approx(1e-3)
    assert far([1.0, 2.0], array + 1e-7 * (array == 5)) > TOLERANCE["float64"]  # none of the few that are kept
    with pytest.raises(AssertionError, match=r"shape \[4, 3\] instead of \[3, 4\]"):
        far([1.0, 2.0], array.reshape(4, 3))
    with pytest.raises(AssertionError, match="loss"):
        far([1.0, np.nan], array)
    with pytest.raises(AssertionError, match="instead of"):
        sides.deviation(sides.digest({"loss": [1.0, 2.0]}), wanted)


def test_second_names_and_small_things_that_scripts_use():
    model = Sequential(
        [Dense(3, input_dim=4, kernel_regularizer=regularizers.l2(0.01), kernel_constraint=constraints.max_norm(2))]
    )
    assert regularizers.l1_l2 is L1L2 and regularizers.l1 is L1 and constraints.non_neg is NonNeg
    model.compile("sgd", losses.MeanSquaredError(), metrics=["mae", "mse"])
    assert model.metrics_names == ["loss", "mae", "mse"]
    x, y = np.ones((6, 4)), np.ones((6, 3))
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=EarlyStopping("loss"))
    assert list(history.history) == sorted(model.metrics_names)
    assert losses.MeanSquaredError()(y, model.predict(x)) == pytest.approx(model.evaluate(x, y)[2])
