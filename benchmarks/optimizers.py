"""Times the update alone, for every optimizer, on the parameters of 784-512-256-10 in float32.

    python benchmarks/optimizers.py                    minifw
    python benchmarks/optimizers.py --against torch    PyTorch beside it: as it is by default, `foreach` and `fused`

Gradients are given and never change; arguments are the defaults but for the learning rate. Cells are `minimum/median` in
ns a parameter.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import numpy as np
from harness import Action, Timing, Worker, cell, interleave, serve, show

SIZES = (784, 512, 256, 10)
PARAMS = sum((inputs + 1) * units for inputs, units in pairwise(SIZES))
RATE = 1e-7
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGD, momentum": ("SGD", {"momentum": 0.9}),
    "Adam": ("Adam", {}),
    "Adam, amsgrad": ("Adam", {"amsgrad": True}),
    "AdamW": ("AdamW", {}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, all": ("RMSprop", {"momentum": 0.9, "centered": True}),
    "Adagrad": ("Adagrad", {}),
    "Adadelta": ("Adadelta", {}),
    "Adamax": ("Adamax", {}),
    "Nadam": ("Nadam", {}),
    "Lion": ("Lion", {}),
}
TORCH = {"torch": {}, "torch foreach": {"foreach": True}, "torch fused": {"fused": True}}


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """One network and one optimizer per action."""
    import minifw

    def step_of(name: str, options: dict[str, Any]) -> Action:
        layers = [minifw.Dense(units) for units in SIZES[1:]]
        net = minifw.Sequential([minifw.Input((SIZES[0],)), *layers], seed=1)
        net.packed.grads[:] = np.random.default_rng(1).normal(0, 0.01, PARAMS)
        optimizer = getattr(minifw, name)(RATE, **options)
        return lambda: optimizer.step(net.params_and_grads())

    return {label: step_of(*made) for label, made in CASES.items()}, {}


def prepare_torch(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The same tensors in PyTorch, for the optimizers that it has in this form."""
    import torch

    def step_of(name: str, options: dict[str, Any]) -> Action:
        rng, params = np.random.default_rng(1), []
        for inputs, units in pairwise(SIZES):
            for shape in ((units, inputs), (units,)):
                param = torch.nn.Parameter(torch.from_numpy(rng.normal(size=shape).astype("f")))
                param.grad = torch.from_numpy(rng.normal(0, 0.01, shape).astype("f"))
                params.append(param)
        optimizer = getattr(torch.optim, name)(params, lr=RATE, **options, **case["how"])
        optimizer.step()
        return optimizer.step

    actions = {}
    for label, (name, options) in CASES.items():
        try:
            actions[label] = step_of({"Nadam": "NAdam"}.get(name, name), options)
        except (AttributeError, TypeError, RuntimeError):  # PyTorch has no Lion, and not every optimizer in every form
            continue
    return actions, {"has": list(actions)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", choices=["torch"], help="a library to measure beside minifw")
    parser.add_argument("--samples", type=int, default=21, metavar="N", help="rounds")
    options = parser.parse_args()
    names = ["minifw", *(TORCH if options.against else ())]
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(__file__, name, 0.01)) for name in names}
        said = {name: worker.prepare({"how": TORCH.get(name)}) for name, worker in workers.items()}
        rows = []
        for label in CASES:
            having = [name for name in names if label in said[name].get("has", CASES)]
            print(f"measuring {label} ...", file=sys.stderr, flush=True)
            timings = dict(
                zip(having, interleave([(workers[name], label) for name in having], options.samples), strict=True)
            )
            rows.append([label, *(per_parameter(timings.get(name)) for name in names)])
    show(f"One update of {PARAMS:,} float32 parameters, ns/parameter", ["optimizer", *names], rows)


def per_parameter(timing: Timing | None) -> str:
    return "" if timing is None else cell(us * 1e3 / PARAMS for us in timing.pair)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(prepare_minifw if sys.argv[-1] == "minifw" else prepare_torch)
    else:
        main()
