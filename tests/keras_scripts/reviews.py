"""Is a review kind? Words as a vector of zeros and ones, two small layers, and too many epochs."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(33)

rng = np.random.default_rng(33)
vocabulary, kind_words = 60, set(range(5, 15))
reviews = [rng.integers(0, vocabulary, rng.integers(8, 20)).tolist() for _ in range(200)]
labels = np.array([sum(word in kind_words for word in review) >= 2 for review in reviews]).astype("float32")


def vectorize_sequences(sequences, dimension=vocabulary):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        for j in sequence:
            results[i, j] = 1.0
    return results


x_train, x_test = vectorize_sequences(reviews[:150]), vectorize_sequences(reviews[150:])
y_train, y_test = labels[:150], labels[150:]

model = keras.Sequential(
    [layers.Dense(16, activation="relu"), layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(
    x_train[50:], y_train[50:], epochs=10, batch_size=32, validation_data=(x_train[:50], y_train[:50]), verbose=0
)
history_dict = history.history
best = int(np.argmin(history_dict["val_loss"])) + 1
print("best epoch:", best, "of", len(history_dict["loss"]))

model = keras.Sequential(
    [layers.Dense(16, activation="relu"), layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")]
)
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
again_history = model.fit(x_train, y_train, epochs=best, batch_size=32, verbose=0)
scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, verbose=0)
