"""Data that come in batches: a generator, steps, and the next epochs where the last ones stopped."""

import keras
import numpy as np

keras.utils.set_random_seed(64)


def samples(seed, batch_size=20):
    rng = np.random.default_rng(seed)
    while True:
        x = rng.uniform(-1, 1, (batch_size, 2)).astype("float32")
        yield x, (x[:, :1] * x[:, 1:]).astype("float32")


model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(12, "tanh"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
history = model.fit(samples(1), steps_per_epoch=6, epochs=3, validation_data=next(samples(2, 40)), verbose=0)
scores = model.evaluate(samples(3), steps=4, verbose=0)
predictions = model.predict(((x,) for x, _ in samples(4)), steps=2, verbose=0)

x, y = next(samples(5, 90))
more_history = model.fit(x, y, batch_size=32, initial_epoch=3, epochs=5, validation_freq=2, validation_split=0.2, verbose=0)
assert more_history.epoch == [3, 4] and len(more_history.history["val_loss"]) == len(more_history.history["loss"]) // 2
few_history = model.fit(x, y, steps_per_epoch=2, epochs=2, verbose=0)
batch_predictions = model.predict_on_batch(x[:3])
batch_scores = model.test_on_batch(x, y)
more_scores = model.evaluate(x, y, batch_size=45, verbose=0)
print("loss by epochs:", history.history["loss"], more_history.history["loss"])
