"""Where does the arm of a robot end? Three numbers out of two angles, with metrics of each kind."""

import keras
import numpy as np
from keras import layers, metrics

keras.utils.set_random_seed(25)

rng = np.random.default_rng(25)
angles = rng.uniform(0, np.pi, size=(200, 2)).round(3)
ends = np.stack(
    [
        np.cos(angles[:, 0]) + np.cos(angles.sum(axis=1)),
        np.sin(angles[:, 0]) + np.sin(angles.sum(axis=1)),
        angles.mean(axis=1),
    ],
    axis=-1,
).round(4)

model = keras.Sequential(
    [
        keras.Input(shape=(2,), name="angles"),
        layers.Dense(32, activation="silu"),
        layers.Dense(16, activation="softplus"),
        layers.Dense(3, name="position"),
    ],
    name="arm",
)
model.compile(
    optimizer="adam",
    loss="mse",
    metrics=["mae", metrics.RootMeanSquaredError(), metrics.R2Score(name="r2"), metrics.MeanSquaredError(name="squares")],
)
history = model.fit(angles, ends, epochs=6, batch_size=25, validation_split=0.1, verbose=2)
results = model.evaluate(angles[:40], ends[:40], batch_size=8, return_dict=True, verbose=0)
scores = results
for key in history.history:
    print(key, history.history[key][-1])
predictions = model(angles[:5])
shapes = [model.get_layer("position").get_weights()[0].shape, model.predict(angles[:3], verbose=0).shape]
