"""What comes next? A series in windows, for a dense network and for dilated causal convolutions."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(41)

rng = np.random.default_rng(41)
series = np.sin(np.arange(220) * 0.25) + 0.3 * np.sin(np.arange(220) * 0.9) + rng.normal(0, 0.05, 220)


def windows(series, size):
    x = np.stack([series[i : i + size] for i in range(len(series) - size)])
    return x, series[size:]


x, y = windows(series, 16)
split = 160
mean, std = series[:split].mean(), series[:split].std()
x, y = (x - mean) / std, (y - mean) / std
naive_loss = float(np.mean((x[split:, -1] - y[split:]) ** 2))

dense = keras.Sequential([layers.Input(shape=(16,)), layers.Dense(16, activation="relu"), layers.Dense(1)])
dense.compile(loss="mse", optimizer=keras.optimizers.Adam(0.005), metrics=["mae"])
dense_history = dense.fit(x[:split], y[:split], epochs=8, validation_data=(x[split:], y[split:]), verbose=0)

wavenet = keras.models.Sequential()
wavenet.add(layers.Input(shape=[16, 1]))
for rate in (1, 2, 4):
    wavenet.add(layers.Conv1D(filters=6, kernel_size=2, padding="causal", activation="relu", dilation_rate=rate))
wavenet.add(layers.Conv1D(filters=1, kernel_size=1))
wavenet.add(layers.Flatten())
wavenet.add(layers.Dense(1))
wavenet.compile(loss="mse", optimizer="adam")
wavenet_history = wavenet.fit(
    x[:split, :, None], y[:split], epochs=4, validation_data=(x[split:, :, None], y[split:]), verbose=0
)
scores = [
    naive_loss,
    dense.evaluate(x[split:], y[split:], verbose=0)[0],
    wavenet.evaluate(x[split:, :, None], y[split:], verbose=0),
]
print("naive {:.4f}, dense {:.4f}, convolutions {:.4f}".format(*tuple(scores)))
predictions = wavenet.predict(x[-5:, :, None], verbose=0)
