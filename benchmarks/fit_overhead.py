"""Times what `fit` costs a batch over the bare loop: forward, loss, backward, step, and one read of the gradients.

    python benchmarks/fit_overhead.py              one-sample batches of the 5-3-5-4 network, the smallest there are
    python benchmarks/fit_overhead.py --quick      few samples: a few seconds

Both train the same network in a process of its own; `fit` has its History and nobody else, no metrics, and looks at
every gradient before the update. The bare loop takes the same batch again and again, `fit` cuts its own from an array.
Cells are `minimum/median` in µs a batch. The aim is at most 10 µs between the two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import Action, Timing, Worker, cell, interleave, serve, show

import minifw

BATCHES = 500
"""Batches of one epoch; what `fit` does once an epoch is spread over so many."""

RATE = 1e-7
"""Learning rate: gradients must not become subnormal, which is slow."""


def network() -> minifw.Sequential:
    layers: list[Any] = [minifw.Input((5,)), minifw.Dense(3), minifw.LeakyReLU(0.1)]
    layers += [minifw.Dense(5), minifw.Sigmoid(), minifw.Dense(4), minifw.Sigmoid()]
    return minifw.Sequential(layers, dtype="float64", seed=1)


def prepare_bare(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The loop by hand."""
    net, loss, optimizer = network(), minifw.MSELoss(), minifw.SGD(RATE)
    rng = np.random.default_rng(1)
    x, y, grads = rng.random((1, 5)), rng.random((1, 4)), net.params_and_grads().runs[0].grad

    def epoch() -> None:
        for _ in range(case["batches"]):
            loss.forward(y, net.forward(x, training=True))
            net.backward(loss.backward())
            grads.dot(grads)
            optimizer.step(net.params_and_grads())

    return {"epoch": epoch}, {}


def prepare_fit(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The same with `fit`."""
    rng = np.random.default_rng(1)
    x, y = rng.random((case["batches"], 5)), rng.random((case["batches"], 4))

    def fit_of(**options: Any) -> Action:
        net = network()
        net.compile(minifw.SGD(RATE), "mse", metrics=options.pop("metrics", None))
        return lambda: net.fit(x, y, batch_size=1, verbose=0, **options)

    actions = {
        "in order": fit_of(shuffle=False),
        "shuffled": fit_of(),
        "with a metric": fit_of(shuffle=False, metrics=["mae"]),
    }
    return actions, {}


PREPARE: dict[str, Callable[[dict[str, Any]], tuple[dict[str, Action], dict[str, Any]]]] = {
    "bare": prepare_bare,
    "fit": prepare_fit,
}


def row(name: str, timing: Timing, bare: Timing) -> list[str]:
    """Return a line of the table, per batch."""
    pairs = [timing.pair, timing.minus(bare)] if timing is not bare else [timing.pair]
    cells = [cell(value / BATCHES for value in pair) for pair in pairs]
    return [name, *cells, *[""] * (2 - len(cells))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few samples")
    rounds = 9 if parser.parse_args().quick else 41
    with Worker(__file__, "bare", 0.02) as bare, Worker(__file__, "fit", 0.02) as fit:
        for worker in (bare, fit):
            worker.prepare({"batches": BATCHES})
        jobs = [(bare, "epoch"), *((fit, action) for action in ("in order", "shuffled", "with a metric"))]
        timings = interleave(jobs, rounds)
    names = ["bare loop", "fit, in order", "fit, shuffled", "fit, with a metric"]
    rows = [row(name, timing, timings[0]) for name, timing in zip(names, timings, strict=True)]
    show(f"µs a batch, minimum/median of {rounds} rounds", ["", "a batch", "over the loop"], rows)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(PREPARE[sys.argv[sys.argv.index("--worker") + 1]])
    else:
        main()
