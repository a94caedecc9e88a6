"""The oldest exercise of all: exclusive or."""

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential

keras.utils.set_random_seed(28)

training_data = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
target_data = np.array([[0], [1], [1], [0]], "float32")

model = Sequential()
model.add(Dense(16, input_dim=2, activation="relu"))
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="mean_squared_error", optimizer="adam", metrics=["mae"])
history = model.fit(training_data, target_data, epochs=50, verbose=0)
predictions = model.predict(training_data)
print(predictions.round())
scores = model.evaluate(training_data, target_data)
print(f"{model.metrics_names[0]}: {scores[0]:.4f}")
