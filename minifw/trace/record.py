"""A pass through a copy of a network, forwards and back, in which everything that is sent is kept."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import penalties
from .._typing import Array, ArrayLike
from ..layers import tree
from ..layers.base import Layer
from ..losses.base import Loss
from ..network import Network
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
    """

    @np.errstate(all="ignore")  # what is no number is shown as such
    def __init__(self, net: Network, x: ArrayLike, y: ArrayLike, loss: Loss) -> None:
        self.net, loss = copy.deepcopy(net), copy.deepcopy(loss)
        vars(self.net).pop("optimizer", None)  # its slots are as large as the network
        self._listener = Listener(self.net)
        out = [(layer, Sent(sent)) for layer, sent in self.net.outputs(x, training=True, inside=True)]
        self.x, self.y_pred = self._listener.entered[id(self.net.layers[0])].held, out[-1][1].held
        self.y: Array = np.array(loss.admit(y, self.y_pred)[0])
        self.value = float(np.sum(loss.forward(y, self.y_pred))) + self.net.penalty()
        first = Sent(loss.backward())
        back = [(layer, self._taken(layer, sent)) for layer, sent in self.net.messages(first.array, inside=True)]
        self._listener.leave()
        self._made: dict[int, Jump] = {}
        self.forward = [self._jump(layer) for layer, _ in out]
        text = loss.factor_text.format(self=loss) or f"{type(loss).__name__}.backward"
        gradient = {"factor": first.held, "message_out": first.held, "input": self.y_pred}
        line = Jump(type(loss).__name__, "loss", text, layer=loss, **gradient)
        self._join_forward(out)
        self.jumps = [line, *self._join_backward(back, line, first)]
        for jump in self.jumps[1:]:
            if jump.layer.elementwise and jump.output is not None:
                with np.errstate(all="ignore"):
                    jump.factor = np.array(jump.layer.backward(np.ones_like(jump.output)))
        self.jumps += self._penalties()

    def _taken(self, layer: Layer, sent: Any) -> tuple[Sent, dict[str, Array]]:
        """Copy a message and the gradients that the layer has just left behind."""
        return Sent(sent), {key: grad.copy() for key, grad in vars(layer.grads).items()}

    def _jump(self, layer: Layer) -> Jump:
        """Return the jump over a layer, made when it is first asked for."""
        if not self._made:
            self._paths = {id(inner): path for path, inner in tree.paths(self.net)}
            self._index = {id(inner): i for i, top in enumerate(self.net.layers) for inner in tree.walk(top)}
        if id(layer) not in self._made:
            kind = type(layer).__name__
            if "activation" in layer.kinds:
                kind = "activation"
            elif "kernel" in vars(layer.params):
                kind = "weights"
            text = layer.factor_text.format(self=layer) or f"{type(layer).__name__}.backward"
            params = {key: param.copy() for key, param in vars(layer.params).items()}
            name, index = self._paths[id(layer)], self._index[id(layer)]
            self._made[id(layer)] = Jump(name, kind, text, index=index, params=params, layer=layer)
        return self._made[id(layer)]

    def _join_forward(self, out: list[tuple[Layer, Sent]]) -> None:
        """Say for each layer what went in, what came out, and where the input came from."""
        sender: dict[int, Jump] = {}
        seen: set[int] = set()
        for layer, sent in out:
            jump, entered = self._jump(layer), self._listener.entered[id(layer)]
            jump.input, jump.output, jump.source = entered.held, sent.held, sender.get(id(entered.array))
            inner = list(tree.walk(layer))[1:]
            jump.joins = any(id(each) in seen for each in inner)
            for each in inner if jump.joins else ():
                self._jump(each).inside = True
            seen.add(id(layer))
            sender[id(sent.array)] = jump

    def _join_backward(self, back: list[Any], line: Jump, latest: Sent) -> list[Jump]:
        """Say for each layer which message arrived and who sent it, what it sent back, and what it left behind."""
        sender = {id(latest.array): line}
        found: list[Jump] = []
        for layer, (sent, grads) in back:
            jump, arrived = self._jump(layer), self._listener.arrived[id(layer)]
            if found and not jump.joins and any(each is found[-1].layer for each in list(tree.walk(layer))[1:]):
                arrived = latest  # a layer with an activation of its own: this has been jumped over already
            jump.message_in, jump.message_out, jump.grads = arrived.held, sent.held, grads
            jump.behind = sender.get(id(arrived.array))
            found.append(jump)
            sender[id(sent.array)], latest = jump, sent
        return found

    def _penalties(self) -> list[Jump]:
        """Return a jump for each parameter with a regularizer: its gradient comes from no message."""
        where = {id(param): (jump, key) for jump in self._made.values() for key, param in vars(jump.layer.params).items()}
        found = []
        networks: list[Any] = [layer for layer in tree.walk(self.net) if layer.owns_vectors]
        for regularizer, param, _ in (each for network in networks for each in penalties.collect(network)):
            jump, key = where[id(param)]
            text = f"d {regularizer!r} / d {key}"
            left = {"params": {key: jump.params[key]}, "grads": {key: np.array(regularizer.gradient(param))}}
            found.append(Jump(jump.name, "penalty", text, index=jump.index, number=jump.number, layer=regularizer, **left))
        return found
