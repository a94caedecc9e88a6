"""The networks that the tests of traces look at, and how they read a page."""

import json
import re

import numpy as np

from minifw import (
    BatchNormalization,
    Branches,
    Chain,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Param,
    ReLU,
    Rescaling,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    ops,
)


class Swish(Layer, registered=False):
    """A user's layer as it stands in the README."""

    def forward(self, x, training=False):
        s = ops.sigmoid(x)
        self.cache = x, s
        return x * s

    def backward(self, error_grad):
        x, s = self.cache
        return error_grad * (s * (1 + x * (1 - s)))


class Cube(Layer, registered=False):
    """A user's layer that says that it is elementwise."""

    elementwise = True
    factor_text = "3 z²"

    def forward(self, x, training=False):
        self.cache = x
        return x**3

    def backward(self, error_grad):
        return error_grad * (3 * self.cache**2)


class Scale(Layer, registered=False):
    """A user's layer with a parameter."""

    def build(self, input_shape):
        return {"gain": Param(input_shape, initializer="uniform")}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


class Centre(Layer, registered=False):
    """Takes the mean of the batch off, so that the samples depend on each other."""

    def build(self, input_shape):
        return {"mean": Param(input_shape, trainable=False)}

    def forward(self, x, training=False):
        mean = x.mean(axis=0)
        self.state.mean = mean
        return x - mean

    def backward(self, error_grad):
        return error_grad - error_grad.mean(axis=0)


LAYERS = {
    "activations": lambda: [Dense(4), LeakyReLU(0.1), Dense(3), Tanh(), Dense(2), ReLU(max_value=1.0, negative_slope=0.1)],
    "activations inside": lambda: [Dense(4, activation="relu"), Dense(2, activation="softmax")],
    "dropout and flatten": lambda: [Flatten(), Dense(6), Dropout(0.4), Dense(2), Softmax()],
    "own layers": lambda: [Scale(), Dense(4), Swish(), Centre(), Cube(), Dense(2)],
    "penalties": lambda: [Dense(3, "tanh", kernel_regularizer="l1_l2", bias_regularizer="l2"), Dense(2)],
    "a network inside": lambda: [Sequential([Dense(4, kernel_regularizer="l2"), Sigmoid()]), Dense(2)],
    "a chain inside": lambda: [Chain([Dense(4, "tanh"), Chain([Dense(3, trainable=False)])]), Dense(2)],
    "a shortcut": lambda: [Dense(4), Residual([Sequential([Dense(4, "tanh")]), Scale()]), Dense(2)],
    "branches": lambda: [Branches([[Dense(4), Scale()], Scale(), []]), Dense(2)],
    "rank 3": lambda: [Dense(3, "tanh"), Flatten(), Dense(2)],
    "images": lambda: [Conv2D(2, 2, activation="tanh"), MaxPooling2D(2), Flatten(), Dense(2)],
    "words": lambda: [Embedding(5, 3), Flatten(), Dense(2, "tanh")],
    "one before the weights": lambda: [Scale(), Dense(2), Sigmoid()],
    "several before the weights": lambda: [Rescaling(0.5), BatchNormalization(), Dropout(0.4), Cube(), Dense(3), Dense(2)],
    "a network before the weights": lambda: [Sequential([Scale(), Chain([Cube()])]), Scale(), Dense(2)],
    "a shortcut before the weights": lambda: [Residual([Dense(5), Scale()]), Swish(), Dense(2, "tanh")],
    "no weights at all": lambda: [Sigmoid(), Flatten(), Softmax()],
}


SHAPES = {"rank 3": (2, 3), "images": (5, 5, 2), "words": (4,)}


def network(row, dtype="float64"):
    """Return a compiled network."""
    net = Sequential([Input(SHAPES.get(row, (5,))), *LAYERS[row]()], dtype=dtype, seed=1)
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
    layers = [Input((5,)), Dense(3), LeakyReLU(0.1), Dense(5), Sigmoid(), Dense(4), Sigmoid()]
    net = Sequential(layers, dtype="float64")
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
