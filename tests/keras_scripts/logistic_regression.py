"""Two clouds and the line between them, read from the weights."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(29)

num_samples_per_class = 100
rng = np.random.default_rng(29)
negative_samples = rng.multivariate_normal(mean=[0, 3], cov=[[1, 0.5], [0.5, 1]], size=num_samples_per_class)
positive_samples = rng.multivariate_normal(mean=[3, 0], cov=[[1, 0.5], [0.5, 1]], size=num_samples_per_class)
inputs = np.vstack((negative_samples, positive_samples)).astype(np.float32)
targets = np.vstack((np.zeros((num_samples_per_class, 1)), np.ones((num_samples_per_class, 1))))
order = rng.permutation(len(inputs))
inputs, targets = inputs[order], targets[order]

model = keras.Sequential([layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1), loss="binary_crossentropy", metrics=["accuracy"])
history = model.fit(inputs, targets, epochs=8, batch_size=20, verbose=0)
w, b = model.get_weights()
print(f"the line: y = {-w[0, 0] / w[1, 0]:.3f} x + {(-b[0]) / w[1, 0]:.3f}")
test_loss, test_acc = scores = model.evaluate(inputs, targets, verbose=0)
predictions = model.predict(inputs[:8], verbose=0)
assert ((predictions > 0.5) == (inputs[:8] @ w + b > 0)).all()
