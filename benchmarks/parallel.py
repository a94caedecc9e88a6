"""Times a training step on several processes of one machine, and says by a model what it would be on many machines.

    python benchmarks/parallel.py            one, two and four processes
    python benchmarks/parallel.py --quick    few steps: half a minute

It needs `pip install "minifw[mpi]" mpich`. A step is what `fit` does with one batch, without metrics; times are
`minimum/median` in ms. Each process multiplies on one thread; the row "all cores" is one process whose BLAS takes what there
is. More processes than cores wait for each other while they turn in circles, so there their times say nothing.

The model takes the time that one process needs for its rows, `batch / machines` of them, and adds what an Allreduce costs at
best: every machine sends and receives `2 (machines - 1) / machines` times the bytes, and each call waits for
`2 log2(machines)` messages. Real networks are slower, and it is no measurement.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import cell, environment, show

import minifw
from minifw.parallel import MPITeam

CASES = {
    "784-512-256-10, batch 128": ((784, 512, 256, 10), 128),
    "784-2048-1024-10, batch 512": ((784, 2048, 1024, 10), 512),
}
LINKS = {"1 Gbit/s, 50 µs": (125e6, 50e-6), "10 Gbit/s, 20 µs": (1.25e9, 20e-6), "100 Gbit/s, 2 µs": (12.5e9, 2e-6)}
"""Bytes a second, and seconds that a message takes at least."""
MACHINES = (1, 2, 4, 8, 16)


class Clock(minifw.Callback):
    """Takes the time between the ends of two batches."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.times.append(time.perf_counter())


class Counting:
    """A team that counts what it exchanges."""

    def __init__(self, team: MPITeam) -> None:
        self._team, self.rank, self.size, self.sent = team, team.rank, team.size, []

    def add(self, array: np.ndarray) -> None:
        self.sent.append(array.nbytes)
        self._team.add(array)


def measure(case: str, batch: int, steps: int, parallel: bool) -> dict[str, Any] | None:
    """Return the ms of each step, and the calls and bytes of one; only the first process returns anything."""
    sizes, _ = CASES[case]
    rng = np.random.default_rng(1)
    x, y = rng.random((batch, sizes[0]), np.float32), rng.integers(0, sizes[-1], batch)
    layers = [minifw.Dense(units, activation="relu") for units in sizes[1:-1]]
    net = minifw.Sequential([minifw.Input(sizes[:1]), *layers, minifw.Dense(sizes[-1])], seed=1)
    net.compile(minifw.Adam(1e-7), minifw.SparseCategoricalCrossentropyLoss(from_logits=True))
    clock, team = Clock(), Counting(MPITeam()) if parallel else None
    batches = [(x, y)] * (steps + 2)
    net.fit(batches, verbose=0, callbacks=[clock], team=team)
    if team is not None and team.rank:
        return None
    sent = [] if team is None else team.sent
    inside = sent[4:-4]  # without what is compared at the beginning, at the end of the epoch, and at the end
    calls, size = (0, 0) if not inside else (len(inside) / (steps + 2), sum(inside) / (steps + 2))
    return {"ms": (np.diff(clock.times)[1:] * 1e3).tolist(), "calls": calls, "bytes": size}


def run(processes: int, threads: int | None, *arguments: Any) -> dict[str, Any]:
    """Measure in processes of their own; without a number of threads BLAS chooses it."""
    mpiexec = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    env = environment() | ({} if threads is None else {"OPENBLAS_NUM_THREADS": str(threads)})
    if processes > 1:
        command = [str(mpiexec), "-n", str(processes), *command, "--parallel"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def joined(processes: int, threads: int | None, rounds: int, *arguments: Any) -> dict[str, Any]:
    """Return the steps of several runs as one."""
    found = [run(processes, threads, *arguments) for _ in range(rounds)]
    return found[0] | {"ms": [ms for one in found for ms in one["ms"]]}


def modelled(alone: float, size: float, calls: float, machines: int, bandwidth: float, latency: float) -> float:
    """Return the ms of a step on so many machines, by the model."""
    sending = 2 * (machines - 1) / machines * size / bandwidth
    waiting = calls * 2 * math.log2(machines) * latency
    return alone + (sending + waiting) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few steps")
    parser.add_argument("--measure", nargs=3, metavar=("CASE", "BATCH", "STEPS"), help="what a process is started with")
    parser.add_argument("--parallel", action="store_true", help="among others")
    options = parser.parse_args()
    if options.measure:
        case, batch, steps = options.measure
        found = measure(case, int(batch), int(steps), options.parallel)
        if found is not None:
            print(json.dumps(found))
        return
    steps, rounds = (8, 1) if options.quick else (30, 2)
    rows, sent = [], {}
    for case, (_, batch) in CASES.items():
        for processes, threads in ((1, None), (1, 1), (2, 1), (4, 1)):
            found = sent[case] = joined(processes, threads, rounds, case, batch, steps)
            name = f"{processes}{'' if threads else ', all cores'}"
            ms = cell((min(found["ms"]), statistics.median(found["ms"])))
            rows.append([case, name, ms, f"{found['calls']:.0f}", f"{found['bytes']:,.0f}"])
    show("One machine, measured", ["network", "processes", "ms a step", "calls", "bytes a step"], rows)
    rows = []
    for case, (_, batch) in CASES.items():
        alone = [min(joined(1, None, rounds, case, batch // machines, steps)["ms"]) for machines in MACHINES]
        exchange = sent[case]["bytes"], sent[case]["calls"]
        for name, link in LINKS.items():
            times = [modelled(ms, *exchange, machines, *link) for ms, machines in zip(alone, MACHINES, strict=True)]
            rows.append([case, name, *(f"{ms:.2f}" for ms in times)])
    show("Many machines, a model: ms a step", ["network", "link", *map(str, MACHINES)], rows)


if __name__ == "__main__":
    main()
