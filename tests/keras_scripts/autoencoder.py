"""Eight numbers through two and back: what is left of them, and a picture of the code."""

import keras
import numpy as np
from keras.layers import Dense, Input
from keras.models import Sequential

keras.utils.set_random_seed(47)

rng = np.random.default_rng(47)
latent = rng.uniform(-1, 1, (180, 2))
data = np.tanh(latent @ rng.normal(0, 1, (2, 8))) * 0.5 + 0.5
x_train, x_test = data[:140], data[140:]

encoder = Sequential([Input((8,)), Dense(6, activation="relu"), Dense(2)], name="encoder")
decoder = Sequential([Input((2,)), Dense(6, activation="relu"), Dense(8, activation="sigmoid")], name="decoder")
autoencoder = Sequential([encoder, decoder], name="autoencoder")
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
history = autoencoder.fit(x_train, x_train, epochs=8, batch_size=20, validation_data=(x_test, x_test), verbose=0)
codes = encoder.predict(x_test, verbose=0)
predictions = decoder.predict(codes, verbose=0)
assert np.allclose(predictions, autoencoder.predict(x_test, verbose=0), atol=1e-6)
code_table = codes
scores = autoencoder.evaluate(x_test, x_test, verbose=0)
print("mean absolute error", np.abs(predictions - x_test).mean(), "codes", codes.shape)
