"""A pass through a copy of a network, forwards and back, in which everything that is sent is kept."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np

from ..._typing import Array, ArrayLike
from ...engine.errstate import silent
from ...errors import UsageError
from ...layers.base import Layer
from ...layers.branches import Branches
from ...losses.base import Loss
from ...network import inputs, penalties, tree
from ...network.network import Network
from ...network.tap import Hop, Hops, tap
from .jumps import Jump


class Recording:
    """Both directions of one pass.

    Args:
        net: The network; it is copied and left alone.
        x: The samples.
        y: The targets.
        loss: The loss; copied too.

    Attributes:
        net: The copy, with the caches of this pass.
        x: The samples as they went in.
        y: The targets as the loss saw them.
        y_pred: The predictions.
        value: The loss, penalties included.
        forward: The layers in the order of the forward pass.
        jumps: The jumps, from the loss back.
        line: The jumps over the layers one after another, without what is inside a container that joins.

    Raises:
        UsageError: If there is nothing to jump over.
    """

    @silent  # what is no number is shown as such
    def __init__(self, net: Network, x: ArrayLike, y: ArrayLike, loss: Loss) -> None:
        self.net, loss = copy.deepcopy(net), copy.deepcopy(loss)
        vars(self.net)["optimizer"] = None  # its slots are as large as the network
        self.x: Array = np.array(inputs.admit(self.net, x))
        self.forward: list[Jump] = []
        self.jumps: list[Jump] = []
        self._made: dict[int, Jump] = {}
        self._where = {
            id(inner): (i, path) for i, top in enumerate(self.net.layers) for path, inner in tree.paths(top, top.name)
        }
        self._hops = Hops()
        self._sent: dict[int, tuple[Array, Jump]] = {}  # arrays are kept, so that no other gets one's address
        with tap(self.net, self._hear):
            self.net.forward(self.x, training=True)
            if not self.forward:
                raise UsageError(f"{tree.label(self.net)}: no layer does anything, so there is nothing to jump over")
            self.y_pred = y_pred = self.forward[-1].output
            self.y = np.array(loss.admit(y, y_pred)[0])
            self.value = float(np.sum(loss.forward(y, y_pred))) + self.net.penalty()
            error_grad = loss.backward()
            factor = np.array(error_grad)
            about = {"factor": factor, "message_out": factor, "input": y_pred, "y": self.y}
            self.jumps.append(Jump(type(loss).__name__, "loss", _in_words(loss), layer=loss, **about))
            self._sent = {id(error_grad): (error_grad, self.jumps[0])}
            self.net.backward(error_grad, to_input=True)
        for jump in self.forward:
            if jump.layer.elementwise:
                jump.factor = np.array(jump.layer.backward(np.ones_like(jump.output)))
        self.jumps += self._penalties()
        self.line = self._line(self.net.layers)
        for jump in self.forward:
            if jump.joins:
                parts = [[child for _, child, _ in jump.layer.children()]]
                parts = [[child] for child in parts[0]] if type(jump.layer) is Branches else parts
                jump.parts = [self._line(part) for part in parts]

    def _line(self, layers: Sequence[Layer]) -> list[Jump]:
        """Return the jumps over layers one after another; what stands inside a container that joins is its own affair."""
        line: list[Jump] = []
        for layer in layers:
            jump = self._made.get(id(layer))
            line += [] if jump is None else [jump]
            if jump is None or not jump.joins:
                line += self._line([child for _, child, _ in layer.children()])
        return line

    def _hear(self, hop: Hop) -> None:
        """Keep what came and what was sent, as copies, before their owners write there again, and who sent what came."""
        if not self._hops.take(hop):
            return
        jump, (_, sender) = self._jump(hop.layer), self._sent.get(id(hop.came), (None, None))
        came, sent = (None if array is None else np.array(array) for array in (hop.came, hop.sent))
        if hop.direction == "forward":
            jump.input, jump.output, jump.source = came, sent, sender
            if hop.layer.steps[0] == "forward":  # else the layer inside is an activation, heard behind it
                for inner in list(tree.walk(hop.layer))[1:]:
                    if id(inner) in self._made:  # they were passed before it
                        jump.joins = self._made[id(inner)].inside = True
            self.forward.append(jump)
        else:
            jump.message_in, jump.message_out, jump.behind = came, sent, sender
            jump.grads = {key: grad.copy() for key, grad in vars(hop.layer.grads).items()}
            self.jumps.append(jump)
        self._sent[id(hop.sent)] = hop.sent, jump

    def _jump(self, layer: Layer) -> Jump:
        """Return the jump over a layer, made when it is first asked for."""
        if id(layer) not in self._made:
            index, path = self._where[id(layer)]
            kind = "weights" if "kernel" in vars(layer.params) else type(layer).__name__
            kind = "activation" if "activation" in layer.kinds else kind
            about = {"index": index, "params": dict(vars(layer.params)), "layer": layer}
            self._made[id(layer)] = Jump(path, kind, _in_words(layer), **about)
        return self._made[id(layer)]

    def _penalties(self) -> list[Jump]:
        """Return a jump for each parameter with a regularizer: its gradient comes from no message."""
        where = {id(param): (jump, key) for jump in self._made.values() for key, param in vars(jump.layer.params).items()}
        jumps = []
        for regularizer, param, _ in penalties.collect_all(tree.walk(self.net)):
            jump, key = where[id(param)]
            arrays = {"params": {key: jump.params[key]}, "grads": {key: np.array(regularizer.gradient(param))}}
            about = {"index": jump.index, "layer": regularizer, **arrays}
            jumps.append(Jump(jump.name, "penalty", f"d {regularizer!r} / d {key}", **about))
        return jumps


def _in_words(owner: Layer | Loss) -> str:
    """Return what a layer or a loss multiplies by, as it says itself."""
    return owner.factor_text.format(self=owner) or f"{type(owner).__name__}.backward"
