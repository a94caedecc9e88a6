"""The tutorial's network, trained by hand and with `fit`, and its first backward pass jump by jump.

The tutorial writes columns and `w.dot(x)`. Here a sample is a row and a layer computes `x @ kernel + bias`, so each
kernel is the transpose of the tutorial's `w`. Run it with `python examples/jumping_back.py`; with `--play` you jump
yourself, with the arrow keys, and with `--page FILE` a page of training as a film is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minifw import SGD, Callback, Dense, Input, LeakyReLU, MSELoss, Recorder, Sequential, Sigmoid
from minifw.inspect.trace import Trace

EPOCHS = 10_000
MOMENTS = ("before training", "before the last update", "after it")


class Moment(NamedTuple):
    """What the network says at one moment, and how wrong it is."""

    loss: float
    y_pred: np.ndarray


class Jump(NamedTuple):
    """One jump of the backward pass: over what, what is held after it, and the bias gradient if it was over weights."""

    over: str
    message: np.ndarray
    bias_gradient: np.ndarray | None


def tutorial(seed: int = 42) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return `x`, `y` and the weights `w1`, `w2`, `w3`, drawn in the tutorial's order and shaped as it shapes them."""
    np.random.seed(seed)
    x = np.random.randint(1, 100, (5, 1)) / 100
    y = np.random.randint(1, 100, (4, 1)) / 100
    return x, y, [np.random.random((3, 5)), np.random.random((5, 3)), np.random.random((4, 5))]


def network(weights: list[np.ndarray]) -> Sequential:
    """Return the 5-3-5-4 network with the tutorial's weights and biases of zero."""
    net = Sequential([Input((5,)), Dense(3), LeakyReLU(0.1), Dense(5), Sigmoid(), Dense(4), Sigmoid()], dtype="float64")
    for layer, w in zip(net.layers[::2], weights, strict=True):
        layer.params.kernel = w.T
    return net


def moment(net: Sequential, x: np.ndarray, y: np.ndarray) -> Moment:
    """Look at the network without changing it."""
    y_pred = net.predict(x)
    return Moment(MSELoss().forward(y, y_pred), y_pred)


def train_by_hand(net: Sequential, x: np.ndarray, y: np.ndarray, epochs: int = EPOCHS) -> list[Moment]:
    """Train with a loop of one's own; return what the network says at the three `MOMENTS`."""
    seen = [moment(net, x, y)]
    loss, optimizer = MSELoss(), SGD(learning_rate=0.01)
    for _ in range(epochs):
        y_pred = net.forward(x, training=True)
        value = loss.forward(y, y_pred)
        net.backward(loss.backward())
        optimizer.step(net.params_and_grads())
    return [*seen, Moment(value, y_pred), moment(net, x, y)]


class BeforeLastUpdate(Callback):
    """Keeps what the network says before its last update."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = x, y

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """One sample makes one update an epoch, so before the last epoch is before the last update."""
        if epoch == self.params["epochs"] - 1:
            self.moment = moment(self.model, self.x, self.y)


def train_with_fit(net: Sequential, x: np.ndarray, y: np.ndarray, epochs: int = EPOCHS) -> list[Moment]:
    """Train with `compile` and `fit`; return what the network says at the three `MOMENTS`."""
    seen = [moment(net, x, y)]
    before = BeforeLastUpdate(x, y)
    net.compile(optimizer=SGD(learning_rate=0.01), loss=MSELoss())
    net.fit(x, y, batch_size=1, epochs=epochs, shuffle=False, verbose=0, callbacks=[before])
    return [*seen, before.moment, moment(net, x, y)]


def jump_back(net: Sequential, x: np.ndarray, y: np.ndarray) -> list[Jump]:
    """Return the jumps of one backward pass, from the loss to the input."""
    loss = MSELoss()
    loss.forward(y, net.forward(x, training=True))
    error_grad = loss.backward()
    jumps = [Jump("the loss", error_grad, None)]
    for layer, message in net.messages(error_grad):
        bias_gradient = layer.grads.bias.copy() if isinstance(layer, Dense) else None
        # a message lives in the layer's scratch memory until its next backward, so what is kept is a copy
        jumps.append(Jump(layer.name, message.copy(), bias_gradient))
    return jumps


def row(values: np.ndarray) -> str:
    """Return a row of numbers as text."""
    return " ".join(f"{value:10.6f}" for value in values.ravel())


def print_jumps(jumps: list[Jump]) -> None:
    """Print a backward pass as the game it is."""
    print("\nThe first backward pass, jumping back from y:")
    print("  after the jump over   you hold dLoss / d(what lies there)")
    for i, (over, message, _) in enumerate(jumps):
        note = "= error_grad_upto_H2" if over == "dense_2" else ""
        if i + 1 < len(jumps) and jumps[i + 1].bias_gradient is not None:
            note = f"= the gradient of the bias of {jumps[i + 1].over}"
        print(f"  {over:<18} {row(message):<56}{note}".rstrip())


def print_moments(title: str, moments: list[Moment], y: np.ndarray) -> None:
    """Print the loss and the predictions beside the targets."""
    print(f"\n{title}\n  {'':<24} {'loss':<23} {'y':>6}  ŷ")
    for when, (loss, y_pred) in zip(MOMENTS, moments, strict=True):
        for i, (target, value) in enumerate(zip(y.ravel(), y_pred.ravel(), strict=True)):
            start = f"{when:<24} {loss!r:<23}" if i == 0 else " " * 48
            print(f"  {start} {target:6.2f}  {float(value)!r}")


def print_trace(trace: Trace) -> None:
    """Print the same backward pass as a trace tells it, and why one weight has its gradient."""
    print(f"\nThe same, as net.jump_back tells it:\n{trace}")
    print("\nOne weight, from node 3 of the first hidden layer to node 2 of the second:")
    print(trace.explain("dense_1/kernel", (2, 1)))


def write_page(net: Sequential, x: np.ndarray, y: np.ndarray, path: str) -> None:
    """Train, and write what the backward pass looked like on the way."""
    recorder = Recorder(x, y, every=500)
    net.compile(optimizer=SGD(learning_rate=0.01), loss="mse")
    net.fit(x, y, batch_size=1, epochs=EPOCHS, verbose=0, callbacks=[recorder])
    recorder.save_html(path)
    print(f"{path}: {len(recorder.traces)} moments of training; open it in a browser")


def compare(x: np.ndarray, y: np.ndarray, weights: list[np.ndarray]) -> None:
    """Print the first backward pass, and training by hand beside training with `fit`."""
    net = network(weights)
    same = [np.array_equal(layer.params.kernel, w.T) for layer, w in zip(net.layers[::2], weights, strict=True)]
    print("kernel == w.T in every Dense:", all(same))
    print_jumps(jump_back(net, x, y))
    print_trace(net.jump_back(x, y, loss="mse"))
    print_moments(f"By hand, {EPOCHS:,} updates", train_by_hand(net, x, y), y)
    print_moments(f"With compile and fit, {EPOCHS:,} updates", train_with_fit(network(weights), x, y), y)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description="The tutorial's network and the game of jumping back.")
    parser.add_argument("--play", action="store_true", help="jump with the arrow keys")
    parser.add_argument("--page", metavar="FILE", help="write training as a film, one HTML page")
    options = parser.parse_args(arguments)
    x, y, weights = tutorial()
    if options.page:
        write_page(network(weights), x.T, y.T, options.page)
    elif options.play:
        network(weights).jump_back(x.T, y.T, loss="mse").play()
    else:
        compare(x.T, y.T, weights)


if __name__ == "__main__":
    main(sys.argv[1:])
