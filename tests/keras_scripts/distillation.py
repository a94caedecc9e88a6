"""A large network teaches a small one: the small one learns what the large one says, not only who is right."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(67)

rng = np.random.default_rng(67)
labels = rng.integers(0, 4, 160)
x = rng.normal(0, 1, (160, 10)) + 1.5 * np.eye(4, 10)[labels]


def network(*sizes):
    model = keras.Sequential([keras.Input((10,))])
    for size in sizes:
        model.add(layers.Dense(size, activation="relu"))
    model.add(layers.Dense(4, activation="softmax"))
    return model


teacher = network(48, 24)
teacher.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
teacher_history = teacher.fit(x[:120], labels[:120], epochs=6, batch_size=30, verbose=0)
soft_targets = teacher.predict(x[:120], verbose=0)

student = network(6)
student.compile(keras.optimizers.Adam(0.02), loss=keras.losses.KLDivergence(), metrics=["categorical_accuracy"])
student_history = student.fit(x[:120], soft_targets, epochs=6, batch_size=30, verbose=0)
hot = keras.utils.to_categorical(labels[120:], 4)
smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
scores = [*student.evaluate(x[120:], hot, verbose=0), float(smoothed(hot, student.predict(x[120:], verbose=0)))]
print("teacher:", teacher.evaluate(x[120:], labels[120:], verbose=0)[1], "student:", scores[1])
