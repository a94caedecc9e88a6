"""A network too large for its data, held back in four ways."""

import keras
import numpy as np
from keras import layers, regularizers
from keras.constraints import MaxNorm

keras.utils.set_random_seed(27)

rng = np.random.default_rng(27)
x = rng.uniform(-1, 1, (40, 1))
y = x**3 - x + rng.normal(0, 0.1, (40, 1))
x_val = np.linspace(-1, 1, 21)[:, None]
y_val = x_val**3 - x_val


def network(**options):
    model = keras.Sequential()
    model.add(keras.Input((1,)))
    model.add(layers.Dense(24, activation="relu", **options))
    model.add(layers.Dense(24, activation="relu", **options))
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    return model


size_histories = {}
for name, options in {
    "plain": {},
    "l1": {"kernel_regularizer": regularizers.L1(0.001)},
    "l2": {"kernel_regularizer": regularizers.l2(0.01), "bias_regularizer": "l2"},
    "both": {"kernel_regularizer": regularizers.l1_l2(l1=0.001, l2=0.001)},
    "max_norm": {"kernel_constraint": MaxNorm(max_value=0.8), "bias_constraint": "non_neg"},
}.items():
    model = network(**options)
    size_histories[name] = model.fit(x, y, epochs=4, batch_size=10, validation_data=(x_val, y_val), verbose=0).history
    print(f"{name:>8}", size_histories[name]["val_loss"][-1])
history = {f"{name} {key}": values for name, logs in size_histories.items() for key, values in logs.items()}
kernel = model.layers[0].get_weights()[0]
assert (np.linalg.norm(model.layers[1].get_weights()[0], axis=0) < 0.801).all()
