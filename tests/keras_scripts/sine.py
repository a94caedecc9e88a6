"""A sine learned from forty points, with a learning rate that decays."""

import keras
import numpy as np
from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import Adam
from keras.optimizers.schedules import ExponentialDecay

keras.utils.set_random_seed(24)

x = np.linspace(-np.pi, np.pi, 40).reshape(-1, 1)
y = np.sin(x)

model = Sequential()
model.add(Dense(20, input_dim=1, activation="tanh", kernel_initializer="glorot_normal"))
model.add(Dense(20, activation="tanh"))
model.add(Dense(1, activation="linear"))
lr_schedule = ExponentialDecay(initial_learning_rate=0.02, decay_steps=20, decay_rate=0.9)
model.compile(loss="mean_squared_error", optimizer=Adam(learning_rate=lr_schedule), metrics=["mean_absolute_error"])
model.summary()
history = model.fit(x, y, epochs=40, batch_size=20, verbose=0)
scores = model.evaluate(x, y, verbose=0)
predictions = model.predict(np.linspace(-4, 4, 9)[:, np.newaxis], verbose=0)
rates = [float(lr_schedule(step)) for step in (0, 10, 100)]
print("loss: {:.4f}, mean absolute error: {:.4f}".format(*tuple(scores)))
