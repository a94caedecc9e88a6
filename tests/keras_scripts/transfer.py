"""A network learns four shapes; its first layers, frozen, then help with two new ones; at last all is tuned gently."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(45)

rng = np.random.default_rng(45)
prototypes = rng.normal(0, 1, (6, 12))
labels = rng.integers(0, 6, 260)
samples = prototypes[labels] + rng.normal(0, 0.8, (260, 12))
old, new = labels < 4, labels >= 4

base_model = keras.Sequential(
    [keras.Input((12,)), layers.Dense(16, activation="relu"), layers.Dense(8, activation="relu", name="features")],
    name="base",
)
pretrained = keras.Sequential([base_model, layers.Dense(4, activation="softmax")])
pretrained.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
pretrained_history = pretrained.fit(samples[old], labels[old], epochs=6, verbose=0)
base_model.save_weights("base.weights.h5")

fresh_base = keras.Sequential(
    [keras.Input((12,)), layers.Dense(16, activation="relu"), layers.Dense(8, activation="relu", name="features")],
    name="base",
)
fresh_base.load_weights("base.weights.h5")
fresh_base.trainable = False
model = keras.Sequential([fresh_base, layers.Dense(1, activation="sigmoid")])
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["accuracy"])
before = fresh_base.get_weights()
head_history = model.fit(samples[new], labels[new] - 4, epochs=6, verbose=0)
assert all(np.array_equal(a, b) for a, b in zip(before, fresh_base.get_weights(), strict=True))
print("trained while frozen:", len(model.trainable_weights), "of", len(model.weights))

# unfreeze all but the first layer, and go on with a small rate
fresh_base.trainable = True
for layer in fresh_base.layers[:-1]:
    layer.trainable = False
model.compile(optimizer=keras.optimizers.Adam(1e-4), loss="binary_crossentropy", metrics=["accuracy"])
tuned_history = model.fit(samples[new], labels[new] - 4, epochs=4, verbose=0)
scores = model.evaluate(samples[new], labels[new] - 4, verbose=0)
shapes = [len(model.trainable_weights), len(model.non_trainable_weights)]
