"""Which learning rate? Raise it after every batch, look at the loss, and start again with the best."""

import keras
import numpy as np

keras.utils.set_random_seed(68)

rng = np.random.default_rng(68)
x = rng.uniform(-1, 1, (160, 3))
y = (x[:, 0] ** 2 + x[:, 1] > x[:, 2]).astype("float32")


class RateFinder(keras.callbacks.Callback):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor
        self.rates, self.losses = [], []

    def on_train_batch_end(self, batch, logs=None):
        rate = float(self.model.optimizer.learning_rate)
        self.rates.append(rate)
        self.losses.append(logs["loss"])
        self.model.optimizer.learning_rate = rate * self.factor


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-3), loss="binary_crossentropy", metrics=["accuracy"])
start = model.get_weights()
finder = RateFinder(factor=1.3)
model.fit(x, y, epochs=2, batch_size=10, callbacks=[finder], verbose=0)
rates, curve = finder.rates, finder.losses
print("from", rates[0], "to", rates[-1])

model.set_weights(start)
model.optimizer.learning_rate = 0.3
history = model.fit(x, y, epochs=5, batch_size=10, verbose=0)
model.optimizer.learning_rate.assign(0.1) if hasattr(model.optimizer.learning_rate, "assign") else None
scores = model.evaluate(x, y, verbose=0)
