"""The search of the example gives the same scores on a Dask cluster as in one process."""

import contextlib
import re
import socket
import subprocess
import sys
from pathlib import Path

SEARCH = Path(__file__).parents[2] / "examples" / "search.py"


def run(folder, *arguments):
    """What the example prints: the lines of its table, and the last one."""
    command = [sys.executable, "-W", "error", str(SEARCH), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(folder.iterdir())
    *table, last = done.stdout.splitlines()
    return table, last


def test_the_scores_are_the_same_on_a_cluster(tmp_path):
    table, last = run(tmp_path)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody has Dask's usual port already
            stack.enter_context(socket.create_server(("", 8787)))
        on_dask, last_on_dask = run(tmp_path, "--dask")
    assert table == on_dask and len(table) == 7
    right = [float(re.match(r"  (\d+\.\d)%", line)[1]) for line in table[1:]]
    assert right == sorted(right, reverse=True) and right[0] > 92 and right[-1] > 80
    assert re.fullmatch(r"6 candidates, three folds each, \d+\.\d s in this process", last)
    assert last_on_dask.endswith(" s on a Dask cluster")
