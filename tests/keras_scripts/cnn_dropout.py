"""The same pictures with dropout and noise: what is drawn differs, what is promised does not."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(39)

rng = np.random.default_rng(39)
labels = rng.integers(0, 4, 160)
images = rng.uniform(0, 0.3, (160, 8, 8, 1))
for image, label in zip(images, labels, strict=True):
    at = rng.integers(1, 6)
    if label == 0:
        image[at : at + 2, 1:7] += 0.7  # a bar
    elif label == 1:
        image[1:7, at : at + 2] += 0.7  # a post
    elif label == 2:
        image[at - 1 : at + 3, at - 1 : at + 3] += 0.7  # a block
    else:
        image[np.arange(8), np.arange(8)] += 0.7  # a diagonal
x_train, x_test, y_train, y_test = images[:120], images[120:], labels[:120], labels[120:]

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.GaussianNoise(0.1),
        layers.Conv2D(8, kernel_size=3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(16, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(4, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
untrained_scores = model.evaluate(x_test, y_test, verbose=0)
untrained_predictions = model.predict(x_test, verbose=0)
history = model.fit(x_train, y_train, batch_size=20, epochs=4, validation_split=0.25, verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
print("before:", untrained_scores, "after:", scores)
assert np.array_equal(predictions, model.predict(x_test, verbose=0))  # nothing is dropped in a prediction
