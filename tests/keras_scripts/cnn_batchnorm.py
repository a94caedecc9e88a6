"""Convolutions with batch normalization, strides instead of pools, and a mean over the picture at the end."""

import keras
import numpy as np
from keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
    Rescaling,
)

keras.utils.set_random_seed(38)

rng = np.random.default_rng(38)
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
        Input((8, 8, 1)),
        Rescaling(2.0, offset=-1.0),
        Conv2D(6, 3, padding="same", use_bias=False),
        BatchNormalization(),
        Activation("relu"),
        AveragePooling2D(2),
        Conv2D(8, (3, 3), strides=2, padding="same", use_bias=False, kernel_initializer="he_normal"),
        BatchNormalization(momentum=0.8, epsilon=1e-5),
        Activation("relu"),
        GlobalAveragePooling2D(),
        Dense(4),
    ]
)
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
)
history = model.fit(x_train, y_train, batch_size=30, epochs=4, validation_data=(x_test, y_test), verbose=0)
loss, acc = scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
print(f"Accuracy: {acc:.2%}, trainable: {sum(int(np.prod(w.shape)) for w in model.get_weights())} numbers in all")
