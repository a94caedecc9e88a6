"""The networks that the tests of traces look at."""

import numpy as np

from minifw import (
    Chain,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    LeakyReLU,
    Param,
    ReLU,
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
        return {"gain": Param(input_shape, initializer="ones")}

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


class Around(Chain, registered=False):
    """Adds its input to what its layers make of it, and opens itself."""

    def forward(self, x, training=False):
        return x + super().forward(x, training)

    def backward(self, error_grad):
        return error_grad + super().backward(error_grad)

    def outputs(self, x, training=False, inside=False):
        y = x
        for hop in super().outputs(x, training, inside) if inside else ():
            yield hop
            y = hop[1]
        yield self, x + y if inside else self.forward(x, training)

    def messages(self, error_grad, inside=False):
        message = error_grad
        for hop in super().messages(error_grad, inside) if inside else ():
            yield hop
            message = hop[1]
        yield self, error_grad + message if inside else self.backward(error_grad)


class Split(Layer, registered=False):
    """Two layers side by side, which get the same input and a part of the message each."""

    def __init__(self, layers, **options):
        self.layers = tuple(layers)
        super().__init__(**options)

    def children(self, input_shape=None):
        return [(layer.name, layer, input_shape) for layer in self.layers]

    def output_shape(self, input_shape):
        return (sum(layer.output_shape(input_shape)[0] for layer in self.layers),)

    def forward(self, x, training=False):
        parts = [layer.forward(x, training) for layer in self.layers]
        self.cache = parts[0].shape[1]
        return np.concatenate(parts, axis=1)

    def backward(self, error_grad):
        first, second = error_grad[:, : self.cache], error_grad[:, self.cache :]
        return self.layers[0].backward(first.copy()) + self.layers[1].backward(second.copy())

    def outputs(self, x, training=False, inside=False):
        if inside:
            parts = []
            for layer in self.layers:
                for hop in layer.outputs(x, training, True):
                    yield hop
                parts.append(hop[1])
            self.cache = parts[0].shape[1]
            yield self, np.concatenate(parts, axis=1)
        else:
            yield self, self.forward(x, training)

    def messages(self, error_grad, inside=False):
        if inside:
            parts = error_grad[:, : self.cache].copy(), error_grad[:, self.cache :].copy()
            back = []
            for layer, part in zip(self.layers, parts, strict=True):
                for hop in layer.messages(part, True):
                    yield hop
                back.append(hop[1])
            yield self, back[0] + back[1]
        else:
            yield self, self.backward(error_grad)


LAYERS = {
    "activations": lambda: [Dense(4), LeakyReLU(0.1), Dense(3), Tanh(), Dense(2), ReLU(max_value=1.0, negative_slope=0.1)],
    "activations inside": lambda: [Dense(4, activation="relu"), Dense(2, activation="softmax")],
    "dropout and flatten": lambda: [Flatten(), Dense(6), Dropout(0.4), Dense(2), Softmax()],
    "own layers": lambda: [Scale(), Dense(4), Swish(), Centre(), Cube(), Dense(2)],
    "penalties": lambda: [Dense(3, "tanh", kernel_regularizer="l1_l2", bias_regularizer="l2"), Dense(2)],
    "a network inside": lambda: [Sequential([Dense(4, kernel_regularizer="l2"), Sigmoid()]), Dense(2)],
    "a chain inside": lambda: [Chain([Dense(4, "tanh"), Chain([Dense(3, trainable=False)])]), Dense(2)],
    "a container that adds": lambda: [Dense(4), Around([Dense(4, "tanh"), Scale()]), Dense(2)],
    "a container that splits": lambda: [Split([Dense(4), Scale()]), Dense(2)],
    "rank 3": lambda: [Dense(3, "tanh"), Flatten(), Dense(2)],
    "no weights at all": lambda: [Sigmoid(), Flatten(), Softmax()],
}


def network(row, dtype="float64"):
    """Return a compiled network."""
    shape = (2, 3) if row == "rank 3" else (5,)
    net = Sequential([Input(shape), *LAYERS[row]()], dtype=dtype, seed=1)
    net.compile("adam", "mse")
    return net


def samples(net, n, seed=0):
    """Return a batch for a network."""
    rng = np.random.default_rng(seed)
    outputs = net.output_shape(net.input_shape)
    return rng.normal(size=(n, *net.input_shape)).astype(net.dtype), rng.normal(size=(n, *outputs)).astype(net.dtype)


def tutorial():
    """Return the tutorial's network and its sample."""
    state = np.random.RandomState(42)
    x, y = state.randint(1, 100, (5, 1)).T / 100, state.randint(1, 100, (4, 1)).T / 100
    layers = [Input((5,)), Dense(3), LeakyReLU(0.1), Dense(5), Sigmoid(), Dense(4), Sigmoid()]
    net = Sequential(layers, dtype="float64")
    for layer, shape in zip(net.layers[::2], [(3, 5), (5, 3), (4, 5)], strict=True):
        layer.params.kernel = state.random_sample(shape).T
    return net, x, y
