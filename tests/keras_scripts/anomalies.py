"""A heart that beats otherwise: an autoencoder of the usual ones and a threshold on its error."""

import keras
import numpy as np
from keras import layers, losses

keras.utils.set_random_seed(49)

rng = np.random.default_rng(49)
time = np.linspace(0, 2 * np.pi, 20)
usual = np.sin(time + rng.normal(0, 0.1, (120, 1))) + rng.normal(0, 0.05, (120, 20))
strange = np.sign(np.sin(time + rng.normal(0, 0.1, (30, 1)))) + rng.normal(0, 0.05, (30, 20))
low, high = usual.min(), usual.max()
usual, strange = (usual - low) / (high - low), (strange - low) / (high - low)

autoencoder = keras.Sequential(
    [
        layers.Dense(10, activation="relu"),
        layers.Dense(4, activation="relu"),
        layers.Dense(10, activation="relu"),
        layers.Dense(20, activation="sigmoid"),
    ]
)
autoencoder.compile(optimizer="adam", loss="mae")
history = autoencoder.fit(
    usual[:100], usual[:100], epochs=8, batch_size=20, validation_data=(usual[100:], usual[100:]), verbose=0
)
train_errors = np.mean(np.abs(autoencoder.predict(usual[:100], verbose=0) - usual[:100]), axis=1)
threshold_errors = np.mean(train_errors) + np.std(train_errors)
strange_errors = np.mean(np.abs(autoencoder.predict(strange, verbose=0) - strange), axis=1)
print("threshold", threshold_errors, "found", int((strange_errors > threshold_errors).sum()), "of 30")
mae = losses.MeanAbsoluteError()
whole_loss = float(mae(usual[:100], autoencoder.predict(usual[:100], verbose=0)))
rows_loss = losses.MeanAbsoluteError(reduction=None)(strange[:3], autoencoder.predict(strange[:3], verbose=0))
