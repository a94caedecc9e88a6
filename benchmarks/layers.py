"""Times forward and backward of each layer and loss that PyTorch has too, beside PyTorch's on the same numbers.

    python benchmarks/layers.py                         layers on 1,000 x 1,000, those with parameters on 256 x 512; losses
                                                        on three shapes
    python benchmarks/layers.py --against torch         PyTorch beside it, in a process of its own
    python benchmarks/layers.py --quick                 few rows and few samples: a few seconds
    python benchmarks/layers.py --only "logits, 256"    rows with that in their name and shape

Convolutions, pools and tables have a script of their own, images.py. Every library runs as it does by default, threads
included; PyTorch keeps its graph, as one has to for a backward. Losses that are no module of `torch.nn` are composed there.
Cells are `minimum/median` in µs for one forward and one backward together; ratios are those of the minima and the median
of the ratios round by round.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np
from harness import Action, Timing, Worker, cell, interleave, serve, show, taking_part

Shape = tuple[int, int]

MILLION, MIDDLING, SMALL, FEATURES = (1000, 1000), (256, 1000), (32, 10), (256, 512)

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
    "Dense": ("Dense(512)", "Linear(512, 512)"),
    "BatchNormalization": ("BatchNormalization()", "BatchNorm1d(512, eps=1e-3)"),
    "LayerNormalization": ("LayerNormalization()", "LayerNorm(512, eps=1e-3)"),
    "RMSNormalization": ("RMSNormalization()", "RMSNorm(512, eps=1e-6)"),
}
"""What a layer is called here and in `torch.nn`."""

LOSSES: dict[str, tuple[str, str]] = {
    "MSELoss": ("MSELoss()", "f.mse_loss(p, y)"),
    "MAELoss": ("MAELoss()", "f.l1_loss(p, y)"),
    "HuberLoss": ("HuberLoss()", "f.huber_loss(p, y)"),
    "LogCoshLoss": ("LogCoshLoss()", "(p - y + f.softplus(-2 * (p - y)) - 0.6931471805599453).mean()"),
    "QuantileLoss": ("QuantileLoss(0.75)", "torch.maximum(0.75 * (y - p), -0.25 * (y - p)).mean()"),
    "PoissonLoss": ("PoissonLoss()", "f.poisson_nll_loss(p, y, log_input=False, eps=1e-7)"),
    "HingeLoss": ("HingeLoss()", "torch.clamp(1 - y * p, min=0).mean()"),
    "KLDivergenceLoss": ("KLDivergenceLoss()", "f.kl_div(torch.log(p), y, reduction='batchmean')"),
    "BinaryCrossentropyLoss": ("BinaryCrossentropyLoss()", "f.binary_cross_entropy(p, y)"),
    "BinaryCrossentropyLoss, logits": (
        "BinaryCrossentropyLoss(from_logits=True)",
        "f.binary_cross_entropy_with_logits(p, y)",
    ),
    "CategoricalCrossentropyLoss": (
        "CategoricalCrossentropyLoss()",
        "-(y * torch.log(p / p.sum(1, keepdim=True))).sum(1).mean()",
    ),
    "CategoricalCrossentropyLoss, logits": ("CategoricalCrossentropyLoss(from_logits=True)", "f.cross_entropy(p, y)"),
    "SparseCategoricalCrossentropyLoss": (
        "SparseCategoricalCrossentropyLoss()",
        "f.nll_loss(torch.log(p / p.sum(1, keepdim=True)), y)",
    ),
    "SparseCategoricalCrossentropyLoss, logits": (
        "SparseCategoricalCrossentropyLoss(from_logits=True)",
        "f.cross_entropy(p, y)",
    ),
}
"""What a loss is called here, and what it is in PyTorch for predictions `p` and targets `y`."""


def tensors(case: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Return a layer's input, its error gradient and weights for Dense, the same in every process."""
    rng, shape, dtype = np.random.default_rng(1), tuple(case["shape"]), case["dtype"]
    x, g, w = rng.normal(size=shape), rng.random(shape), rng.normal(0, shape[1] ** -0.5, (shape[1], shape[1]))
    return x.astype(dtype), g.astype(dtype), w.astype(dtype)


def problem(case: dict[str, Any]) -> tuple[Any, Any]:
    """Return targets and predictions that suit a loss, the same in every process."""
    rng, shape, dtype = np.random.default_rng(1), tuple(case["shape"]), case["dtype"]
    name, _, logits = case["name"].partition(", ")
    scores, (shares, others) = rng.normal(size=shape), rng.dirichlet(np.full(shape[1], 9.0), (2, shape[0]))
    odds, answers, labels = rng.uniform(0.05, 0.95, shape), rng.integers(0, 2, shape), rng.integers(0, shape[1], shape[0])
    targets = {
        "PoissonLoss": (answers, odds),
        "HingeLoss": (2 * answers - 1, scores),
        "KLDivergenceLoss": (shares, others),
        "BinaryCrossentropyLoss": (answers, odds),
        "CategoricalCrossentropyLoss": (shares, others),
        "SparseCategoricalCrossentropyLoss": (labels, shares),
    }
    y, p = targets.get(name, (rng.normal(size=shape), scores))
    return y if y is labels else y.astype(dtype), (scores if logits else p).astype(dtype)


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The layer or loss of this package."""
    import minifw

    made: Any = eval(f"minifw.{case['minifw']}", {"minifw": minifw})
    if case["name"] in LAYERS:
        x, g, weights = tensors(case)
        made(x)  # builds
        if case["name"] == "Dense":
            made.params.kernel = weights

        def both() -> Any:
            return made.forward(x, True), made.backward(g)
    else:
        y, p = problem(case)

        def both() -> Any:
            return made.forward(y, p), made.backward()

    value, message = both()
    gradients = vars(made.grads).values() if case["name"] in LAYERS else []
    return {"both": both}, said(value, message, gradients)


def prepare_torch(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The same in PyTorch, eager."""
    import torch

    parameters: list[Any] = []
    if case["name"] in LAYERS:
        x, g, weights = tensors(case)
        layer: Any = eval(f"nn.{case['torch']}", {"nn": torch.nn}).to(torch.from_numpy(x).dtype)
        inputs, error = torch.from_numpy(x).requires_grad_(), torch.from_numpy(g)
        parameters = list(layer.parameters())
        if case["name"] == "Dense":
            layer.weight.data, layer.bias.data = torch.from_numpy(weights.T.copy()), torch.zeros_like(layer.bias)

        def both() -> Any:
            for each in (inputs, *parameters):
                each.grad = None
            output = layer(inputs)
            output.backward(error)
            return output
    else:
        y, inputs = (torch.from_numpy(array) for array in problem(case))
        inputs.requires_grad_()
        loss: Any = eval(f"lambda p, y: {case['torch']}", {"torch": torch, "f": torch.nn.functional})

        def both() -> Any:
            inputs.grad = None
            value = loss(inputs, y)
            value.backward()
            return value.item()  # minifw's loss is a Python number, so this one becomes one too

    value = both()
    value = value if isinstance(value, float) else value.detach()
    return {"both": both}, said(value, inputs.grad, [each.grad for each in parameters])


def said(output: Any, message: Any, gradients: Any) -> dict[str, Any]:
    """Return the norms that both libraries must agree in."""

    def norm(array: Any) -> float:
        return float(np.linalg.norm(np.asarray(array, dtype=np.float64)))

    return {"output": norm(output), "message": norm(message), "gradients": norm([norm(each) for each in gradients])}


PREPARE = {"minifw": prepare_minifw, "torch": prepare_torch}


def cases(quick: bool, only: str) -> list[tuple[str, Shape]]:
    """Return names and shapes of what is to be measured."""
    found: list[tuple[str, Shape]] = []
    for name in LAYERS:
        shape = FEATURES if "Normalization" in name or name == "Dense" else MILLION
        found.append((name, (shape[0] // 32, shape[1]) if quick else shape))
    for name in LOSSES:
        found.extend((name, shape) for shape in ([SMALL] if quick else [MILLION, MIDDLING, SMALL]))
    return [(name, shape) for name, shape in found if only in f"{name}, {shape[0]}x{shape[1]}"]


def measure(name: str, shape: Shape, dtype: str, workers: list[Worker], rounds: int) -> list[Timing]:
    """Return one timing a contestant, after a look whether both calculate the same."""
    ours, theirs = (LAYERS | LOSSES)[name]
    case = {"name": name, "minifw": ours, "torch": theirs, "shape": shape, "dtype": dtype}
    answers = [worker.prepare(case) for worker in workers]
    for key, value in answers[0].items():
        # what is dropped is another choice in each library
        if name != "Dropout" and not abs(value - answers[-1][key]) <= 1e-4 * value:
            raise SystemExit(f"{name}, {shape}, {dtype}: the {key} of minifw is {value}, PyTorch says {answers[-1][key]}")
    return interleave([(worker, "both") for worker in workers], rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rows, few samples")
    parser.add_argument("--against", choices=["torch"], help="a library to measure beside minifw")
    parser.add_argument("--dtype", choices=["float32", "float64"], help="one dtype instead of both")
    parser.add_argument("--only", default="", metavar="SUBSTRING", help='such as "GELU" or "logits, 256x1000"')
    parser.add_argument("--samples", type=int, default=0, metavar="N", help="rounds; by default 15, and 3 with --quick")
    options = parser.parse_args()
    names = taking_part(options.against)
    rounds = options.samples or (3 if options.quick else 15)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(__file__, name, 0.005 if options.quick else 0.03)) for name in names]
        for dtype in [options.dtype] if options.dtype else ["float32", "float64"]:
            rows = []
            for name, shape in cases(options.quick, options.only):
                timings = measure(name, shape, dtype, workers, rounds)
                row = [name, "x".join(map(str, shape)), *(cell(timing.pair) for timing in timings)]
                rows.append([*row, cell(timings[0].over(timings[1]))] if len(timings) > 1 else row)
            headers = ["forward + backward", "shape", *names, *(["minifw/torch"] if len(names) > 1 else [])]
            show(f"{dtype}, µs (minimum/median over {rounds} rounds)", headers, rows)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve(PREPARE[sys.argv[sys.argv.index("--worker") + 1]])
    else:
        main()
