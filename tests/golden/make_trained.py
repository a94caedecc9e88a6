"""Writes trained networks and all their numbers, as commit 4400435 did: python tests/golden/make_trained.py, there."""

from pathlib import Path

import numpy as np

import minifw as mf


class Swish(mf.Layer, registered=False):
    """`x * sigmoid(x)`, a layer of a user's."""

    def forward(self, x, training=False):
        s = mf.ops.sigmoid(x)
        self.cache = x, s
        return x * s

    def backward(self, error_grad):
        x, s = self.cache
        return error_grad * (s * (1 + x * (1 - s)))


class Centre(mf.Layer, registered=False):
    """Takes a running mean off and adds a shift: a layer of a user's with an argument, a parameter and state."""

    def __init__(self, rate=0.5):
        self.rate = rate

    def build(self, input_shape):
        return {"mean": mf.Param(input_shape, trainable=False), "shift": mf.Param(input_shape, "uniform")}

    def forward(self, x, training=False):
        mean = self.state.mean.copy()
        if training:
            self.state.mean += self.rate * (x.mean(axis=0) - mean)
        return x - mean + self.params.shift

    def backward(self, error_grad):
        self.grads.shift = error_grad.sum(axis=0)
        return error_grad


CUSTOM_OBJECTS = {"Swish": Swish, "Centre": Centre}


def network(dtype):
    """A network of many kinds of things that has made twelve steps of Adam."""
    branches = [[mf.Conv2D(3, 3, padding="same"), Swish()], mf.Conv2D(2, 1, activation="tanh", use_bias=False), []]
    inside = mf.Sequential([mf.Dense(6, activation="relu", name="wide"), Centre(0.25), mf.Dense(5)], dtype=dtype)
    layers = [
        mf.Conv2D(4, 3, strides=2, kernel_regularizer="l2"),
        mf.BatchNormalization(),
        mf.Branches(branches),
        mf.MaxPooling2D(2),
        mf.Flatten(),
        mf.Dense(5, kernel_constraint="max_norm"),
        mf.Residual([mf.Chain([mf.LayerNormalization(), mf.PReLU()]), inside, mf.Dropout(0.2)]),
        mf.Dense(3, trainable=False),
        mf.Dense(3, activation="softmax", name="last"),
    ]
    net = mf.Sequential([mf.Input((9, 9, 2)), *layers], dtype=dtype, seed=7)
    optimizer = mf.Adam(mf.CosineDecay(0.02, 40), amsgrad=True, weight_decay=0.01, clipnorm=1.0, use_ema=True)
    net.compile(optimizer, mf.CategoricalCrossentropyLoss(label_smoothing=0.1), metrics=["accuracy", mf.F1Score()])
    x, y = samples(24)
    net.fit(x, y, batch_size=8, epochs=4, verbose=0)
    return net


def samples(n):
    """Pictures, and their classes as shares."""
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 9, 9, 2)), np.eye(3)[rng.integers(0, 3, n)]


def numbers(net):
    """All that a trained network holds: parameters, state and slots."""
    parameters = {f"parameter {path}": value for path, value, _ in net.named_parameters()}
    slots = {f"slot {name}": vector for name, vector in net.optimizer._vectors.items()}
    return {**parameters, "all parameters": net.packed.params, "state": net.packed.state, **slots}


if __name__ == "__main__":
    for dtype in ("float32", "float64"):
        net, path = network(dtype), Path(__file__).with_name(f"trained_{dtype}.safetensors")
        net.save(path, overwrite=False)
        x, _ = samples(5)
        np.savez_compressed(path.with_suffix(".npz"), x=x, y=net.predict(x), **numbers(net))
