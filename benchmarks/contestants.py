"""Who is timed in `steps.py` and `growth.py`: each contestant prepares a case in a process of its own.

The libraries run as they do by default, threads included. A case is `{"sizes": [...], "batch": n, "dtype": "float32"}`, with
`"alone": True` if nothing is to be compared, and `"scale": s` if the kernels are to be that much larger.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Action, serve

Array = npt.NDArray[Any]

RATE = 1e-7
"""Learning rate of all: after 10^5 steps on one batch the gradients must not have become subnormal, which is slow."""


def problem(case: dict[str, Any]) -> tuple[Array, Array, list[Array]]:
    """Return inputs, targets and weights (kernel, bias, kernel, ...), the same in every process."""
    sizes, batch, dtype = case["sizes"], case["batch"], case["dtype"]
    rng, scale = np.random.default_rng(1), case.get("scale", 1.0)
    weights: list[Array] = []
    for inputs, units in pairwise(sizes):
        kernel, bias = rng.normal(0, scale * inputs**-0.5, (inputs, units)), rng.normal(0, 0.1, (units,))
        weights += [kernel.astype(dtype), bias.astype(dtype)]
    return rng.normal(size=(batch, sizes[0])).astype(dtype), rng.random((batch, sizes[-1])).astype(dtype), weights


def prepare_floor(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """The matrix products of a step, into arrays that exist; dLoss/dx of the first layer is none of them."""
    x, _, weights = problem(case)
    rng, dtype, dot = np.random.default_rng(2), case["dtype"], np.dot
    sizes: list[int] = case["sizes"]
    kernels = weights[::2]
    inputs = [x, *(rng.random((len(x), size)).astype(dtype) for size in sizes[1:-1])]
    outputs = [np.empty((len(x), size), dtype) for size in sizes[1:]]
    errors = [rng.random((len(x), size)).astype(dtype) for size in sizes[1:]]
    gradients = [np.empty_like(kernel) for kernel in kernels]
    messages = [np.empty_like(x) for x in inputs]
    forward = list(zip(inputs, kernels, outputs, strict=True))
    backward = list(zip(inputs, kernels, errors, gradients, messages, strict=True))[:0:-1]
    first = (inputs[0], errors[0], gradients[0])

    def products() -> None:
        for a, kernel, y in forward:
            dot(a, kernel, out=y)
        for a, kernel, error, gradient, message in backward:
            dot(a.T, error, out=gradient)
            dot(error, kernel.T, out=message)
        a, error, gradient = first
        dot(a.T, error, out=gradient)

    def outputs_only() -> None:
        for a, kernel, y in forward:
            dot(a, kernel, out=y)

    return {"products": products, "forward": outputs_only}, {}


def prepare_minifw(case: dict[str, Any]) -> tuple[dict[str, Action], dict[str, Any]]:
    """Networks of minifw; each optimizer trains one of its own."""
    import minifw

    x, y, weights = problem(case)
    first, *others = case["sizes"][1:]
    loss = minifw.MSELoss()

    def network() -> minifw.Sequential:
        layers: list[Any] = [minifw.Input((x.shape[1],)), minifw.Dense(first), minifw.LeakyReLU(0.1)]
        for units in others:
            layers += [minifw.Dense(units), minifw.Sigmoid()]
        net = minifw.Sequential(layers, dtype=case["dtype"], seed=1)
        net.set_weights(weights)
        return net

    def step_of(net: minifw.Sequential, optimizer: minifw.Optimizer) -> Action:
        def step() -> None:
            loss.forward(y, net.forward(x, training=True))
            net.backward(loss.backward())
            optimizer.step(net.params_and_grads())

        return step

    net = network()

    def gradients() -> float:
        value = loss.forward(y, net.forward(x, training=True))
        net.backward(loss.backward())
        return float(value)

    actions = {
        "forward": lambda: net.forward(x),
        "predict": lambda: net.predict(x),
        "training": lambda: net.forward(x, training=True),
        "gradients": gradients,
        "sgd": step_of(network(), minifw.SGD(RATE)),
        "adam": step_of(network(), minifw.Adam(RATE)),
    }
    return actions, report(case, lambda: (gradients(), [grad for _, grad in net.params_and_grads()]))


def report(case: dict[str, Any], found: Callable[[], tuple[float, list[Array]]]) -> dict[str, Any]:
    """Return what two libraries must agree on, the loss and the norm of all gradients; nothing if a case stands alone."""
    if case.get("alone"):
        return {}  # a step would take its memory
    loss, grads = found()
    return {"loss": loss, "gradient norm": float(np.sqrt(sum(np.square(grad, dtype=float).sum() for grad in grads)))}


if __name__ == "__main__":
    name = sys.argv[sys.argv.index("--worker") + 1] if "--worker" in sys.argv else ""
    if not name:
        print(__doc__)
    elif name in ("floor", "minifw"):
        serve({"floor": prepare_floor, "minifw": prepare_minifw}[name])
    else:
        import others

        serve(getattr(others, f"prepare_{name}"))
