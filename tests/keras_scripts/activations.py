"""All activations side by side, by name, as layers and as functions."""

import keras
import numpy as np
from keras import activations, layers

keras.utils.set_random_seed(65)

rng = np.random.default_rng(65)
x = rng.normal(size=(50, 3))
y = np.sin(x.sum(axis=1, keepdims=True))
points = np.linspace(-3, 3, 7)

names = [
    "relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "mish",
    "softplus",
    "softsign",
    "sigmoid",
    "tanh",
    "linear",
    "leaky_relu",
]
value_table, loss_table = [], []
for name in names:
    value_table.append(np.asarray(layers.Activation(name)(points[:, None]))[:, 0])
    model = keras.Sequential([keras.Input((3,)), layers.Dense(6, activation=name), layers.Dense(1)])
    model.compile("sgd", "mse")
    loss_table.append(model.fit(x, y, epochs=2, batch_size=10, verbose=0).history["loss"])

function_table = [np.asarray(function(points)) for function in (activations.relu, activations.sigmoid, activations.tanh)]
as_layers = [
    layers.ReLU(max_value=1.5),
    layers.LeakyReLU(negative_slope=0.1),
    layers.ELU(alpha=0.5),
    layers.PReLU(),
    layers.Softmax(),
]
model = keras.Sequential([keras.Input((3,))])
for layer in as_layers:
    model.add(layers.Dense(5, activation=None))
    model.add(layer)
model.add(layers.Dense(1, activation=activations.tanh))
model.compile(keras.optimizers.SGD(0.1), "mse")
history = model.fit(x, y, epochs=3, batch_size=10, verbose=0)
predictions = model.predict(x[:5], verbose=0)
print({name: losses[-1] for name, losses in zip(names, loss_table, strict=True)})
