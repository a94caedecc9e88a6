"""The output of a trained network's middle, calculated once, feeds a small classifier."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(46)

rng = np.random.default_rng(46)
x = rng.uniform(-1, 1, (200, 6))
y = np.stack([np.sin(x[:, 0] * 2), x[:, 1] * x[:, 2], x[:, 3:].mean(axis=1)], axis=1)
kind = (y[:, 0] + y[:, 1] > 0.2).astype(int)

encoder = keras.Sequential(name="encoder")
encoder.add(keras.Input(shape=(6,)))
encoder.add(layers.Dense(24, activation="tanh"))
encoder.add(layers.Dense(10, activation="tanh"))
whole = keras.Sequential([encoder, layers.Dense(3)])
whole.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
whole_history = whole.fit(x, y, epochs=8, batch_size=25, verbose=0)

features = encoder.predict(x, verbose=0)
shapes = [features.shape]
classifier = keras.Sequential([layers.Dense(1, activation="sigmoid")])
classifier.compile(optimizer=keras.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
history = classifier.fit(features[:150], kind[:150], epochs=6, validation_data=(features[150:], kind[150:]), verbose=0)
scores = classifier.evaluate(features[150:], kind[150:], verbose=0)
predictions = classifier.predict(encoder.predict(x[:4], verbose=0), verbose=0)
