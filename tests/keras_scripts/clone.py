"""The same network twice: a copy that starts anew, and one that starts where the first one stands."""

import keras
import numpy as np
from keras.models import clone_model

keras.utils.set_random_seed(63)

rng = np.random.default_rng(63)
x = rng.normal(size=(60, 3))
y = np.abs(x[:, :1]) - x[:, 1:2]

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(10, "relu"), keras.layers.Dense(1)])
model.compile("adam", "mse")
history = model.fit(x, y, epochs=4, batch_size=12, verbose=0)

fresh = clone_model(model)
fresh.compile(keras.optimizers.SGD(0.05), "mse")
fresh_history = fresh.fit(x, y, epochs=3, batch_size=12, verbose=0)
twin = clone_model(model)
twin.set_weights(model.get_weights())
twin.compile("adam", "mse")
twin_scores = twin.evaluate(x, y, verbose=0)
assert abs(twin_scores - model.evaluate(x, y, verbose=0)) < 1e-7
twin_history = twin.fit(x, y, epochs=2, batch_size=12, verbose=0)
scores = model.evaluate(x, y, verbose=0)  # what the twin learned does not touch the first
