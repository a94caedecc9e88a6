"""Scripts written for Keras run here with imports, file names and the seed call changed, and say the same numbers."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from minifw import L1, L1L2, Dense, EarlyStopping, NonNeg, Sequential, constraints, losses, regularizers

HERE = Path(__file__).parent
SCRIPTS = sorted(path for path in (HERE / "keras_scripts").glob("*.py") if path.stem != "conftest")
KERAS = json.loads((HERE / "reference" / "keras_scripts.json").read_text(encoding="utf-8"))
"""What Keras said, by dtype and script: made by reference/make_keras_scripts.py from the same text."""


def numbers(found):
    """What a script leaves behind that is compared, as lists of numbers."""
    if hasattr(found, "history"):
        return {key: numbers(value) for key, value in found.history.items()}
    if isinstance(found, dict):
        return {key: numbers(value) for key, value in found.items()}
    return np.asarray(found, dtype="float64").tolist()


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float64", 1e-9)])
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_keras_script_says_what_keras_says(path, dtype, tolerance, tmp_path, monkeypatch):
    text = re.sub(r"\bseed=(\d+)", rf'seed=\1, dtype="{dtype}"', path.read_text(encoding="utf-8"))
    script = tmp_path / path.name
    script.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(script), run_name="__main__")
    wanted = KERAS[dtype][path.stem]
    assert wanted
    for name, value in wanted.items():
        found = numbers(names[name])
        for key, expected in value.items() if isinstance(value, dict) else [("", value)]:
            got = found[key] if key else found
            np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance, err_msg=f"{name} {key}")
        assert not isinstance(value, dict) or found.keys() == value.keys()


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
