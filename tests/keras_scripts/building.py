"""How a Sequential is put together: add, pop, names, shapes that come with the first data."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(62)

model = keras.Sequential(
    [
        layers.Dense(2, activation="relu", name="layer1"),
        layers.Dense(3, activation="relu", name="layer2"),
        layers.Dense(4, name="layer3"),
    ],
    name="my_sequential",
)
y = model(np.ones((1, 4)))
print("Number of weights after calling the model:", len(model.weights))
shapes = [tuple(w.shape) for w in model.weights]
first_predictions = np.asarray(y)

model.pop()
print(len(model.layers), "layers")
model.add(layers.Dense(2, activation="softmax", name="classes"))
assert [layer.name for layer in model.layers] == ["layer1", "layer2", "classes"]
assert model.get_layer("layer2") is model.layers[1] and model.get_layer(index=0) is model.layers[0]
second_predictions = np.asarray(model(np.ones((1, 4))))

lines = []
model.summary(print_fn=lambda line, **_: lines.append(line))
assert "layer2 (Dense)" in "".join(lines) and "Total params" in "".join(lines)
by_input = keras.Sequential()
by_input.add(keras.Input(shape=(4,)))
by_input.add(layers.Dense(2, activation="relu"))
by_input.build()
by_input.summary()
kernel, bias = by_input.layers[0].kernel, by_input.layers[0].bias
parameter_shapes = [tuple(kernel.shape), tuple(bias.shape)]
count_steps = [
    model.count_params(),
    by_input.count_params(),
    len(by_input.trainable_weights),
    len(model.trainable_variables),
]
late = keras.Sequential([layers.Dense(3)])
late.build((None, 5))
late.layers[0].set_weights([np.eye(5, 3), np.arange(3.0)])
late_predictions = np.asarray(late(np.arange(10.0).reshape(2, 5)))
