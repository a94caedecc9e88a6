"""The networks that the tests of traces look at, and how they read a page."""

import json
import re

import numpy as np

import minifw as mf


class Swish(mf.Layer, registered=False):
    """A user's layer as it stands in the README."""

    def forward(self, x, training=False):
        s = mf.ops.sigmoid(x)
        self.cache = x, s
        return x * s

    def backward(self, error_grad):
        x, s = self.cache
        return error_grad * (s * (1 + x * (1 - s)))


class Cube(mf.Layer, registered=False):
    """A user's layer that says that it is elementwise."""

    elementwise = True
    factor_text = "3 z²"

    def forward(self, x, training=False):
        self.cache = x
        return x**3

    def backward(self, error_grad):
        return error_grad * (3 * self.cache**2)


class Scale(mf.Layer, registered=False):
    """A user's layer with a parameter."""

    def build(self, input_shape):
        return {"gain": mf.Param(input_shape, initializer="uniform")}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


class Centre(mf.Layer, registered=False):
    """Takes the mean of the batch off, so that the samples depend on each other."""

    def build(self, input_shape):
        return {"mean": mf.Param(input_shape, trainable=False)}

    def forward(self, x, training=False):
        mean = x.mean(axis=0)
        self.state.mean = mean
        return x - mean

    def backward(self, error_grad):
        return error_grad - error_grad.mean(axis=0)


LAYERS = {
    "activations": lambda: [
        mf.Dense(4),
        mf.LeakyReLU(0.1),
        mf.Dense(3),
        mf.Tanh(),
        mf.Dense(2),
        mf.ReLU(max_value=1.0, negative_slope=0.1),
    ],
    "activations inside": lambda: [mf.Dense(4, activation="relu"), mf.Dense(2, activation="softmax")],
    "dropout and flatten": lambda: [mf.Flatten(), mf.Dense(6), mf.Dropout(0.4), mf.Dense(2), mf.Softmax()],
    "own layers": lambda: [Scale(), mf.Dense(4), Swish(), Centre(), Cube(), mf.Dense(2)],
    "penalties": lambda: [mf.Dense(3, "tanh", kernel_regularizer="l1_l2", bias_regularizer="l2"), mf.Dense(2)],
    "a network inside": lambda: [mf.Sequential([mf.Dense(4, kernel_regularizer="l2"), mf.Sigmoid()]), mf.Dense(2)],
    "a chain inside": lambda: [mf.Chain([mf.Dense(4, "tanh"), mf.Chain([mf.Dense(3, trainable=False)])]), mf.Dense(2)],
    "a shortcut": lambda: [mf.Dense(4), mf.Residual([mf.Sequential([mf.Dense(4, "tanh")]), Scale()]), mf.Dense(2)],
    "branches": lambda: [mf.Branches([[mf.Dense(4), Scale()], Scale(), []]), mf.Dense(2)],
    "rank 3": lambda: [mf.Dense(3, "tanh"), mf.Flatten(), mf.Dense(2)],
    "images": lambda: [mf.Conv2D(2, 2, activation="tanh"), mf.MaxPooling2D(2), mf.Flatten(), mf.Dense(2)],
    "words": lambda: [mf.Embedding(5, 3), mf.Flatten(), mf.Dense(2, "tanh")],
    "one before the weights": lambda: [Scale(), mf.Dense(2), mf.Sigmoid()],
    "several before the weights": lambda: [
        mf.Rescaling(0.5),
        mf.BatchNormalization(),
        mf.Dropout(0.4),
        Cube(),
        mf.Dense(3),
        mf.Dense(2),
    ],
    "a network before the weights": lambda: [mf.Sequential([Scale(), mf.Chain([Cube()])]), Scale(), mf.Dense(2)],
    "a shortcut before the weights": lambda: [mf.Residual([mf.Dense(5), Scale()]), Swish(), mf.Dense(2, "tanh")],
    "no weights at all": lambda: [mf.Sigmoid(), mf.Flatten(), mf.Softmax()],
}


SHAPES = {"rank 3": (2, 3), "images": (5, 5, 2), "words": (4,)}


def network(row, dtype="float64"):
    """Return a compiled network."""
    net = mf.Sequential([mf.Input(SHAPES.get(row, (5,))), *LAYERS[row]()], dtype=dtype, seed=1)
    net.compile("adam", "mse")
    return net


def samples(net, n, seed=0):
    """Return a batch for a network."""
    rng = np.random.default_rng(seed)
    outputs = net.output_shape(net.input_shape)
    x = rng.normal(size=(n, *net.input_shape)).astype(net.dtype)
    if net.layers[0].input_kind == "index":
        x = rng.integers(0, 5, x.shape)
    return x, rng.normal(size=(n, *outputs)).astype(net.dtype)


def tutorial():
    """Return the tutorial's network and its sample."""
    state = np.random.RandomState(42)
    x, y = state.randint(1, 100, (5, 1)).T / 100, state.randint(1, 100, (4, 1)).T / 100
    layers = [mf.Input((5,)), mf.Dense(3), mf.LeakyReLU(0.1), mf.Dense(5), mf.Sigmoid(), mf.Dense(4), mf.Sigmoid()]
    net = mf.Sequential(layers, dtype="float64")
    for layer, shape in zip(net.layers[::2], [(3, 5), (5, 3), (4, 5)], strict=True):
        layer.params.kernel = state.random_sample(shape).T
    return net, x, y


def embedded(text):
    """The data of a page, read as strictly as a browser reads it."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    (found,) = re.findall('<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)
    return json.loads(found, parse_constant=refuse)


def grid(found, dtype="float64"):
    """An array of the page's data."""
    return np.array([float(value) for value in found["values"]]).astype(dtype).reshape(found["grid"])


def same(found, array, kept=None):
    wanted = array[:kept] if kept else array
    return np.array_equal(grid(found, array.dtype).ravel(), wanted.ravel(), equal_nan=True)
