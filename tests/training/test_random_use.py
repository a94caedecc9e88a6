"""Minutes of random use: whatever a network went through, its next step is that of a fresh copy, bit for bit."""

import copy

import numpy as np
import pytest

from minifw import CosineDecay, MSELoss, Sequential
from minifw import check_gradients as check
from minifw.layers import Branches, Chain, Dense, Dropout, Input, LeakyReLU, ReLU, Residual, Sigmoid, Tanh
from minifw.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, Nadam, RMSprop

ACTIVATIONS = [
    lambda: LeakyReLU(0.1),
    lambda: LeakyReLU(2.0),
    lambda: LeakyReLU(-0.5),
    ReLU,
    Sigmoid,
    Tanh,
    lambda: Dropout(0.3),
]
OPTIMIZERS = [
    lambda: SGD(0.005),
    lambda: SGD(0.002, momentum=0.9, nesterov=True),
    lambda: Adam(0.01, clipnorm=0.5),
    lambda: Adam(0.01, amsgrad=True, weight_decay=0.01),
    lambda: RMSprop(0.01, centered=True, momentum=0.5, use_ema=True, ema_overwrite_frequency=3),
    lambda: SGD(0.005, gradient_accumulation_steps=2),
    lambda: AdamW(CosineDecay(0.02, 20)),
    lambda: Adagrad(0.05, global_clipnorm=1.0),
    lambda: Adadelta(0.5),
    lambda: Adamax(0.01, gradient_accumulation_steps=3),
    lambda: Nadam(0.01),
    lambda: Lion(0.001, clipvalue=0.1),
]


def pick(rng, choices):
    return choices[rng.integers(len(choices))]()


CONTAINERS = [
    lambda width, inside: Sequential(inside),
    lambda width, inside: Chain(inside),
    lambda width, inside: Residual([*inside, Dense(width)]),
    lambda width, inside: Branches([inside, [], Dense(2)]),
    lambda width, inside: Branches([Residual([Sequential([*inside, Dense(width)])]), [Dropout(0.2)]]),
]


def some_layers(rng, depth=0):
    layers = []
    for _ in range(rng.integers(1, 4)):
        regularizer = "l2" if rng.random() < 0.3 else None
        layers.append(Dense(int(rng.integers(1, 90)), use_bias=bool(rng.random() < 0.8), kernel_regularizer=regularizer))
        layers.append(pick(rng, ACTIVATIONS))
    if depth == 0 and rng.random() < 0.5:
        at = int(rng.integers(len(layers) + 1))
        width = next((layer.units for layer in reversed(layers[:at]) if isinstance(layer, Dense)), 6)
        layers.insert(at, CONTAINERS[rng.integers(len(CONTAINERS))](width, some_layers(rng, 1)))
    return layers


def a_network(rng):
    dtype = "float32" if rng.random() < 0.5 else "float64"
    return Sequential([Input((6,)), *some_layers(rng), Dense(3)], dtype=dtype, seed=int(rng.integers(1000)))


def step(net, loss, optimizer, x, y):
    value = loss.forward(y, net.forward(x, training=True))
    net.backward(loss.backward())
    optimizer.step(net.params_and_grads())
    return value


def meddle(rng, net, x):
    """Do what a user may do between two steps."""
    what = rng.integers(6)
    if what == 0:
        net.predict(x[: rng.integers(1, len(x) + 1)])
    elif what == 1:
        layer = net.layers[rng.integers(len(net.layers))]
        layer.trainable = not layer.trainable
    elif what == 2:
        net.layers[rng.integers(len(net.layers))].learning_rate_multiplier = float(rng.choice([0.5, 1.0]))
    elif what == 3:
        y = net.forward(x)
        net.backward(np.ones_like(y), to_input=True)
    elif what == 4:
        list(net.messages(np.ones_like(net.forward(x, training=True))))
    else:
        net.activations(x)


# Once in some 100,000 steps OpenBLAS raises the processor's flag in a product of finite numbers whose result is right.
@pytest.mark.filterwarnings("ignore:invalid value encountered in dot:RuntimeWarning")
@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(600))
def test_a_used_network_steps_like_a_fresh_copy(seed):
    rng = np.random.default_rng(seed)
    net, loss, optimizer = a_network(rng), MSELoss(), pick(rng, OPTIMIZERS)
    for _ in range(25):
        if np.abs(net.packed.params).max() > 3:
            break  # it diverges, and NumPy would soon warn of it
        rows = int(rng.choice([1, 2, 7, 16, 33, 300]))
        x = rng.normal(size=(rows, 6)).astype(net.dtype)
        y = rng.normal(size=(rows, 3)).astype(net.dtype)
        meddle(rng, net, x)
        twin, its = copy.deepcopy((net, optimizer))
        assert step(net, loss, optimizer, x, y) == step(twin, MSELoss(), its, x, y)
        assert np.array_equal(net.packed.params, twin.packed.params)
        for one, other in zip(net.named_parameters(), twin.named_parameters(), strict=True):
            assert one[0] == other[0]


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(200))
def test_gradients_of_random_networks_are_right(seed):
    rng = np.random.default_rng(seed)
    net = a_network(rng)
    report = check(net, rng.normal(size=(5, 6)), rng.normal(size=(5, 3)), loss=MSELoss(), samples=40)
    assert report.passed, f"\n{report}"
