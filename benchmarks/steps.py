"""Times forward, backward and whole training steps, with the bare matrix products of the same step as the floor.

    python benchmarks/steps.py                      both dtypes, all networks but the widest
    python benchmarks/steps.py --against torch,jax,sklearn,keras
                                                    others beside it, each in a process of its own
    python benchmarks/steps.py --quick              small networks and few samples: a few seconds
    python benchmarks/steps.py --full               the widest network too: slow

A network is `Dense` layers of the sizes given, LeakyReLU(0.1) after the first, Sigmoid after the others; the loss is the
mean squared error; a step is forward, loss, backward and update, by hand. Every library runs as it does by default, threads
included: JAX's step is compiled and its parameters donated, Keras runs on JAX (`train_on_batch`), scikit-learn's
`partial_fit` trains another network of the same sizes (marked *: it has an activation and a loss of its own). Cells are
`minimum/median` in µs a call; ratios are those of the minima and the median of the ratios round by round.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from harness import Timing, Worker, cell, interleave, show, taking_part

CONTESTANTS = str(Path(__file__).with_name("contestants.py"))

DTYPES = ("float32", "float64")


class Case(NamedTuple):
    """A network, a batch and when they are measured: always, not in `quick`, or only in `full`."""

    sizes: tuple[int, ...]
    batch: int
    when: str = "always"

    @property
    def label(self) -> str:
        """The sizes; four times 1024 is 1024x4."""
        same = len(set(self.sizes)) == 1
        return f"{self.sizes[0]}x{len(self.sizes)}" if same else "-".join(map(str, self.sizes))

    @property
    def params(self) -> int:
        """How many parameters the network has."""
        return sum((inputs + 1) * units for inputs, units in pairwise(self.sizes))


CASES = (
    Case((5, 3, 5, 4), 1),
    Case((64, 64, 64, 10), 32),
    Case((64, 64, 64, 10), 256),
    Case((784, 512, 256, 10), 32, "not quick"),
    Case((784, 512, 256, 10), 128, "not quick"),
    Case((784, 512, 256, 10), 512, "not quick"),
    Case((1024, 1024, 1024, 1024), 1024, "full"),
)

ACTIONS = {
    "floor": ("products", "forward"),
    "minifw": ("forward", "training", "gradients", "sgd", "adam"),
}
OTHERS = ("forward", "sgd", "adam")


# -- measuring -----------------------------------------------------------------------------------------------------------


def check(label: str, dtype: str, said: dict[str, dict[str, Any]]) -> None:
    """End with an error unless all is finite, and alike where there is another library."""
    for library, values in said.items():
        tolerance = 1e-3 if dtype == "float32" else 1e-6 if library == "keras" else 1e-10  # Keras rounds some to float32
        for key, other in values.items():
            value = said["minifw"][key]
            if not np.isfinite(value) or abs(value - other) > tolerance * abs(other):
                raise SystemExit(f"{label}, {dtype}: the {key} of minifw is {value}, of {library} {other}")


def measure(case: Case, dtype: str, workers: list[Worker], rounds: int) -> dict[str, Timing]:
    """Return the timings of a case by `contestant action`."""
    said = {worker.name: worker.prepare({"sizes": case.sizes, "batch": case.batch, "dtype": dtype}) for worker in workers}
    check(f"{case.label}, {case.batch}", dtype, said)
    jobs = [(worker, action) for worker in workers for action in ACTIONS.get(worker.name, OTHERS)]
    timings = interleave(jobs, rounds)
    return {f"{worker.name} {action}": timing for (worker, action), timing in zip(jobs, timings, strict=True)}


def step_row(case: Case, t: dict[str, Timing], action: str, others: list[str]) -> list[str]:
    """Return one action of a case as a row: the floor, minifw, and each other library with the ratio of the two."""
    floor, ours = t["floor forward" if action == "forward" else "floor products"], t[f"minifw {action}"]
    row = [case.label, str(case.batch), cell(floor.pair), cell(ours.pair), cell(ours.over(floor))]
    for name in others:
        row += [cell(t[f"{name} {action}"].pair), cell(ours.over(t[f"{name} {action}"]))]
    return row


def part_row(case: Case, t: dict[str, Timing]) -> list[str]:
    """Return the parts of minifw's step as a row."""
    forward, gradients, sgd = (t[f"minifw {action}"] for action in ("training", "gradients", "sgd"))
    adam = [difference * 1e3 / case.params for difference in t["minifw adam"].minus(sgd)]
    parts = (forward.pair, gradients.minus(forward), sgd.minus(gradients), adam)
    return [case.label, str(case.batch), *map(cell, parts)]


def run(cases: list[Case], dtype: str, workers: list[Worker], rounds: int) -> None:
    """Measure all cases in one dtype and print a table for each action, and one of the parts of a step."""
    timings = {}
    for case in cases:
        print(f"measuring {dtype}, {case.label}, batch {case.batch} ...", file=sys.stderr, flush=True)
        timings[case] = measure(case, dtype, workers, rounds)
    others = [worker.name for worker in workers if worker.name not in ACTIONS]
    headers = ["network", "batch", "floor", "minifw", "minifw/floor"]
    for name in others:
        headers += [name + "*" * (name == "sklearn"), f"minifw/{name}"]
    titles = {"forward": "Forward passes", "sgd": "Whole steps with SGD", "adam": "Whole steps with Adam"}
    for action, title in titles.items():
        rows = [step_row(case, timings[case], action, others) for case in cases]
        show(f"{title} in {dtype}, µs (minimum/median over the rounds)", headers, rows)
    headers = ["network", "batch", "forward, training", "loss+backward", "SGD update", "Adam more, ns/param"]
    rows = [part_row(case, timings[case]) for case in cases]
    show(f"Parts of minifw's step in {dtype}, µs (minimum/median; all but the first are differences)", headers, rows)
    disturbed = sum(timing.disturbed for case in timings.values() for timing in case.values())
    if disturbed:
        print(f"\nThe machine was busy: {disturbed} medians above 1.5 times their minimum; read the minima or run again.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small networks, few samples")
    size.add_argument("--full", action="store_true", help="the widest network too")
    parser.add_argument("--against", metavar="LIBRARIES", help="torch,jax,sklearn,keras: to be measured beside minifw")
    parser.add_argument("--dtype", choices=DTYPES, help="one dtype instead of both")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help='cases with this in their name, such as "64-10, 32"')
    parser.add_argument("--samples", type=int, metavar="N", help="rounds; by default 21, and 7 with --quick")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    kept = {"always"} if options.quick else {"always", "not quick"} | ({"full"} if options.full else set())
    cases = [case for case in CASES if case.when in kept and options.only in f"{case.label}, {case.batch}"]
    if not cases:
        raise SystemExit(f"no case has {options.only!r} in its name")
    rounds = max(1, options.samples or (7 if options.quick else 21))
    names = taking_part(options.against)
    begin = time.perf_counter()
    with ExitStack() as stack:
        seconds = 0.005 if options.quick else 0.015
        workers = [stack.enter_context(Worker(CONTESTANTS, name, seconds)) for name in ("floor", *names)]
        for dtype in [options.dtype] if options.dtype else DTYPES:
            run(cases, dtype, workers, rounds)
    print(f"\n{rounds} rounds, {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
