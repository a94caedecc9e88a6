"""Networks of containers, and a loop by hand, for the tests of composition."""

import numpy as np

from minifw import Branches, Dense, Input, MSELoss, Residual, Sequential

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 5)), RNG.normal(size=(12, 2))
G = RNG.normal(size=(12, 2))


def blocks():
    """A shortcut, three ways from one input, another shortcut; networks inside both."""
    return [
        Dense(4, activation="tanh"),
        Residual([Dense(7, activation="tanh"), Dense(4)]),
        Branches([Sequential([Dense(3, activation="sigmoid"), Dense(2)]), Dense(3, activation="tanh"), []]),
        Residual([Sequential([Dense(9, activation="tanh")])]),
        Dense(2),
    ]


def network(*layers, dtype="float64", seed=1):
    return Sequential([Input((5,)), *(layers or blocks())], dtype=dtype, seed=seed)


def train(net, optimizer, steps=1):
    loss = MSELoss()
    for _ in range(steps):
        loss.forward(Y, net.forward(X, training=True))
        net.backward(loss.backward())
        optimizer.step(net.params_and_grads())
