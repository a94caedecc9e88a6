"""What all benchmarks share: timing, workers in processes of their own, and tables.

Machines are noisy: other programs run, and many change between two speeds within seconds. So nothing is timed once and
after the other. Every contestant is a child process that stays alive, times one short sample on request and is halted
until the next; a round asks for each action once, and many rounds are made, so a change of speed meets all of them alike.
Minimum and median over the rounds are reported: the minimum is what the code costs, the median what one gets.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import itertools
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import TracebackType
from typing import Any, NamedTuple

Action = Callable[[], object]
"""What is timed: one call without arguments."""


# -- the machine -------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Return what a worker starts with: OpenBLAS chooses its kernel itself, whatever is forced around.

    A kernel far below the processor halves the products of NumPy, and those of other libraries stay as they are. An
    OpenBLAS older than that of NumPy 2.4 may err or crash on the newest processors, so there it stays forced.
    """
    knows = tuple(map(int, importlib.metadata.version("numpy").split(".")[:2])) >= (2, 4)
    forced = {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} if knows else set()
    return {name: value for name, value in os.environ.items() if name not in forced}


@cache
def hardware() -> str:
    """Return the BLAS kernel that workers multiply with, and the processor."""
    code = "from minifw.files.machine import blas_kernel, processor; print(f'BLAS kernel {blas_kernel()}, {processor()}')"
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, env=environment())
    return f"{done.stdout.strip()}, {os.cpu_count()} CPUs"


# -- timing ------------------------------------------------------------------------------------------------------------


def elapsed(action: Action, loops: int) -> float:
    """Return the seconds that a number of calls take together."""
    begin = time.perf_counter()
    for _ in itertools.repeat(None, loops):
        action()
    return time.perf_counter() - begin


def calibrate(action: Action, seconds: float) -> int:
    """Return how many calls take about that long; a call that takes longer is made once."""
    for _ in range(3):  # the first calls allocate, check and plan
        action()
    loops = 1
    while (taken := elapsed(action, loops)) < seconds / 2:
        loops = max(2 * loops, min(16 * loops, int(loops * seconds / max(taken, 1e-9))))
    return max(1, round(loops * seconds / taken))


def sample(action: Action, loops: int) -> float:
    """Return the µs that one call takes, after a quarter as many calls that warm the caches."""
    elapsed(action, 1 + loops // 4)
    return elapsed(action, loops) / loops * 1e6


class Timing(NamedTuple):
    """The samples of one action, in the order of the rounds."""

    samples: tuple[float, ...]

    @property
    def pair(self) -> tuple[float, float]:
        """The minimum and the median."""
        return min(self.samples), statistics.median(self.samples)

    @property
    def disturbed(self) -> bool:
        """Whether something else ran at the same time, most of the time."""
        return self.pair[1] > 1.5 * self.pair[0]

    def over(self, other: Timing) -> tuple[float, float]:
        """Return the ratio of the minima, and the median of the ratios round by round."""
        ratios = [a / b for a, b in zip(self.samples, other.samples, strict=True)]
        return self.pair[0] / other.pair[0], statistics.median(ratios)

    def minus(self, other: Timing) -> tuple[float, float]:
        """Return the difference of the minima, and the median of the differences round by round."""
        differences = [a - b for a, b in zip(self.samples, other.samples, strict=True)]
        return self.pair[0] - other.pair[0], statistics.median(differences)


# -- workers -----------------------------------------------------------------------------------------------------------


class Worker:
    """A child process that prepares cases and times samples of their actions; close it, or use it in a `with`.

    Args:
        script: The benchmark, which calls `serve` when it is run with `--worker NAME`.
        name: The contestant.
        seconds: How long one sample is to take.
    """

    def __init__(self, script: str, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds
        command = [sys.executable, script, "--worker", name]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=environment(), **pipes)

    def prepare(self, case: dict[str, Any]) -> dict[str, Any]:
        """Set up a case in place of the last one and return what the contestant says about it."""
        return self.ask({"case": case, "seconds": self.seconds})

    def sample(self, action: str) -> float:
        """Return one sample of an action of the case, in µs a call."""
        return float(self.ask({"action": action})["us"])

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request to the process, which runs only until it has answered."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError(f"worker {self.name} has no pipes")
        answer = ""
        self._signal("SIGCONT")
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        if not answer:
            raise SystemExit(f"worker {self.name} ended (code {self._process.wait()}) when it was asked {request}")
        self._signal("SIGSTOP")
        reply: dict[str, Any] = json.loads(answer)
        return reply

    def _signal(self, name: str) -> None:
        """Halt the process or let it go on: threads of BLAS spin for 0.1 s after their last product, and take a core.

        Windows cannot; there the contestants disturb one another, and minima are what to read.
        """
        if hasattr(signal, name):
            self._process.send_signal(getattr(signal, name))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def serve(prepare: Callable[[dict[str, Any]], tuple[dict[str, Action], dict[str, Any]]]) -> None:
    """Be a worker: answer the requests on stdin, one JSON line each, until it is closed.

    Args:
        prepare: Makes of a case its actions by name, and what is to be reported about it.
    """
    actions: dict[str, Action] = {}
    loops: dict[str, int] = {}
    for line in sys.stdin:
        request = json.loads(line)
        if "case" in request:
            actions, answer = prepare(request["case"])
            loops = {name: calibrate(action, request["seconds"]) for name, action in actions.items()}
        else:
            name = request["action"]
            answer = {"us": sample(actions[name], loops[name])}
        print(json.dumps(answer), flush=True)


PACKAGES = {"torch": "torch", "jax": "jax", "sklearn": "scikit-learn", "keras": "keras", "onnxruntime": "onnxruntime"}
"""Modules of other libraries, and the packages that they come in."""


def taking_part(against: str | None) -> list[str]:
    """Return who takes part, print their versions, and see to it that halted workers end with us.

    Args:
        against: Libraries to measure beside minifw, with commas between them; those that are not installed are left out.
    """
    asked = [name.strip() for name in (against or "").split(",") if name.strip()]
    unknown = [name for name in asked if name not in PACKAGES]
    if unknown:
        raise SystemExit(f"--against {','.join(unknown)}: unknown; there are {', '.join(PACKAGES)}")
    others = [name for name in asked if importlib.util.find_spec(name)]
    for name in asked:
        if name not in others:
            print(f"{name} is left out: it is not installed (python -m pip install {PACKAGES[name]})")
    versions = [f"{package} {importlib.metadata.version(package)}" for package in ("numpy", *map(PACKAGES.get, others))]
    print(", ".join([f"Python {platform.python_version()}", *versions]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return ["minifw", *others]


def interleave(jobs: Sequence[tuple[Worker, str]], rounds: int) -> list[Timing]:
    """Take one sample of each job, and that many times over.

    Args:
        jobs: Pairs of a worker and the name of an action.
        rounds: How many samples of each.

    Returns:
        One `Timing` per job.
    """
    samples: list[list[float]] = [[] for _ in jobs]
    for turn in range(rounds):
        order = list(enumerate(jobs))
        for i, (worker, action) in order if turn % 2 else order[::-1]:  # nobody always follows the same one
            samples[i].append(worker.sample(action))
    return [Timing(tuple(taken)) for taken in samples]


# -- tables ------------------------------------------------------------------------------------------------------------


def digits(value: float) -> str:
    """Return a number with three digits, or all of them before the point.

    Example:
        >>> digits(0.12345), digits(17.25), digits(98512.3)
        ('0.123', '17.2', '98512')
    """
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) < 1 else f"{value:#.3g}"


def cell(pair: Iterable[float]) -> str:
    """Return a minimum and a median as they stand in a table."""
    return "/".join(digits(value) for value in pair)


def show(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table and what it was measured on; the first column is flush left, the others flush right."""
    widths = [max(len(row[i]) for row in (headers, *rows)) for i in range(len(headers))]
    print(f"\n{title}\n{hardware()}")
    for row in (headers, ["-" * width for width in widths], *rows):
        first, *others = (f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        print("  ".join([f"{first.strip():<{widths[0]}}", *others]), flush=True)
