"""Makes keras_scripts.json: what Keras says to the scripts of tests/keras_scripts (needs keras 3 and jax).

    KERAS_BACKEND=jax python tests/reference/make_keras_scripts.py            all of them
    KERAS_BACKEND=jax python tests/reference/make_keras_scripts.py regression binary    those, the others stay
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import keras_sides as sides  # noqa: E402 (from the folder of the tests)

DIGITS = {"float32": 6, "float64": 12}


def run(dtype, names):
    """Run scripts in this process, in one floating type: it cannot be changed in a process that has begun."""
    import keras
    from keras.src.backend.common import dtypes

    if dtype == "float64":
        import jax

        jax.config.update("jax_enable_x64", True)
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.config.set_floatx(dtype)

    def draw(self, shape, dtype=None):
        return keras.ops.convert_to_tensor(sides.first_values(tuple(shape)), dtype or keras.config.floatx())

    found = {}
    for path in (path for path in sides.SCRIPTS if path.stem in names):
        keras.backend.clear_session()
        with tempfile.TemporaryDirectory() as folder, sides.alike(keras.Sequential, keras.initializers, ("__call__", draw)):
            try:
                found[path.stem] = sides.run(path.read_text(encoding="utf-8"), path.name, folder, keras.Sequential)
            except Exception:  # the others may run
                print(f"{path.stem} in {dtype}:\n{traceback.format_exc()}", file=sys.stderr)
    return found


def rounded(value, digits):
    if isinstance(value, dict):
        return {key: rounded(entry, digits) for key, entry in value.items()}
    return [value[0], [float(f"{number:.{digits}g}") for number in value[1]]]


def main():
    if sys.argv[1:2] == ["--worker"]:
        Path(sys.argv[3]).write_text(json.dumps(run(sys.argv[2], sys.argv[4:])), encoding="utf-8")
        return
    names, file = sys.argv[1:] or [path.stem for path in sides.SCRIPTS], HERE / "keras_scripts.json"
    scripts, found = {path.stem for path in sides.SCRIPTS}, {}
    with tempfile.TemporaryDirectory() as folder:
        for dtype in DIGITS:
            target = Path(folder) / f"{dtype}.json"
            environment = {**os.environ, "KERAS_BACKEND": "jax"}
            subprocess.run([sys.executable, __file__, "--worker", dtype, target, *names], check=True, env=environment)
            found[dtype] = json.loads(target.read_text(encoding="utf-8"))
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for dtype, digits in DIGITS.items():
        both = {**kept.get(dtype, {}), **{name: rounded(said, digits) for name, said in found[dtype].items()}}
        kept[dtype] = {name: both[name] for name in sorted(scripts & both.keys())}
    lines = ",\n".join(
        f'"{dtype}": {{\n' + ",\n".join(f'"{n}": {json.dumps(v, separators=(",", ":"))}' for n, v in said.items()) + "}"
        for dtype, said in kept.items()
    )
    file.write_text(f"{{{lines}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
