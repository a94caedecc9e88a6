"""Times what `fit` costs a batch over the bare loop: forward, loss, backward, step, and one read of the gradients.

    python benchmarks/fit_overhead.py              one-sample batches of the 5-3-5-4 network, the smallest there are
    python benchmarks/fit_overhead.py --quick      few samples: a few seconds

`fit` has its History and nobody else, no metrics, and looks at every gradient before the update. The bare loop takes
the same batch again and again, `fit` cuts its own from an array. Cells are `minimum/median` in µs a batch. The aim is
at most 10 µs between the two.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
from harness import Action, Timing, Worker, cell, interleave, serve, show

import minifw

BATCHES = 200
"""Batches of one epoch; what `fit` does once an epoch is spread over so many."""

RATE = 1e-7
"""Learning rate: gradients must not become subnormal, which is slow."""


def network() -> minifw.Sequential:
    layers: list[Any] = [minifw.Input((5,)), minifw.Dense(3), minifw.LeakyReLU(0.1)]
    layers += [minifw.Dense(5), minifw.Sigmoid(), minifw.Dense(4), minifw.Sigmoid()]
    return minifw.Sequential(layers, dtype="float64", seed=1)


def prepare(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """An epoch by hand, and with `fit`; each trains a network of its own."""
    rng = np.random.default_rng(1)
    x, y = rng.random((case["batches"], 5)), rng.random((case["batches"], 4))
    net, loss, optimizer = network(), minifw.MSELoss(), minifw.SGD(RATE)
    one_x, one_y, grads = x[:1].copy(), y[:1].copy(), net.params_and_grads().runs[0].grad

    def by_hand() -> None:
        for _ in range(case["batches"]):
            loss.forward(one_y, net.forward(one_x, training=True))
            net.backward(loss.backward())
            grads.dot(grads)
            optimizer.step(net.params_and_grads())

    def fit_of(metrics: list[str] | None = None, **options: Any) -> Action:
        net = network()
        net.compile(minifw.SGD(RATE), "mse", metrics=metrics)
        return lambda: net.fit(x, y, batch_size=1, verbose=0, **options)

    actions = {
        "bare loop": by_hand,
        "fit, in order": fit_of(shuffle=False),
        "fit, shuffled": fit_of(),
        "fit, with a metric": fit_of(["mae"], shuffle=False),
    }
    return actions, {"actions": list(actions)}


def row(name: str, timing: Timing, bare: Timing) -> list[str]:
    """Return a line of the table, per batch."""
    pairs = [timing.pair, timing.minus(bare)] if timing is not bare else [timing.pair]
    cells = [cell(value / BATCHES for value in pair) for pair in pairs]
    return [name, *cells, *[""] * (2 - len(cells))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few samples")
    rounds = 15 if parser.parse_args().quick else 101
    with Worker(__file__, "minifw", 0.01) as worker:
        names = worker.prepare({"batches": BATCHES})["actions"]
        timings = interleave([(worker, name) for name in names], rounds)
    rows = [row(name, timing, timings[0]) for name, timing in zip(names, timings, strict=True)]
    show(f"µs a batch, minimum/median of {rounds} rounds", ["", "a batch", "over the loop"], rows)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(prepare)
    else:
        main()
