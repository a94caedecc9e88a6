"""Times forward and backward of convolutions, pools and tables, beside PyTorch's, and measures a convolution's memory.

    python benchmarks/images.py                     this package alone
    python benchmarks/images.py --against torch     PyTorch beside it, in a process of its own
    python benchmarks/images.py --quick             few samples

PyTorch gets its own layout, channels first. Cells are `minimum/median` in µs for one forward and one backward together;
ratios are those of the minima and the median of the ratios round by round. Memory is the peak of a step,
input and error gradient included, over the bytes of its input, its output and all gradients.
"""

from __future__ import annotations

import argparse
import sys
import tracemalloc
from contextlib import ExitStack
from typing import Any

import numpy as np
from harness import Action, Worker, cell, interleave, serve, show, taking_part

IMAGE = (32, 28, 28, 16)
CASES: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "Conv2D 3x3, 32 filters": ("Conv2D(32, 3, padding='same')", "Conv2d(16, 32, 3, padding=1)", IMAGE),
    "Conv2D 1x1, 32 filters": ("Conv2D(32, 1)", "Conv2d(16, 32, 1)", IMAGE),
    "Conv2D 3x3, strides 2": ("Conv2D(32, 3, strides=2)", "Conv2d(16, 32, 3, stride=2)", IMAGE),
    "Conv2D 3x3, depthwise": ("Conv2D(16, 3, padding='same', groups=16)", "Conv2d(16, 16, 3, padding=1, groups=16)", IMAGE),
    "MaxPooling2D 2x2": ("MaxPooling2D(2)", "MaxPool2d(2)", IMAGE),
    "AveragePooling2D 2x2": ("AveragePooling2D(2)", "AvgPool2d(2)", IMAGE),
    "Embedding 100,000 x 64": ("Embedding(100_000, 64)", "Embedding(100_000, 64)", (4096,)),
}


def arrays(case: dict[str, Any], y_shape: tuple[int, ...]) -> Any:
    """Return the error gradient, the same in every process."""
    return np.random.default_rng(2).normal(size=y_shape).astype(case["dtype"])


def samples(case: dict[str, Any]) -> Any:
    rng = np.random.default_rng(1)
    shape = tuple(case["shape"])
    return rng.integers(0, 100_000, shape) if len(shape) == 1 else rng.normal(size=shape).astype(case["dtype"])


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The layer of this package, in a network that wants dLoss/dx."""
    import minifw

    x = samples(case)
    layer: Any = eval(f"minifw.{case['minifw']}", {"minifw": minifw})
    net = minifw.Sequential([layer], dtype=case["dtype"], seed=1)
    net.build(x.shape[1:])
    g = arrays(case, layer.forward(x).shape)

    def both() -> None:
        layer.forward(x, True)
        layer.backward(g)

    both()
    tracemalloc.start()
    both()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    held = sum(array.nbytes for array in getattr(layer._buffers, "arrays", ()) if array is not None)
    own = sum(grad.nbytes for grad in vars(layer.grads).values())
    return {"both": both}, {
        "memory": (peak + held + x.nbytes + g.nbytes) / (2 * x.nbytes + 2 * g.nbytes + own),
        "output": list(g.shape),
    }


def prepare_torch(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The same in PyTorch, eager."""
    import torch

    x = samples(case)
    layer: Any = eval(f"nn.{case['torch']}", {"nn": torch.nn}).to(getattr(torch, case["dtype"]))
    inputs = torch.from_numpy(x) if x.ndim == 1 else torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    if x.ndim > 1:
        inputs.requires_grad_()
    g = torch.from_numpy(arrays(case, tuple(layer(inputs).shape)))
    leaves = [*layer.parameters(), *([inputs] if x.ndim > 1 else [])]

    def both() -> None:
        for leaf in leaves:
            leaf.grad = None
        layer(inputs).backward(g)

    shape = [g.shape[i] for i in (0, 2, 3, 1)] if x.ndim > 1 else list(g.shape)
    return {"both": both}, {"output": shape}


PREPARE = {"minifw": prepare_minifw, "torch": prepare_torch}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few samples")
    parser.add_argument("--against", choices=["torch"], help="a library to measure beside minifw")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help="cases with this in their name")
    parser.add_argument("--samples", type=int, default=0, metavar="N", help="rounds; by default 15, and 3 with --quick")
    options = parser.parse_args()
    names = taking_part(options.against)
    rounds = options.samples or (3 if options.quick else 15)
    rows = []
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(__file__, name, 0.005 if options.quick else 0.05)) for name in names]
        for name, (ours, theirs, shape) in CASES.items():
            if options.only not in name:
                continue
            case = {"minifw": ours, "torch": theirs, "shape": shape, "dtype": "float32"}
            said = [worker.prepare(case) for worker in workers]
            if any(other["output"] != said[0]["output"] for other in said):
                raise SystemExit(f"{name}: the shapes of the outputs differ: {said}")
            timings = interleave([(worker, "both") for worker in workers], rounds)
            row = [name, *(cell(timing.pair) for timing in timings)]
            row += [cell(timings[0].over(timings[1]))] if len(timings) > 1 else []
            rows.append([*row, f"{said[0]['memory']:.2f}"])
    headers = ["forward + backward", *names, *(["minifw/torch"] if len(names) > 1 else []), "memory"]
    show(
        f"float32, µs (minimum/median over {rounds} rounds); memory over that of input, output and gradients", headers, rows
    )


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(PREPARE[sys.argv[sys.argv.index("--worker") + 1]])
    else:
        main()
