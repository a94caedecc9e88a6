"""Many classes: topics of short news, and whether the right one is among the first three."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(36)

rng = np.random.default_rng(36)
topics = rng.integers(0, 12, 260)
profile = rng.dirichlet(np.full(40, 0.3), size=12)
counts = np.stack([rng.multinomial(25, profile[topic]) for topic in topics]).astype("float32")
x_train, y_train, x_test, y_test = counts[:200], topics[:200], counts[200:], topics[200:]

model = keras.Sequential(
    [
        layers.Dense(32, activation="relu"),
        layers.Dense(24, activation="relu"),
        layers.Dense(12, activation="softmax"),
    ]
)
top_3 = keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top_3_accuracy")
model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy", top_3])
history = model.fit(x_train, y_train, epochs=6, batch_size=50, validation_data=(x_test, y_test), verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
print("shape of one:", predictions[0].shape, "sum:", np.sum(predictions[0]), "class:", np.argmax(predictions[0]))
by_chance = float(np.mean(rng.permutation(y_test) == y_test))
print(f"right {scores[1]:.2f}, among three {scores[2]:.2f}, by chance {by_chance:.2f}")
