"""Noise goes in, the clean picture is to come out: convolutions down and up again."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(48)

rng = np.random.default_rng(48)
clean = np.zeros((90, 8, 8, 1), "float32")
for image in clean:
    down, right = rng.integers(1, 5, 2)
    image[down : down + 3, right : right + 3] = 1.0
noisy = np.clip(clean + rng.normal(0, 0.3, clean.shape), 0.0, 1.0)

model = keras.Sequential(
    [
        layers.Input(shape=(8, 8, 1)),
        layers.Conv2D(6, (3, 3), activation="relu", padding="same"),
        layers.MaxPooling2D((2, 2), padding="same"),
        layers.Conv2D(6, (3, 3), activation="relu", padding="same"),
        layers.UpSampling2D((2, 2)),
        layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["mse"])
history = model.fit(noisy[:70], clean[:70], epochs=4, batch_size=10, validation_data=(noisy[70:], clean[70:]), verbose=0)
scores = model.evaluate(noisy[70:], clean[70:], verbose=0)
predictions = model.predict(noisy[70:], verbose=0)
print("error before:", float(np.mean((noisy[70:] - clean[70:]) ** 2)), "after:", scores[1])
