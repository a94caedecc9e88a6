"""A small convolutional network for pictures of four shapes."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(37)

rng = np.random.default_rng(37)
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

num_classes = 4
y_train_hot = keras.utils.to_categorical(y_train, num_classes)
y_test_hot = keras.utils.to_categorical(y_test, num_classes)

model = keras.Sequential(
    [
        keras.Input(shape=(8, 8, 1)),
        layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(12, kernel_size=(3, 3), padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
model.summary()
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x_train, y_train_hot, batch_size=20, epochs=4, validation_split=0.1, verbose=0)
scores = model.evaluate(x_test, y_test_hot, verbose=0)
print("Test loss:", scores[0])
print("Test accuracy:", scores[1])
predictions = model.predict(x_test, verbose=0)
shapes = [w.shape for w in model.get_weights() if w.ndim == 4]
