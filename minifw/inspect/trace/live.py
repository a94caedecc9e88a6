"""What the page can calculate itself: the layers and losses that it knows, and how they are joined."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...config import is_built_in
from ...errors import ArgumentTypeError
from ...layers.activations import GELU
from ...ops.gated import TAIL
from .jumps import Jump

if TYPE_CHECKING:
    from .trace import Trace

LIMIT = 4096
"""Entries up to which an array stands on the page as it is, and a network is calculated there."""

KNOWN = """
ELU GELU SELU Activation BatchNormalization Branches Dense Flatten LayerNormalization LeakyReLU LogSoftmax Mish PReLU
RMSNormalization ReLU Rescaling Reshape Residual SiLU Sigmoid Softmax Softplus Softsign Tanh
BinaryCrossentropyLoss CategoricalCrossentropyLoss HingeLoss HuberLoss KLDivergenceLoss LogCoshLoss MAELoss MSELoss
PoissonLoss QuantileLoss SparseCategoricalCrossentropyLoss L1 L2 L1L2
"""
"""What `engine.mjs` calculates."""

MEANS = "sum_over_batch_size", "mean", "mean_with_sample_weight", "sum"


def config(owner: Any) -> dict[str, Any]:
    """Return the arguments of a layer or loss that are numbers, and the tables that its formula needs."""
    try:
        found = {key: value for key, value in owner.config().items() if value is None or isinstance(value, (int, float))}
    except ArgumentTypeError:
        return {}
    return found | ({"tail": TAIL[8]} if type(owner) is GELU else {})


def tree(line: Sequence[Jump], place: dict[int, int]) -> list[Any]:
    """Return how layers are joined: a number a layer, and with a container that joins the parts inside it."""
    return [
        {"hop": place[id(jump)], "parts": [tree(part, place) for part in jump.parts]} if jump.joins else place[id(jump)]
        for jump in line
    ]


def obstacle(jump: Jump) -> str:
    """Return why the page cannot calculate a layer or the loss; nothing if it can."""
    owner, name = jump.layer, type(jump.layer).__name__
    array: Any = jump.input if jump.kind == "loss" else jump.output
    about = {key: getattr(owner, key, None) for key in ("axis", "reduction", "shared_axes", "ignore_class")}
    if name not in KNOWN.split() or not is_built_in(type(owner).__module__):
        return f"the page has no formula for {name}"
    if about["axis"] not in (None, -1, np.ndim(array) - 1):
        return f"{jump.name} works along another axis than the last"
    if name == "BatchNormalization" and not owner.trainable:
        return f"{jump.name} is frozen and uses what it has seen in training"
    if name == "Rescaling" and not {"scale", "offset"} <= config(owner).keys():
        return f"{jump.name} has a scale for each feature"
    if jump.kind == "loss" and about["reduction"] not in MEANS:
        return f"{name} does not add its values up"
    special = [key for key in ("shared_axes", "ignore_class") if about[key] is not None]
    return f"{jump.name} has {special[0]}" if special else ""


def obstacles(trace: Trace, samples: int) -> Iterator[str]:
    """Yield why the page cannot calculate this network, and has to show what was recorded."""
    if samples < len(trace.x):
        yield f"only {samples} of {len(trace.x)} samples are on the page"
    for jump in (*trace.forward, *(jump for jump in trace if jump.kind in ("loss", "penalty"))):
        yield from filter(None, [obstacle(jump)])
        most = max(math.prod(array.shape) for array in (jump.input, jump.output, *jump.params.values()) if array is not None)
        if most > LIMIT:
            yield f"an array of {jump.name} has {most} entries, and the page calculates up to {LIMIT}"
