"""Three kinds of flowers, one-hot, with names for the classes."""

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.utils import to_categorical

keras.utils.set_random_seed(34)

names = np.array(["small", "middling", "tall"])
rng = np.random.default_rng(34)
kind = rng.integers(0, 3, 150)
centres = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]])
X = centres[kind] + rng.normal(0, 0.3, (150, 4))
encoded = to_categorical(kind)

train, test = slice(0, 110), slice(110, None)


def baseline_model():
    model = Sequential()
    model.add(Dense(8, input_dim=4, activation="relu"))
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


model = baseline_model()
history = model.fit(X[train], encoded[train], epochs=20, batch_size=5, verbose=0)
scores = model.evaluate(X[test], encoded[test], verbose=0)
predictions = model.predict(X[test], verbose=0)
said = names[predictions.argmax(axis=1)]
print("accuracy: %.2f%%" % (scores[1] * 100), "first:", said[:3], "true:", names[kind[test][:3]])
confusion = np.zeros((3, 3), int)
np.add.at(confusion, (kind[test], predictions.argmax(axis=-1)), 1)
print(confusion)
