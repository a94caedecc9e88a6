"""A circle inside a ring, and training that ends by itself."""

import keras
import numpy as np
from keras import layers
from keras.callbacks import EarlyStopping

keras.utils.set_random_seed(32)

rng = np.random.default_rng(32)
n = 240
radius = np.concatenate([rng.normal(1, 0.2, n // 2), rng.normal(2.2, 0.2, n // 2)])
angle = rng.uniform(0, 2 * np.pi, n)
X = np.c_[radius * np.cos(angle), radius * np.sin(angle)]
y = np.r_[np.zeros(n // 2), np.ones(n // 2)]
shuffled = rng.permutation(n)
X, y = X[shuffled], y[shuffled]

model = keras.Sequential()
model.add(layers.Input((2,)))
model.add(layers.Dense(16, kernel_initializer="he_uniform"))
model.add(layers.LeakyReLU(negative_slope=0.2))
model.add(layers.Dense(8, activation="selu", kernel_initializer="lecun_normal"))
model.add(layers.Dense(1))
model.add(layers.Activation("sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.02), metrics=["accuracy"])
stopper = EarlyStopping(monitor="val_accuracy", mode="max", patience=3, baseline=None, start_from_epoch=2)
history = model.fit(X, y, validation_split=0.3, epochs=15, batch_size=42, callbacks=[stopper], verbose=0)
print("epochs:", len(history.epoch), "stopped at", stopper.stopped_epoch, "best", stopper.best)
steps = [len(history.epoch), stopper.stopped_epoch, stopper.wait]
predictions = model.predict(X[:8], verbose=0)
