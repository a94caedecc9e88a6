"""Which machine hums there? Windows of a signal, convolved along time."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(40)

rng = np.random.default_rng(40)
time = np.arange(32)
kinds = rng.integers(0, 3, 150)
signals = np.stack([np.sin(time * (0.3 + 0.35 * kind) + rng.uniform(0, 6)) + rng.normal(0, 0.3, 32) for kind in kinds])[
    ..., np.newaxis
]
x_train, x_test, y_train, y_test = signals[:110], signals[110:], kinds[:110], kinds[110:]

model = keras.Sequential(
    [
        layers.Conv1D(filters=8, kernel_size=5, activation="relu", input_shape=(32, 1)),
        layers.MaxPooling1D(pool_size=2),
        layers.Conv1D(filters=8, kernel_size=3, strides=2, padding="same", activation="tanh"),
        layers.AveragePooling1D(2),
        layers.GlobalAveragePooling1D(),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile(optimizer="adamax", loss="sparse_categorical_crossentropy", metrics=["sparse_categorical_accuracy"])
history = model.fit(x_train, y_train, batch_size=16, epochs=6, validation_split=0.2, verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
print("Test accuracy", scores[1], "Test loss", scores[0])
