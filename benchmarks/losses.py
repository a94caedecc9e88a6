"""Times forward and backward of every loss beside PyTorch's, on the same numbers.

    python benchmarks/losses.py                         1e6 entries, and the cross-entropies of small and middling batches
    python benchmarks/losses.py --only logits           cases with that in their name
    python benchmarks/losses.py --dtype float64 --samples 7

A call is the value of a batch as a number and its gradient by the predictions. Cells are `minimum/median` in µs a call; the
ratio is that of the minima and the median of the ratios round by round. Both run as they do by default, threads included.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
from contextlib import ExitStack
from typing import Any

import numpy as np
from harness import Action, Worker, cell, interleave, serve, show

MILLION, SMALL, MIDDLING = (1000, 1000), (32, 10), (256, 1000)
ELEMENTWISE = ("mse", "mae", "huber", "log_cosh", "quantile", "poisson", "hinge", "bce", "bce logits")
ROWWISE = ("kl_divergence", "categorical", "categorical logits", "sparse", "sparse logits")
CASES = [(name, shape) for name in ELEMENTWISE + ROWWISE for shape in (MILLION, MIDDLING, SMALL)]


def problem(case: dict[str, Any]) -> tuple[Any, Any]:
    """Return targets and predictions that suit a loss, the same in every process."""
    name, shape, dtype = case["name"], tuple(case["shape"]), case["dtype"]
    rng = np.random.default_rng(1)
    scores, (shares, other) = rng.normal(size=shape), rng.dirichlet(np.full(shape[1], 9.0), (2, shape[0]))
    odds, answers = rng.uniform(0.05, 0.95, shape), rng.integers(0, 2, shape)
    targets = {
        "kl_divergence": (shares, other),
        "categorical": (shares, other),
        "categorical logits": (shares, scores),
        "sparse": (rng.integers(0, shape[1], shape[0]), shares),
        "sparse logits": (rng.integers(0, shape[1], shape[0]), scores),
        "bce": (answers, odds),
        "poisson": (answers, odds),
        "bce logits": (answers, scores),
        "hinge": (2 * answers - 1, scores),
    }
    y, y_pred = targets.get(name, (rng.normal(size=shape), scores))
    return y if name.startswith("sparse") else y.astype(dtype), y_pred.astype(dtype)


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    from minifw.config import resolve

    name, _, from_logits = case["name"].partition(" ")
    name = {"sparse": "sparse_categorical_crossentropy", "categorical": "categorical_crossentropy"}.get(name, name)
    loss = resolve("loss", name)
    if from_logits:
        loss = type(loss)(from_logits=True)
    y, y_pred = problem(case)

    def both() -> float:
        value: float = loss.forward(y, y_pred)
        loss.backward()
        return value

    return {"both": both}, {"loss": both(), "gradient": float(np.abs(loss.backward()).sum(dtype=float))}


def prepare_torch(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    import torch
    import torch.nn.functional as f

    y, p = (torch.from_numpy(array) for array in problem(case))
    p.requires_grad_()

    def normalized(x: Any) -> Any:
        return torch.log(x / x.sum(1, keepdim=True))

    losses: dict[str, Any] = {
        "mse": lambda: f.mse_loss(p, y),
        "mae": lambda: f.l1_loss(p, y),
        "huber": lambda: f.huber_loss(p, y),
        "log_cosh": lambda: (p - y + f.softplus(-2 * (p - y)) - math.log(2)).mean(),
        "quantile": lambda: torch.maximum(0.5 * (y - p), -0.5 * (y - p)).mean(),
        "poisson": lambda: f.poisson_nll_loss(p, y, log_input=False, eps=1e-7),
        "hinge": lambda: torch.clamp(1 - y * p, min=0).mean(),
        "bce": lambda: f.binary_cross_entropy(p, y),
        "bce logits": lambda: f.binary_cross_entropy_with_logits(p, y),
        "kl_divergence": lambda: f.kl_div(torch.log(p), y, reduction="batchmean"),
        "categorical": lambda: -(y * normalized(p)).sum(1).mean(),
        "categorical logits": lambda: f.cross_entropy(p, y),
        "sparse": lambda: f.nll_loss(normalized(p), y),
        "sparse logits": lambda: f.cross_entropy(p, y),
    }
    loss = losses[case["name"]]

    def both() -> Any:
        value = loss()
        value.item()
        return torch.autograd.grad(value, p)[0]

    return {"both": both}, {"loss": loss().item(), "gradient": both().abs().sum(dtype=torch.float64).item()}


def run(cases: list[tuple[str, tuple[int, int]]], dtype: str, rounds: int) -> None:
    rows = []
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(__file__, name, 0.02)) for name in ("minifw", "torch")]
        for name, shape in cases:
            said = [worker.prepare({"name": name, "shape": shape, "dtype": dtype}) for worker in workers]
            for key, value in said[0].items():
                if abs(value - said[1][key]) > 1e-3 * abs(value):
                    raise SystemExit(f"{name}, {shape}: the {key} of minifw is {value}, of torch {said[1][key]}")
            ours, theirs = interleave([(worker, "both") for worker in workers], rounds)
            rows.append([name, "x".join(map(str, shape)), cell(ours.pair), cell(theirs.pair), cell(ours.over(theirs))])
    show(f"forward + backward, {dtype}, µs", ["loss", "shape", "minifw", "torch", "minifw/torch"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="SUBSTRING", help='such as "huber" or "logits, 256x1000"')
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--samples", type=int, default=15, metavar="N", help="rounds")
    options = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        raise SystemExit("torch is not installed: python -m pip install torch")
    run([case for case in CASES if options.only in f"{case[0]}, {case[1][0]}x{case[1][1]}"], options.dtype, options.samples)


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve({"minifw": prepare_minifw, "torch": prepare_torch}[sys.argv[sys.argv.index("--worker") + 1]])
    else:
        main()
