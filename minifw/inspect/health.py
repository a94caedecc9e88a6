"""How well do the layers of a network learn? One step on a copy shows it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._typing import Array, ArrayLike
from ..arrays import not_empty
from ..errors import UsageError
from ..layers.base import Layer
from ..network import tree
from ..network.tap import Hop, Hops, tap
from .table import table

if TYPE_CHECKING:
    from ..sequential import Sequential

FLAT = 0.005
"""A smaller slope lets next to nothing of the message through; a sigmoid has it beyond +-5.3."""

DEAD, SATURATED = 0.25, 0.9
"""Shares from which a layer is unwell. Half the entries of a healthy ReLU have no slope; the last layer may be sure."""

FAINT = 1e-4
"""How much of the message of the last layer with weights has to come through to another one."""

STILL, WILD, SLIGHT = 1e-7, 0.5, 0.01
"""`update / weights` below which float32 hardly notices a step, and above which a step forgets what was learned, unless the
update is slight: slopes of PReLU begin at 0."""

HEADERS = ("layer", "units", "dead", "saturated", "activation", "message", "weights", "update", "update/weights")

LEGEND = """dead: the share of units with slope 0 for every sample, which cannot learn
saturated: the share of entries with a slope below 0.005; half of them is usual for relu
activation, message, weights, update: root mean squares of what is sent on, what is sent back, the
  parameters, and their change in one step; update/weights is usually about 0.001"""


class LayerHealth(NamedTuple):
    """One layer, seen during one step; sizes are root mean squares.

    Attributes:
        name: The layer's path, such as `"dense"` or `"dense/activation"`.
        units: The number of its outputs for one sample.
        dead: The share of units whose slope is 0 for every sample, so that they cannot learn; `None` without slopes.
        saturated: The share of entries with next to no slope; `None` without slopes.
        activation: The size of what it sends on.
        message: The size of the message that it sends back.
        weights: The size of its unfrozen parameters; `None` without any.
        update: The size of their change in this step.
        ratio: `update / weights`; about 1e-3 is usual.
    """

    name: str
    units: int
    dead: float | None
    saturated: float | None
    activation: float | None
    message: float | None
    weights: float | None
    update: float | None
    ratio: float | None


class Health:
    """The layers of a network, readable as a table with a verdict above it.

    Attributes:
        loss: The loss of the batch, penalties included.
        layers: One `LayerHealth` per layer, input side first; activations inside a layer are layers of their own.
    """

    def __init__(self, loss: float, layers: list[LayerHealth]) -> None:
        self.loss, self.layers = loss, layers

    def __getitem__(self, name: str) -> LayerHealth:
        return {layer.name: layer for layer in self.layers}[name]

    @property
    def verdict(self) -> str:
        """`"healthy"`, or how many layers are not, and what ails them, causes first, at most three of them."""
        sent = [layer.message for layer in self.layers if layer.message and layer.weights]
        found = sorted(filter(None, (_complaint(layer, layer is self.layers[-1], sent[-1:]) for layer in self.layers)))
        texts = [text for _, text in found[:3]] + [f"and {len(found) - 3} more"] * (len(found) > 3)
        return f"{len(found)} of {len(self.layers)} layers: {'; '.join(texts)}" if found else "healthy"

    def __str__(self) -> str:
        rows = [HEADERS, *([_shown(value) for value in layer] for layer in self.layers)]
        lines = (line.rstrip() for line in table(rows, "<>>>>>>>>"))
        return "\n".join([f"loss {self.loss:.6g}, {self.verdict}", *lines, LEGEND])

    __repr__ = __str__


def health(self: Sequential, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Health:
    """Make one training step on a copy and say how each layer does in it; the network stays as it is.

    Args:
        x: A batch; a few hundred samples say more than one.
        y: Its targets.
        sample_weight: One weight a sample.

    Returns:
        A table, one row a layer: dead and saturated units, sizes of activations, messages and updates. Its `verdict` is
        one line, such as `"1 of 2 layers: 100 % of dense/activation's units are dead"`.

    Raises:
        UsageError: If the network is not compiled.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Dense(3, activation="relu", bias_initializer=minifw.Constant(-9.0))], seed=1)
        >>> net.compile("sgd", "mse")
        >>> net.health(np.ones((4, 2)), np.ones((4, 3)))["dense/activation"].dead
        1.0
    """
    if self.loss is None:
        raise UsageError(f"{tree.label(self)}: health needs compile(optimizer=..., loss=...) first")
    with np.errstate(all="ignore"):  # an ill network is to be looked at, not to be warned about
        net, hops = copy.deepcopy(self), _Copies()
        assert net.loss is not None
        with tap(net, hops):
            y_pred = net.forward(x, training=True)
            not_empty(len(y_pred), "health")
            loss = float(net.loss.forward(y, y_pred, sample_weight) + net.penalty())
        slopes = {id(hop.layer): _shares(hop) for hop in hops if hop.layer.elementwise}  # writes gradients: those of PReLU
        with tap(net, hops):
            net.backward(net.loss.backward(), to_input=True)
        messages = {id(hop.layer): _size(hop.sent) for hop in hops if hop.direction == "backward"}
        before = {id(layer): (path, _weights(layer)) for path, layer in tree.paths(net)}
        net.optimizer.step(net.params_and_grads())
        layers = []
        for layer, _, _, output in (hop for hop in hops if hop.direction == "forward"):
            path, old = before[id(layer)]
            weights, update = _size(old), _size(_weights(layer) - old)
            ratio = update / weights if update is not None and weights else None
            dead, saturated = slopes.get(id(layer), (None, None))
            size, message = _size(output), messages.get(id(layer))
            layers.append(LayerHealth(path, output[0].size, dead, saturated, size, message, weights, update, ratio))
    return Health(loss, layers)


class _Copies(Hops):
    """Hops with a copy of what was sent: its owner writes there again."""

    def append(self, hop: Hop) -> None:
        super().append(hop._replace(sent=None if hop.sent is None else np.array(hop.sent)))


def _shares(hop: Hop) -> tuple[float, float]:
    """Return the shares of dead units and of flat entries of an activation."""
    slope = np.abs(np.asarray(hop.layer.backward(np.ones_like(hop.sent))))
    return float((slope == 0).all(axis=0).mean()), float((slope < FLAT).mean())


def _weights(layer: Layer) -> Array:
    """Return a copy of the layer's own unfrozen parameters as one vector."""
    return np.concatenate([np.zeros(0), *(param.ravel() for param in vars(layer.params).values() if layer.trainable)])


def _size(array: Array | None) -> float | None:
    return None if array is None or not array.size else float(np.sqrt(np.mean(np.square(array, dtype=np.float64))))


def _complaint(layer: LayerHealth, last: bool, loudest: list[float]) -> tuple[int, str] | None:
    """Return what is worst about a layer, if it is bad; a smaller number is nearer to the cause."""
    sizes = [size for size in (layer.activation, layer.message, layer.update) if size is not None]
    faintness = layer.message / loudest[0] if layer.message and layer.weights and loudest else 1.0
    if not np.isfinite(sizes).all():
        return 0, f"{layer.name} holds numbers that are not finite"
    if layer.dead is not None and layer.dead >= DEAD:
        return 1, f"{100 * layer.dead:.0f} % of {layer.name}'s units are dead"
    if layer.saturated is not None and layer.saturated >= SATURATED and not last:
        return 2, f"{100 * layer.saturated:.0f} % of {layer.name} is saturated"
    if not FAINT <= faintness <= 1 / FAINT:
        return 3, f"the message of {layer.name} is {faintness:.0e} of the last layer's"
    jumps = layer.ratio is not None and layer.ratio > WILD and (layer.update or 0.0) > SLIGHT
    if layer.ratio is not None and (jumps or layer.ratio < STILL):
        return 4, f"{layer.name} {'jumps' if jumps else 'stands still'} (update/weights {layer.ratio:.2g})"
    return None


def _shown(value: Any) -> str:
    return "-" if value is None else f"{value:.2g}" if isinstance(value, float) else str(value)
