"""Times how the cost of a step grows with batch, width and depth, of `predict` with rows, and the memory that each takes.

    python benchmarks/growth.py                                   minifw and the bare matrix products
    python benchmarks/growth.py --against torch,jax --plot growth.png
    python benchmarks/growth.py --quick                           few points and samples: some seconds

A network is that of `steps.py`: 64 units in 4 layers at batch 32, float32, SGD, and one of the three is varied. Its kernels
are four times as large: behind 64 sigmoids the gradients would else be subnormal numbers, which are slow. `predict` is
`net.predict` of minifw, and one forward pass without a graph of the others. Costs are fitted to all of minifw's steps: µs a
layer, ns an entry (of outputs and of parameters), ns a thousand multiplications. Memory is what the process grew by from its
imports to its peak, each case in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from harness import Timing, Worker, cell, digits, environment, interleave, show, taking_part

CONTESTANTS = str(Path(__file__).with_name("contestants.py"))
WIDTH, DEPTH, BATCH = 64, 4, 32
POINTS = {
    "batch": (1, 4, 16, 64, 256, 1024, 4096),
    "width": (8, 16, 32, 64, 128, 256, 512, 1024, 2048),
    "depth": (1, 2, 4, 8, 16, 32, 64),
    "rows": (1, 10, 100, 1000, 10_000, 100_000),
}
COLOURS = {"floor": "#888888", "minifw": "#0072b2", "torch": "#d55e00", "jax": "#009e73", "sklearn": "#cc79a7"}
"""The palette of Okabe and Ito: told apart by everybody."""


class Point(NamedTuple):
    """One case: what is varied, and its value."""

    varied: str
    value: int

    @property
    def case(self) -> dict[str, Any]:
        """What a contestant prepares."""
        size = {"width": WIDTH, "depth": DEPTH, "batch": BATCH, self.varied: self.value}
        batch = size["rows"] if self.varied == "rows" else size["batch"]
        sizes = [size["width"]] * (size["depth"] + 1)
        return {"sizes": sizes, "batch": batch, "dtype": "float32", "alone": True, "scale": 4.0}

    def action(self, name: str) -> str:
        """What is timed of a contestant."""
        if self.varied != "rows":
            return "products" if name == "floor" else "sgd"
        return "predict" if name == "minifw" else "forward"

    @property
    def counts(self) -> tuple[float, float, float]:
        """Layers, entries and thousands of multiplications of a step."""
        sizes, batch = self.case["sizes"], self.case["batch"]
        products = [a * b for a, b in pairwise(sizes)]
        entries = batch * sum(sizes[1:]) + sum(products) + sum(sizes[1:])
        return len(products), entries, batch * (3 * sum(products) - products[0]) / 1e3


def measure(points: list[Point], workers: list[Worker], rounds: int) -> dict[Point, dict[str, Timing]]:
    """Return the timings of each point by contestant."""
    timings = {}
    for point in points:
        print(f"measuring {point.varied} {point.value} ...", file=sys.stderr, flush=True)
        for worker in workers:
            worker.prepare(point.case)
        jobs = [(worker, point.action(worker.name)) for worker in workers]
        measured = interleave(jobs, rounds)
        timings[point] = {worker.name: timing for worker, timing in zip(workers, measured, strict=True)}
    return timings


def fitted(timings: dict[Point, dict[str, Timing]]) -> tuple[list[float], float]:
    """Return the costs per layer, entry and thousand multiplications, and the factor that fits worst.

    Layers and multiplications are fitted to the bare products, layers and entries to what a step takes longer: both at once
    could not be told apart, since large networks have more of all.
    """
    steps = [(point, timing) for point, timing in timings.items() if point.varied != "rows"]
    counts = np.array([point.counts for point, _ in steps])
    floor, whole = (np.array([timing[name].pair[0] for _, timing in steps]) for name in ("floor", "minifw"))
    call, product = _fit(counts[:, [0, 2]], floor)
    layer, entry = _fit(counts[:, :2], np.maximum(whole - floor, 0.01 * whole))
    costs = [call + layer, entry, product]
    return costs, float(np.exp(np.abs(np.log(counts @ costs / whole)).max()))


def _fit(counts: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return costs above zero whose sums have the smallest relative errors."""
    relative = counts / times[:, None]
    wanted, products, costs = relative.sum(axis=0), relative.T @ relative, np.full(counts.shape[1], 1e-3)
    for _ in range(20_000):  # updates by a factor keep them positive
        costs *= wanted / (products @ costs)
    return costs


def memory(name: str, point: Point) -> float:
    """Return the MB that a contestant's process grows by in a case, at its peak."""
    command = [sys.executable, __file__, "--memory", name, json.dumps(point.case), point.action(name)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    return float(done.stdout)


def grown(name: str, case: dict[str, Any], action: str) -> float:
    """Return the growth of this process: from a tiny case, with everything imported, to three calls of the case."""
    import contestants
    import others

    prepare = getattr(contestants, f"prepare_{name}", None) or getattr(others, f"prepare_{name}")
    tiny, _ = prepare({"sizes": [2, 2], "batch": 1, "dtype": case["dtype"]})
    tiny[action]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    actions, _ = prepare(case)
    for _ in range(3):
        actions[action]()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def plot(timings: dict[Point, dict[str, Timing]], path: str) -> None:
    """Draw one panel for each thing that is varied."""
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise SystemExit('--plot needs matplotlib: python -m pip install "minifw[plot]"') from None
    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(POINTS), figsize=(14, 3.6), layout="constrained")
    for axis, varied in zip(axes, POINTS, strict=True):
        points = [point for point in timings if point.varied == varied]
        for name in timings[points[0]]:
            values = [timings[point][name].pair[0] for point in points]
            style = "--" if name == "floor" else "-"
            label = "bare products" if name == "floor" else name
            axis.loglog([point.value for point in points], values, style, color=COLOURS.get(name), marker=".", label=label)
        axis.set_title(f"predict over {varied}" if varied == "rows" else f"a step over {varied}")
        axis.set_xlabel(varied)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("µs")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="LIBRARIES", help="torch,jax,sklearn: to be measured beside minifw")
    parser.add_argument("--quick", action="store_true", help="few points and samples")
    parser.add_argument("--samples", type=int, metavar="N", help="rounds; by default 11, and 3 with --quick")
    parser.add_argument("--plot", metavar="FILE", help="draw the growth into a PNG or SVG file")
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        name, case, action = options.memory
        print(grown(name, json.loads(case), action))
        return
    names = ["floor", *taking_part(options.against)]
    kept = slice(0, 6, 3) if options.quick else slice(None)
    points = [Point(varied, value) for varied, values in POINTS.items() for value in values[kept]]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(CONTESTANTS, name, 0.005 if options.quick else 0.015)) for name in names]
        timings = measure(points, workers, max(1, options.samples or (3 if options.quick else 11)))
    for varied in POINTS:
        rows = []
        for point in (point for point in points if point.varied == varied):
            row, used = [digits(point.value)], timings[point]
            for name in names:
                row += [cell(used[name].pair)] + ([cell(used["minifw"].over(used[name]))] if name != "minifw" else [])
                row += [digits(memory(name, point))]
            rows.append(row)
        headers = [varied]
        for name in names:
            headers += [name] + ([f"minifw/{name}"] if name != "minifw" else []) + ["MB"]
        what = "predict" if varied == "rows" else "A step"
        show(f"{what} over {varied}, µs (minimum/median), and MB of memory", headers, rows)
    (layer, entry, product), off = fitted(timings)
    print(
        f"\nA step of minifw costs {layer:.2f} µs a layer, {entry * 1e3:.2f} ns an entry, {product * 1e3:.1f} ns a thousand "
        f"multiplications; the step that fits worst is off by a factor of {off:.2f}"
    )
    if options.plot:
        plot(timings, options.plot)


if __name__ == "__main__":
    main()
