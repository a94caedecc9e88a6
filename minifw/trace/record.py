"""A pass through a copy of a network, forwards and back, in which everything that is sent is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import penalties
from .._typing import Array, ArrayLike
from ..errors import UsageError
from ..layers import tree
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import Network
from ..silence import SILENT
from .jumps import Jump


class Sent:
    """An array on its way: the object itself, to know it again, and a copy, before its owner writes there again."""

    def __init__(self, array: Any) -> None:
        self.array: Any = array
        self.held: Any = None if array is None else np.array(array)


class Listener:
    """Hears what enters each layer of a copied network; a container hands on what it likes, so only the layer knows."""

    def __init__(self, root: Layer) -> None:
        self.layers = list(tree.walk(root))[1:]
        self.entered: dict[int, Sent] = {}
        self.arrived: dict[int, Sent] = {}
        for layer in self.layers:
            vars(layer)["outputs"] = self._heard(layer, layer.outputs, self.entered)
            vars(layer)["messages"] = self._heard(layer, layer.messages, self.arrived)

    def leave(self) -> None:
        """Leave the layers as they were."""
        for layer in self.layers:
            del vars(layer)["outputs"], vars(layer)["messages"]

    def _heard(self, layer: Layer, method: Callable[..., Any], kept: dict[int, Sent]) -> Callable[..., Any]:
        def hear(array: Any, *arguments: Any, **keywords: Any) -> Any:
            kept[id(layer)] = Sent(array)
            return method(array, *arguments, **keywords)

        return hear


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

    @SILENT  # what is no number is shown as such
    def __init__(self, net: Network, x: ArrayLike, y: ArrayLike, loss: Loss) -> None:
        self.net, loss = copy.deepcopy(net), copy.deepcopy(loss)
        vars(self.net)["optimizer"] = None  # its slots are as large as the network
        self._heard = Listener(self.net)
        self._made: dict[int, Jump] = {}
        self._paths = {id(inner): path for path, inner in tree.paths(self.net)}
        self._index = {id(inner): i for i, top in enumerate(self.net.layers) for inner in tree.walk(top)}
        self.forward = self._go_forward(x)
        self.x: Array = self._heard.entered[id(self.net.layers[0])].held
        y_pred: Any = self.forward[-1].output
        self.y_pred: Array = y_pred
        self.y: Array = np.array(loss.admit(y, self.y_pred)[0])
        self.value = float(np.sum(loss.forward(y, self.y_pred))) + self.net.penalty()
        self.jumps = self._jump_back(loss)
        self._heard.leave()
        for jump in self.forward:
            if jump.layer.elementwise:
                jump.factor = np.array(jump.layer.backward(np.ones_like(jump.output)))
        self.jumps += self._penalties()

    def _go_forward(self, x: ArrayLike) -> list[Jump]:
        """Say for each layer what went in, what came out, and where the input came from."""
        passed: list[tuple[Layer, Sent]] = []
        for layer, array in self.net.outputs(x, training=True, inside=True):
            passed.append((layer, Sent(array)))
        if not passed:
            raise UsageError(f"{tree.label(self.net)}: no layer does anything, so there is nothing to jump over")
        sender: dict[int, Jump] = {}
        before = self._heard.entered[id(self.net.layers[0])]
        for layer, sent in passed:
            jump, entered = self._jump(layer), self._heard.entered.get(id(layer), before)
            jump.input, jump.output, jump.source = entered.held, sent.held, sender.get(id(entered.array))
            inner = [self._made[id(each)] for each in list(tree.walk(layer))[1:] if id(each) in self._made]
            jump.joins = bool(inner)  # they were passed before it
            for each in inner:
                each.inside = True
            sender[id(sent.array)], before = jump, sent
        return [self._made[id(layer)] for layer, _ in passed]

    def _jump_back(self, loss: Loss) -> list[Jump]:
        """Say for each layer which message arrived and who sent it, what it sent back, and what it left behind."""
        latest = Sent(loss.backward())
        first = {"factor": latest.held, "message_out": latest.held, "input": self.y_pred}
        found = [Jump(type(loss).__name__, "loss", _in_words(loss), layer=loss, **first)]
        sent_by = [(latest, found[0])]  # the arrays are kept, so that no other gets one's address
        for layer, array in self.net.messages(latest.array, inside=True):
            sent, jump, arrived = Sent(array), self._jump(layer), self._heard.arrived.get(id(layer), latest)
            if not jump.joins and any(each is found[-1].layer for each in list(tree.walk(layer))[1:]):
                arrived = latest  # a layer with an activation of its own: this has been jumped over already
            jump.message_in, jump.message_out = arrived.held, sent.held
            jump.grads = {key: grad.copy() for key, grad in vars(layer.grads).items()}
            jump.behind = next((sender for message, sender in sent_by if message.array is arrived.array), None)
            found.append(jump)
            sent_by.append((sent, jump))
            latest = sent
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
