"""Times forward and backward of each layer and loss, beside PyTorch's on the same arrays.

    python benchmarks/layers.py                     arrays of 1,000 x 1,000, normalizations on 256 x 512
    python benchmarks/layers.py --against torch     PyTorch beside it, in a process of its own
    python benchmarks/layers.py --quick             small arrays and few samples: a few seconds

Every library runs as it does by default, threads included; PyTorch keeps its graph, as one has to for a backward. Cells are
`minimum/median` in µs for one forward and one backward together; ratios are those of the minima and the median of the
ratios round by round.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import signal
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np
from harness import Action, Timing, Worker, cell, interleave, serve, show

ELEMENTWISE, NORMALIZED, QUICK = (1000, 1000), (256, 512), (32, 64)

LAYERS: dict[str, tuple[str, str]] = {
    "ReLU": ("ReLU()", "ReLU()"),
    "LeakyReLU": ("LeakyReLU(0.1)", "LeakyReLU(0.1)"),
    "PReLU": ("PReLU(shared_axes=[1])", "PReLU(init=0.0)"),
    "ELU": ("ELU()", "ELU()"),
    "SELU": ("SELU()", "SELU()"),
    "GELU": ("GELU()", "GELU()"),
    "GELU, approximate": ("GELU(approximate=True)", "GELU(approximate='tanh')"),
    "SiLU": ("SiLU()", "SiLU()"),
    "Mish": ("Mish()", "Mish()"),
    "Softplus": ("Softplus()", "Softplus()"),
    "Softsign": ("Softsign()", "Softsign()"),
    "Sigmoid": ("Sigmoid()", "Sigmoid()"),
    "Tanh": ("Tanh()", "Tanh()"),
    "Softmax": ("Softmax()", "Softmax(dim=-1)"),
    "LogSoftmax": ("LogSoftmax()", "LogSoftmax(dim=-1)"),
    "Dropout": ("Dropout(0.2)", "Dropout(0.2)"),
    "BatchNormalization": ("BatchNormalization()", "BatchNorm1d(512, eps=1e-3)"),
    "LayerNormalization": ("LayerNormalization()", "LayerNorm(512, eps=1e-3)"),
    "RMSNormalization": ("RMSNormalization()", "RMSNorm(512, eps=1e-6)"),
}
"""What a layer is called here and in `torch.nn`."""

LOSSES: dict[str, tuple[str, str]] = {
    "MSELoss": ("MSELoss()", "MSELoss()"),
    "MAELoss": ("MAELoss()", "L1Loss()"),
    "HuberLoss": ("HuberLoss()", "HuberLoss()"),
    "BinaryCrossentropyLoss": ("BinaryCrossentropyLoss()", "BCELoss()"),
    "BinaryCrossentropyLoss, logits": ("BinaryCrossentropyLoss(from_logits=True)", "BCEWithLogitsLoss()"),
    "SparseCategoricalCrossentropyLoss, logits": (
        "SparseCategoricalCrossentropyLoss(from_logits=True)",
        "CrossEntropyLoss()",
    ),
}


def arrays(case: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return input, error gradient and class numbers, the same in every process."""
    rng = np.random.default_rng(1)
    shape, dtype = tuple(case["shape"]), case["dtype"]
    x, g = rng.normal(size=shape).astype(dtype), rng.random(shape).astype(dtype)
    return x, g, rng.integers(0, shape[-1], shape[0])


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The layer or loss of this package."""
    import minifw

    x, g, classes = arrays(case)
    made: Any = eval(f"minifw.{case['minifw']}", {"minifw": minifw})
    if case["name"] in LAYERS:
        made(x)  # builds

        def both() -> Any:
            y = made.forward(x, True)
            return y, made.backward(g)
    else:
        x = g if "logits" not in case["name"] else x
        target = classes if made.target_kind == "index" else np.round(g)

        def both() -> Any:
            return made.forward(target, x), made.backward()

    y, message = both()
    return {"both": both}, {"output": float(np.sum(y)), "message": float(np.sqrt(np.square(message, dtype=float).sum()))}


def prepare_torch(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The same in PyTorch, eager."""
    import torch

    x, g, classes = arrays(case)
    expression = case["torch"].replace("512", str(x.shape[1]))
    made: Any = eval(f"nn.{expression}", {"nn": torch.nn})
    x = g if case["name"] in LOSSES and "logits" not in case["name"] else x
    inputs, error = torch.from_numpy(x).requires_grad_(), torch.from_numpy(g)
    made = made.to(inputs.dtype)
    sparse = "Sparse" in case["name"]
    target = torch.from_numpy(classes) if sparse else torch.from_numpy(np.round(g))
    parameters = list(made.parameters())

    def both() -> Any:
        for each in (inputs, *parameters):
            each.grad = None
        if case["name"] in LAYERS:
            y = made(inputs)
            y.backward(error)
            return y
        y = made(inputs, target)
        y.backward()
        return y.item()  # minifw's loss is a Python number, so this one becomes one too

    y = both()
    return {"both": both}, {
        "output": float(y if isinstance(y, float) else y.detach().sum()),
        "message": float(np.sqrt(np.square(np.asarray(inputs.grad), dtype=float).sum())),
    }


PREPARE = {"minifw": prepare_minifw, "torch": prepare_torch}


def measure(name: str, dtype: str, quick: bool, workers: list[Worker], rounds: int) -> list[Timing]:
    """Return one timing a contestant, after a look whether both calculate the same."""
    ours, theirs = (LAYERS | LOSSES)[name]
    shape = QUICK if quick else NORMALIZED if "Normalization" in name else ELEMENTWISE
    case = {"name": name, "minifw": ours, "torch": theirs, "shape": shape, "dtype": dtype}
    said = [worker.prepare(case) for worker in workers]
    for key, value in said[0].items():
        # what is dropped is another choice in each library
        if "Dropout" not in name and abs(value - said[-1][key]) > 1e-3 * (1 + abs(value)):
            raise SystemExit(f"{name}, {dtype}: the {key} of minifw is {value}, PyTorch says {said[-1][key]}")
    return interleave([(worker, "both") for worker in workers], rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small arrays, few samples")
    parser.add_argument("--against", choices=["torch"], help="a library to measure beside minifw")
    parser.add_argument("--dtype", choices=["float32", "float64"], help="one dtype instead of both")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="layers and losses with this in their name")
    parser.add_argument("--samples", type=int, default=0, metavar="N", help="rounds; by default 15, and 3 with --quick")
    options = parser.parse_args()
    if options.against and importlib.util.find_spec(options.against) is None:
        raise SystemExit(f"{options.against} is not installed: python -m pip install {options.against}")
    names = ["minifw", *([options.against] if options.against else [])]
    versions = [f"{package} {importlib.metadata.version(package)}" for package in ("numpy", *names[1:])]
    print(", ".join([f"Python {platform.python_version()}", *versions, f"{os.cpu_count()} CPUs"]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # a halted worker would otherwise outlive us
    rounds = options.samples or (3 if options.quick else 15)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(__file__, name, 0.005 if options.quick else 0.03)) for name in names]
        for dtype in [options.dtype] if options.dtype else ["float32", "float64"]:
            rows = []
            for name in [name for name in LAYERS | LOSSES if options.only in name]:
                timings = measure(name, dtype, options.quick, workers, rounds)
                row = [name, *(cell(timing.pair) for timing in timings)]
                rows.append([*row, cell(timings[0].over(timings[1]))] if len(timings) > 1 else row)
            headers = ["forward + backward", *names, *(["minifw/torch"] if len(names) > 1 else [])]
            show(f"{dtype}, µs (minimum/median over {rounds} rounds)", headers, rows)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(PREPARE[sys.argv[sys.argv.index("--worker") + 1]])
    else:
        main()
