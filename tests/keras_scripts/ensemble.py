"""Five networks vote, and a grid of sizes is searched."""

import itertools

import keras
import numpy as np

keras.utils.set_random_seed(69)

rng = np.random.default_rng(69)
x = rng.normal(size=(150, 5))
labels = np.argmax(x[:, :3] + 0.5 * x[:, 2:5] ** 2, axis=1)

members = []
for member in range(3):
    rows = rng.choice(100, 100)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(
                8 + 2 * member, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed=member)
            ),
            keras.layers.Dense(3, activation="softmax", kernel_initializer=keras.initializers.RandomNormal(stddev=0.1)),
        ]
    )
    model.compile("nadam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[rows], labels[rows], epochs=4, batch_size=25, class_weight={0: 1.0, 1: 2.0, 2: 1.5}, verbose=0)
    members.append(model)
votes_predictions = np.mean([member.predict(x[100:], verbose=0) for member in members], axis=0)
print("together:", np.mean(votes_predictions.argmax(axis=1) == labels[100:]))

grid_scores = {}
for units, rate in itertools.product([4, 8], [0.01, 0.05]):
    model = keras.Sequential([keras.layers.Dense(units, "tanh"), keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:100], labels[:100], epochs=3, batch_size=25, verbose=0)
    grid_scores[f"{units} {rate}"] = model.evaluate(x[100:], labels[100:], verbose=0)
print("best:", max(grid_scores, key=lambda key: grid_scores[key][1]))
