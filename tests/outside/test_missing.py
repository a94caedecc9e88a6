"""Without an optional package its part of minifw says what to install, and all else works."""

import subprocess
import sys

import pytest

MISSING = [
    ("sklearn", "import minifw.sklearn", 'minifw.sklearn needs scikit-learn 1.6 or newer: pip install "minifw[sklearn]"'),
]


@pytest.mark.parametrize("package, code, message", MISSING)
def test_the_error_names_the_command_that_installs_it(package, code, message):
    code = f"import sys; sys.modules[{package!r}] = None\nimport minifw\n{code}"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.splitlines()[-1] == f"ImportError: {message}"
