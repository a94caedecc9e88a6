"""Drawn digits, flattened: the first script of everyone."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(35)

# a digit is the strokes of a seven-segment display on 7 x 5 pixels, shifted and noisy
SEGMENTS = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgecd", "abc", "abcdefg", "abcdfg"]
STROKES = {
    "a": np.s_[0, 1:4], "b": np.s_[1:3, 4], "c": np.s_[4:6, 4], "d": np.s_[6, 1:4],
    "e": np.s_[4:6, 0], "f": np.s_[1:3, 0], "g": np.s_[3, 1:4],
}  # fmt: skip
rng = np.random.default_rng(35)
labels = rng.integers(0, 10, 300)
images = np.zeros((300, 9, 7), "uint8")
for image, label in zip(images, labels, strict=True):
    down, right = rng.integers(0, 3, 2)
    for segment in SEGMENTS[label]:
        image[down : down + 7, right : right + 5][STROKES[segment]] = rng.integers(120, 256)
x_train, x_test = images[:240] / 255.0, images[240:] / 255.0
y_train, y_test = labels[:240], labels[240:]

model = keras.models.Sequential(
    [
        keras.layers.Flatten(input_shape=(9, 7)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(10),
    ]
)
predictions_before = model(x_train[:1])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
first_loss = float(loss_fn(y_train[:1], predictions_before))
model.compile(optimizer="adam", loss=loss_fn, metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=5)
scores = model.evaluate(x_test, y_test, verbose=2)

probability_model = keras.Sequential([model, layers.Softmax()])
predictions = probability_model(x_test[:5])
assert np.allclose(np.sum(predictions, axis=1), 1, atol=1e-5)
print("said:", np.argmax(predictions, axis=1), "true:", y_test[:5])
