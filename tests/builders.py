"""What many tests build: networks, samples, a loop by hand, and all that a network holds, as bytes."""

import numpy as np
import pytest

from minifw import SGD, Branches, Dense, Input, MSELoss, Residual, Sequential
from minifw.network import tree


def samples(n, inputs=5, outputs=2, seed=0):
    """Normally distributed samples and targets."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, inputs)), rng.normal(size=(n, outputs))


# -- networks ---------------------------------------------------------------------------------------------------------


def sequential(*layers, inputs=(5,), dtype="float64", seed=1, **options):
    """A network of these layers, or of four units with tanh and two outputs; with `inputs=None` it is not built."""
    layers = layers or (Dense(4, activation="tanh"), Dense(2))
    return Sequential(layers if inputs is None else [Input(inputs), *layers], dtype=dtype, seed=seed, **options)


def network(*layers, inputs=(5,), optimizer=None, loss="mse", dtype="float64", seed=1, **compiled):
    """The same, compiled."""
    net = sequential(*layers, inputs=inputs, dtype=dtype, seed=seed)
    net.compile(optimizer or SGD(0.1), loss, **compiled)
    return net


def three_layers(dtype="float64", **options):
    """A network without activations, for optimizers; the options are those of the first layer."""
    return sequential(Dense(4, **options), Dense(3), Dense(2), inputs=(3,), dtype=dtype, seed=5)


def blocks():
    """A shortcut, three ways from one input, another shortcut; networks inside both."""
    return [
        Dense(4, activation="tanh"),
        Residual([Dense(7, activation="tanh"), Dense(4)]),
        Branches([Sequential([Dense(3, activation="sigmoid"), Dense(2)]), Dense(3, activation="tanh"), []]),
        Residual([Sequential([Dense(9, activation="tanh")])]),
        Dense(2),
    ]


class Probe(Dense):
    """A Dense that remembers whether its message was wanted."""

    asked = None

    def backward(self, error_grad):
        self.asked = self.needs_message
        return super().backward(error_grad)


# -- training ---------------------------------------------------------------------------------------------------------


def by_hand(net, optimizer, x, y, steps=1):
    """Train with the loop that the README shows."""
    loss = MSELoss()
    for _ in range(steps):
        loss.forward(y, net.forward(x, training=True))
        net.backward(loss.backward())
        optimizer.step(net.params_and_grads())


def descend(optimizer, start, grads):
    """Return the parameters after the optimizer has seen these gradients."""
    w, g = start.copy(), np.empty_like(start)
    for g[...] in grads:
        optimizer.step([(w, g)])
    return w


def fill(net, seed):
    """Give the network gradients."""
    net.packed.grads[:] = np.random.default_rng(seed).normal(size=net.packed.grads.size)


# -- arrays of others -------------------------------------------------------------------------------------------------


class Quantity(np.ndarray):
    """An array with units, whose operations are not NumPy's."""

    def __array_ufunc__(self, *arguments, **options):
        raise AssertionError("a foreign array's operation was used")


class Tensor:
    """What a DataFrame or a tensor of another library looks like."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)

    def __len__(self):
        return len(self.array)


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


# -- what is left as it was -------------------------------------------------------------------------------------------


def bits(net):
    """Parameters and state."""
    return net.packed.params.tobytes(), net.packed.state.tobytes()


def everything(net):
    """All that training changes: parameters, state, slots, the number of steps, generators."""
    slots = [vector.tobytes() for vector in (net.optimizer._vectors or {}).values()]
    generators = [layer.rng.bit_generator.state["state"] for layer in tree.walk(net) if "rng" in vars(layer)]
    return *bits(net), slots, net.optimizer.iterations, generators


def refused(net, use, error, words):
    """Return the message of the error, which has changed nothing."""
    before = everything(net)
    with pytest.raises(error, match=words) as caught:
        use(net)
    assert everything(net) == before
    return str(caught.value)


def equal(first, second):
    """Whether two networks or layers hold the same weights."""
    first, second = first.get_weights(), second.get_weights()
    return len(first) == len(second) and all(map(np.array_equal, first, second))
