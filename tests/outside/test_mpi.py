"""`fit(team=MPITeam())` with real processes: they find what one finds, and what goes wrong in one ends all of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minifw

SCRIPT = Path(__file__).with_name("mpi_script.py")
MPIEXEC = Path(sys.executable).with_name("mpiexec")  # of the package mpich, which lies where python does
ROOT = Path(minifw.__file__).parents[1]
LIMIT = 10.0

pytestmark = pytest.mark.campaign


def start(folder, size, failure, dtype="float64", options=()):
    """Start so many processes in a session of their own, as many threads in each as there are cores for it."""
    command = [MPIEXEC, "-n", str(size), sys.executable, *options, SCRIPT, failure, dtype]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen([*map(str, command)], cwd=folder, env=env, start_new_session=True, **pipes)


def finished(process):
    """Its exit code, its output and its errors; a process that hangs is ended, and fails the test."""
    try:
        out, err = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, out, err


def ended(folder, size, failure, options=()):
    """What a failing training says; it ends in time, and not with 0."""
    began = time.monotonic()
    code, out, err = finished(start(folder, size, failure, options=options))
    seconds = time.monotonic() - began
    print(f"{failure:20} {size} ranks {'-m mpi4py' if options else '':9} exit {code:3} after {seconds:.1f} s")
    assert code != 0, out
    assert seconds < LIMIT
    return out + err


@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-10), ("float32", 5e-3)])
def test_so_many_processes_find_what_one_finds(dtype, bound, tmp_path):
    """In float32 `BatchNormalization` has the bound; without it test_team.py holds a closer one."""
    alone = tmp_path / "alone"
    alone.mkdir()
    command = [sys.executable, SCRIPT, "alone", dtype]
    subprocess.run(command, cwd=alone, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    wanted = np.load(alone / "rank0.npz")
    for size in (2, 3, 4):
        folder = tmp_path / str(size)
        folder.mkdir()
        code, out, err = finished(start(folder, size, "none", dtype))
        assert code == 0, err
        for rank in range(size):
            found = np.load(folder / f"rank{rank}.npz")
            for name in wanted:
                np.testing.assert_allclose(found[name], wanted[name], rtol=bound, atol=bound)
        assert len({(folder / f"rank{rank}.txt").read_text() for rank in range(size)}) == 1
        assert out.count("Epoch 2/2") == 1 and len(list((folder / "models").iterdir())) == 2
        assert (folder / "log.csv").read_text().count("\n") == 3


FAILURES = {
    # what goes wrong in the last process, or in all: the line of the error that says why
    "the forward": "ZeroDivisionError: the forward is broken",
    "the backward": "ZeroDivisionError: the backward is broken",
    "the validation": "ZeroDivisionError: the validation is broken",
    "on_train_begin": "ZeroDivisionError: on_train_begin is broken",
    "on_train_batch_end": "ZeroDivisionError: on_train_batch_end is broken",
    "on_epoch_end": "ZeroDivisionError: on_epoch_end is broken",
    "on_train_end": "ZeroDivisionError: on_train_end is broken",
    "a write": "IsADirectoryError: [Errno 21] Is a directory. The new file of",
    "NaN": "likely cause: the data: x holds NaN or infinities in 1 of the 8 rows",
    "SIGINT": "\nKeyboardInterrupt",
    "SIGKILL": "Killed (signal 9)",
    "sys.exit": "that is enough",
    "the script": "ZeroDivisionError: the script is broken",
    "unequal weights": "ranks begin with different weights: each must build the same network",
    "unequal data": "ranks begin with different data: each must build the same network",
    "unequal numbers": "ranks are at different batches: call fit with the same data",
    "unequal seeds": "ranks begin with different seeds: each must build the same network",
    "unequal options": "ranks begin with different options: each must build the same network",
    "unequal arguments": "ArgumentValueError: fit: epochs must be in [0, inf), got -1",
}


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("failure", FAILURES)
def test_what_goes_wrong_in_one_process_ends_all_and_is_said_once(failure, size, tmp_path):
    said = ended(tmp_path, size, failure)
    assert said.count(FAILURES[failure]) == 1, said
    assert not list(tmp_path.glob("rank*"))


@pytest.mark.parametrize("failure", ["the forward", "on_train_end", "NaN", "the script", "unequal weights"])
def test_the_same_under_python_m_mpi4py(failure, tmp_path):
    assert ended(tmp_path, 3, failure, ["-m", "mpi4py"]).count(FAILURES[failure]) == 1


@pytest.mark.parametrize("size", [2, 3, 4])
def test_ctrl_c_ends_all_between_two_batches(size, tmp_path):
    process = start(tmp_path, size, "Ctrl-C")
    while "under way" not in process.stdout.readline():
        assert process.poll() is None
    began = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    code, _, err = finished(process)
    print(f"Ctrl-C {size} ranks exit {code} after {time.monotonic() - began:.1f} s")
    assert code != 0 and "\nKeyboardInterrupt" in err and time.monotonic() - began < LIMIT
