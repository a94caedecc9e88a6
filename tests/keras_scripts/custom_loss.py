"""A loss of one's own: what is said too low costs three times what is said too high."""

import keras
import numpy as np
from keras import ops

keras.utils.set_random_seed(51)


def careful(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.where(error > 0, 3.0 * ops.square(error), ops.square(error)), axis=-1)


rng = np.random.default_rng(51)
x = rng.uniform(-1, 1, (150, 2))
y = x[:, :1] * 2 + x[:, 1:] ** 2 + rng.normal(0, 0.3, (150, 1))

means = {}
for chosen in ("mse", careful):
    model = keras.Sequential([keras.layers.Dense(12, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.8), loss=chosen, metrics=["mae"])
    history = model.fit(x, y, epochs=8, batch_size=25, validation_split=0.2, verbose=0)
    means[chosen if isinstance(chosen, str) else "careful"] = float(np.mean(model.predict(x, verbose=0) - y))
scores = model.evaluate(x, y, verbose=0)
mean_errors = means
print("on average beside the truth:", means)
