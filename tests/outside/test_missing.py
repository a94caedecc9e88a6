"""Without an optional package its part of minifw says what to install, and all else works."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

MISSING = [
    ("sklearn", "import minifw.sklearn", 'minifw.sklearn needs scikit-learn 1.6 or newer: pip install "minifw[sklearn]"'),
]


@pytest.mark.parametrize("package, code, message", MISSING)
def test_the_error_names_the_command_that_installs_it(package, code, message):
    code = f"import sys; sys.modules[{package!r}] = None\nimport minifw\n{code}"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: {message} (No module named '{package}")


@pytest.mark.parametrize(
    "missing, script, arguments, said",
    [
        ("sklearn", "search.py", "", 'this example needs scikit-learn: pip install "minifw[sklearn]"'),
        ("dask", "search.py", "--dask", 'this example needs scikit-learn and Dask: pip install "minifw[sklearn]" "dask['),
    ],
)
def test_an_example_ends_with_one_line(missing, script, arguments, said, tmp_path):
    code = f"import runpy, sys; sys.modules[{missing!r}] = None; runpy.run_path(sys.argv[1], {{}}, '__main__')"
    command = [sys.executable, "-W", "error", "-c", code, str(EXAMPLES / script), *arguments.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(said) and done.stdout.count("\n") == 1
