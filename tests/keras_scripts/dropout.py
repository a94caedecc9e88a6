"""Dropout against learning by heart: sizes of what is drawn, not the draws."""

import keras
import numpy as np
from keras.constraints import MaxNorm
from keras.layers import Dense, Dropout
from keras.models import Sequential
from keras.optimizers import SGD

keras.utils.set_random_seed(60)

rng = np.random.default_rng(60)
X = rng.normal(size=(100, 20))
Y = (X[:, :3].sum(axis=1) > 0).astype(int)


def create_model():
    model = Sequential()
    model.add(Dropout(0.2, input_shape=(20,)))
    model.add(Dense(30, activation="relu", kernel_constraint=MaxNorm(3)))
    model.add(Dropout(rate=0.5))
    model.add(Dense(1, activation="sigmoid"))
    sgd = SGD(learning_rate=0.1, momentum=0.9)
    model.compile(loss="binary_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model


model = create_model()
untrained_scores = model.evaluate(X, Y, verbose=0)
untrained_predictions = model.predict(X, verbose=0)
history = model.fit(X, Y, epochs=5, batch_size=5, validation_split=0.2, verbose=0)
scores = model.evaluate(X, Y, verbose=0, return_dict=True)
layer = Dropout(0.5)
kept = np.asarray(layer(np.ones((200, 50)), training=True))
assert set(np.unique(kept)) == {0.0, 2.0} and 0.4 < (kept > 0).mean() < 0.6
assert np.array_equal(np.asarray(layer(np.ones((2, 5)), training=False)), np.ones((2, 5)))
print("accuracy", scores["accuracy"])
