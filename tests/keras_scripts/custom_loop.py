"""A training loop of one's own: batches, rates and the best weights by hand."""

import keras
import numpy as np
from keras import Sequential
from keras.layers import Dense, LayerNormalization
from keras.losses import BinaryCrossentropy
from keras.metrics import BinaryAccuracy
from keras.optimizers import AdamW

keras.utils.set_random_seed(7)

# two spirals, one inside the other
rng = np.random.default_rng(16)
turn = rng.uniform(0.5, 3, 200)
side = rng.integers(0, 2, 200)
angle = 2 * turn + np.pi * side
x = np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1) + rng.normal(0, 0.05, (200, 2))
x_train, y_train, x_val, y_val = x[:150], side[:150], x[150:], side[150:]

model = Sequential([Dense(16, input_dim=2, activation="swish"), LayerNormalization(), Dense(8, activation="relu"), Dense(1)])
model.set_weights([rng.normal(0, 0.5, w.shape) if w.ndim == 2 else w for w in model.get_weights()])
model.compile(
    optimizer=AdamW(learning_rate=0.02, weight_decay=0.01, clipnorm=1.0),
    loss=BinaryCrossentropy(from_logits=True),
    metrics=[BinaryAccuracy(threshold=0.0)],
)

batch_size, best, curve = 25, np.inf, []
for epoch in range(10):
    seen = []
    for begin in range(0, len(x_train), batch_size):
        loss, accuracy = model.train_on_batch(x_train[begin : begin + batch_size], y_train[begin : begin + batch_size])
        seen.append(loss)
    found = model.test_on_batch(x_val, y_val, return_dict=True)
    curve.append([np.mean(seen), found["loss"], found["binary_accuracy"]])
    if found["loss"] < best:
        best, best_weights = found["loss"], model.get_weights()
    if epoch % 4 == 3:
        model.optimizer.learning_rate = float(model.optimizer.learning_rate) / 2
        print(f"epoch {epoch + 1}: loss {curve[-1][0]:.4f}, validation {found['loss']:.4f}")

model.set_weights(best_weights)
scores = model.evaluate(x_val, y_val, verbose=0)
predictions = model.predict_on_batch(x_val)
steps = int(model.optimizer.iterations)
print(f"{steps} steps, best validation loss {best:.4f}")
