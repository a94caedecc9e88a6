"""Makes keras_scripts.json: what the scripts of tests/keras_scripts say on Keras itself (needs keras 3 and jax).

    KERAS_BACKEND=jax python tests/reference/make_keras_scripts.py

Only the imports and the seed call of the text are changed, mechanically: `minifw` becomes `keras`, and what
`Sequential(..., seed=1)` says is said by `keras.utils.set_random_seed`. The numbers of both floating types are kept.
"""

import contextlib
import json
import os
import re
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
COMPARED = re.compile(r"(\w+_)?(history|scores|predictions|curve|table|rates|steps)")


def for_keras(text):
    """The text of a script, its imports and its seed call those of Keras."""
    text = re.sub(r"^(import|from) minifw\b", r"\1 keras", text, flags=re.M)
    seed = re.search(r"\bseed=(\d+)", text)[1]
    text = re.sub(r",\s*seed=\d+,?|\bseed=\d+", "", text)
    return text.replace("import numpy", f"from keras.utils import set_random_seed\nset_random_seed({seed})\nimport numpy", 1)


def numbers(found):
    if hasattr(found, "history"):
        found = found.history
    if isinstance(found, dict):
        return {key: numbers(value) for key, value in found.items()}
    return np.asarray(found, dtype="float64").tolist()


def run(dtype):
    """Run all scripts in this process, and write what they say to stdout."""
    import keras
    from keras.src.backend.common import dtypes

    if dtype == "float64":
        import jax

        jax.config.update("jax_enable_x64", True)
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.config.set_floatx(dtype)
    results = {}
    for path in sorted((HERE.parent / "keras_scripts").glob("*.py")):
        if path.stem == "conftest":
            continue
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path(path.name).write_text(for_keras(path.read_text(encoding="utf-8")), encoding="utf-8")
            names = runpy.run_path(path.name, run_name="__main__")
        results[path.stem] = {name: numbers(names[name]) for name in sorted(names) if COMPARED.fullmatch(name)}
    return results


def main():
    """Run the scripts once in each floating type: it cannot be changed in a process that has begun."""
    if len(sys.argv) > 1:
        Path(sys.argv[2]).write_text(json.dumps(run(sys.argv[1])), encoding="utf-8")
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ("float32", "float64"):
            target = Path(folder) / f"{dtype}.json"
            environment = {**os.environ, "KERAS_BACKEND": "jax"}
            subprocess.run([sys.executable, __file__, dtype, str(target)], check=True, env=environment)
            found[dtype] = json.loads(target.read_text(encoding="utf-8"))
    (HERE / "keras_scripts.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
