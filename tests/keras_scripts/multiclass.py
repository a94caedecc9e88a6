"""Which of three looms wove it? Softmax with class numbers, then logits, then one-hot rows."""

import keras
import numpy as np
from keras import losses, metrics, models, optimizers
from keras.layers import BatchNormalization, Dense, Dropout, Flatten, Input, LeakyReLU
from keras.utils import to_categorical

keras.utils.set_random_seed(3)

# patches of cloth, 4 x 4 threads: each loom leaves stripes of its own
rng = np.random.default_rng(13)
stripes = rng.normal(0, 1, (3, 4, 4))
labels = rng.integers(0, 3, 260)
patches = stripes[labels] + rng.normal(0, 0.9, (260, 4, 4))
x_train, x_val, x_test = patches[:180], patches[180:220], patches[220:]
y_train, y_val, y_test = labels[:180], labels[180:220], labels[220:]

# softmax, and class numbers as they are
model = models.Sequential()
model.add(Input((4, 4)))
model.add(Flatten())
model.add(Dense(10, use_bias=False))
model.add(BatchNormalization(momentum=0.9))
model.add(LeakyReLU(negative_slope=0.1))
model.add(Dropout(0.0))
model.add(Dense(3, activation="softmax"))
model.set_weights([rng.normal(0, 0.4, w.shape) if w.ndim == 2 else w for w in model.get_weights()])
model.compile(optimizer=optimizers.Adam(0.02), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x_train, y_train, epochs=8, validation_data=(x_val, y_val), shuffle=False, verbose=0)
loss, accuracy = scores = model.evaluate(x_test, y_test, verbose=0)
predictions = model.predict(x_test, batch_size=16, verbose=0)
print(f"softmax: {100 * accuracy:.0f} % right, loss {loss:.3f}")

# no softmax: the loss takes the logits
logits = models.Sequential([Input((4, 4)), Flatten(), Dense(10, activation="relu", name="hidden"), Dense(3, name="logits")])
logits.set_weights([rng.normal(0, 0.4, w.shape) if w.ndim == 2 else w for w in logits.get_weights()])
logits.compile(
    optimizer=optimizers.Nadam(0.01),
    loss=losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["sparse_categorical_accuracy"],
)
logits_history = logits.fit(x_train, y_train, batch_size=20, epochs=8, shuffle=False, verbose=0)
logits_scores = logits.evaluate(x_test, y_test, verbose=0)
assert logits.get_layer("hidden").get_weights()[0].shape == (16, 10)

# one-hot rows
smooth = models.Sequential([Flatten(input_shape=(4, 4)), Dense(3, activation="softmax")])
smooth.set_weights([rng.normal(0, 0.4, w.shape) if w.ndim == 2 else w for w in smooth.get_weights()])
smooth.compile(
    loss=losses.CategoricalCrossentropy(label_smoothing=0.1),
    optimizer="adam",
    metrics=["acc", metrics.TopKCategoricalAccuracy(k=2, name="top_2")],
)
smooth_history = smooth.fit(x_train, to_categorical(y_train, 3), epochs=5, shuffle=False, verbose=0)
smooth_scores = smooth.evaluate(x_test, to_categorical(y_test, num_classes=3), verbose=0)
print("logits:", logits_scores, "one-hot:", smooth_scores)
