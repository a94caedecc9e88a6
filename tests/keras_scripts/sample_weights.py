"""Some rows are trusted more than others."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(31)

rng = np.random.default_rng(31)
x = rng.normal(size=(150, 4)).astype("float32")
y = (x[:, 0] + x[:, 1] ** 2 > 0.5).astype("float32")
trust = rng.uniform(0.1, 2.0, 150)
y[trust < 0.4] = 1 - y[trust < 0.4]

model = keras.Sequential(
    [keras.Input(shape=(4,)), layers.Dense(12, activation="relu"), layers.Dense(1, activation="sigmoid")]
)
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-2),
    loss="binary_crossentropy",
    metrics=["accuracy"],
    weighted_metrics=["accuracy", keras.metrics.MeanSquaredError(name="mse")],
)
history = model.fit(
    x[:120],
    y[:120],
    sample_weight=trust[:120],
    validation_data=(x[120:], y[120:], trust[120:]),
    batch_size=30,
    epochs=6,
    verbose=0,
)
scores = model.evaluate(x[120:], y[120:], sample_weight=trust[120:], verbose=0, return_dict=True)
plain_scores = model.evaluate(x[120:], y[120:], verbose=0, return_dict=True)
step_loss = model.train_on_batch(x[:10], y[:10], sample_weight=trust[:10], return_dict=True)
print(scores, plain_scores)
