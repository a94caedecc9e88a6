"""A pass through a copy of a network, forwards and back, in which everything that is sent is kept."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ..._typing import Array, ArrayLike
from ...engine.errstate import silent
from ...errors import UsageError
from ...layers.activated import Activated
from ...layers.base import Layer
from ...losses.base import Loss
from ...network import penalties, tree
from ...network.network import Network
from ...network.tap import Hop, Hops, tap
from .jumps import Jump


class Sent:
    """An array on its way: the object itself, to know it again, and a copy, before its owner writes there again."""

    def __init__(self, array: Any) -> None:
        self.array: Any = array
        self.held: Any = None if array is None else np.array(array)


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

    Raises:
        UsageError: If there is nothing to jump over.
    """

    @silent  # what is no number is shown as such
    def __init__(self, net: Network, x: ArrayLike, y: ArrayLike, loss: Loss) -> None:
        self.net, loss = copy.deepcopy(net), copy.deepcopy(loss)
        vars(self.net)["optimizer"] = None  # its slots are as large as the network
        self._made: dict[int, Jump] = {}
        self._paths = {id(inner): path for path, inner in tree.paths(self.net)}
        self._index = {id(inner): i for i, top in enumerate(self.net.layers) for inner in tree.walk(top)}
        self._hops = Hops()
        self._arrays: list[tuple[Hop, Sent, Sent]] = []
        with tap(self.net, self._hear):
            self.net.forward(x, training=True)
        self.forward = self._went_forward()
        y_pred: Any = self.forward[-1].output
        self.y_pred: Array = y_pred
        self.y: Array = np.array(loss.admit(y, self.y_pred)[0])
        self.value = float(np.sum(loss.forward(y, self.y_pred))) + self.net.penalty()
        self._arrays.clear()
        error_grad = loss.backward()
        with tap(self.net, self._hear):
            self.net.backward(error_grad, to_input=True)
        self.jumps = self._jumped_back(loss, Sent(error_grad))
        for jump in self.forward:
            if jump.layer.elementwise:
                jump.factor = np.array(jump.layer.backward(np.ones_like(jump.output)))
        self.jumps += self._penalties()

    def _hear(self, hop: Hop) -> None:
        if hop.direction == "forward" and hop.layer is self.net.layers[0]:
            self.x: Array = np.array(hop.came)
        number = len(self._hops)
        self._hops(hop)
        if len(self._hops) > number:
            self._arrays.append((hop, Sent(hop.came), Sent(hop.sent)))
            grads = {key: grad.copy() for key, grad in vars(hop.layer.grads).items()}
            self._jump(hop.layer).grads = grads if hop.direction == "backward" else {}

    def _went_forward(self) -> list[Jump]:
        """Say for each layer what went in, what came out, and where the input came from."""
        if not self._arrays:
            raise UsageError(f"{tree.label(self.net)}: no layer does anything, so there is nothing to jump over")
        sender: dict[int, Jump] = {}
        for hop, came, sent in self._arrays:
            jump = self._jump(hop.layer)
            jump.input, jump.output, jump.source = came.held, sent.held, sender.get(id(came.array))
            inner = [self._made[id(each)] for each in list(tree.walk(hop.layer))[1:] if id(each) in self._made]
            inner = [] if isinstance(hop.layer, Activated) else inner
            jump.joins = bool(inner)  # they were passed before it
            for each in inner:
                each.inside = True
            sender[id(sent.array)] = jump
        return [self._jump(hop.layer) for hop, _, _ in self._arrays]

    def _jumped_back(self, loss: Loss, first: Sent) -> list[Jump]:
        """Say for each layer which message arrived and who sent it, and what it sent back."""
        about = {"factor": first.held, "message_out": first.held, "input": self.y_pred}
        found = [Jump(type(loss).__name__, "loss", _in_words(loss), layer=loss, **about)]
        senders = {id(first.array): found[0]}  # the arrays are kept, so that no other gets one's address
        for hop, came, sent in self._arrays:
            jump = self._jump(hop.layer)
            jump.message_in, jump.message_out, jump.behind = came.held, sent.held, senders.get(id(came.array))
            found.append(jump)
            senders[id(sent.array)] = jump
        return found

    def _jump(self, layer: Layer) -> Jump:
        """Return the jump over a layer, made when it is first asked for."""
        if id(layer) not in self._made:
            kind = type(layer).__name__
            if "activation" in layer.kinds:
                kind = "activation"
            elif "kernel" in vars(layer.params):
                kind = "weights"
            about = {"index": self._index[id(layer)], "params": dict(vars(layer.params))}
            self._made[id(layer)] = Jump(self._paths[id(layer)], kind, _in_words(layer), layer=layer, **about)
        return self._made[id(layer)]

    def _penalties(self) -> list[Jump]:
        """Return a jump for each parameter with a regularizer: its gradient comes from no message."""
        where = {id(param): (jump, key) for jump in self._made.values() for key, param in vars(jump.layer.params).items()}
        found = []
        networks: list[Any] = [layer for layer in tree.walk(self.net) if layer.owns_vectors]
        for regularizer, param, _ in (each for network in networks for each in penalties.collect(network)):
            jump, key = where[id(param)]
            text = f"d {regularizer!r} / d {key}"
            left = {"params": {key: jump.params[key]}, "grads": {key: np.array(regularizer.gradient(param))}}
            found.append(Jump(jump.name, "penalty", text, index=jump.index, layer=regularizer, **left))
        return found


def _in_words(owner: Layer | Loss) -> str:
    """Return what a layer or a loss multiplies by, as it says itself."""
    return owner.factor_text.format(self=owner) or f"{type(owner).__name__}.backward"
