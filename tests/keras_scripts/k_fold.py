"""House prices with few rows: four folds, each with a network of its own, and the mean of their curves."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(22)

rng = np.random.default_rng(22)
train_data = rng.normal(5, 3, (96, 6))
train_targets = 20 + train_data @ np.array([1.5, -2.0, 0.5, 0.0, 1.0, -0.5]) + np.sin(train_data[:, 0]) * 3

mean = train_data.mean(axis=0)
train_data -= mean
std = train_data.std(axis=0)
train_data /= std


def build_model():
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model


k = 4
num_val_samples = len(train_data) // k
num_epochs = 6
all_mae_histories = []
all_scores = []
for i in range(k):
    print(f"Processing fold #{i}")
    val_data = train_data[i * num_val_samples : (i + 1) * num_val_samples]
    val_targets = train_targets[i * num_val_samples : (i + 1) * num_val_samples]
    partial_train_data = np.concatenate([train_data[: i * num_val_samples], train_data[(i + 1) * num_val_samples :]], axis=0)
    partial_train_targets = np.concatenate(
        [train_targets[: i * num_val_samples], train_targets[(i + 1) * num_val_samples :]], axis=0
    )
    model = build_model()
    history = model.fit(
        partial_train_data,
        partial_train_targets,
        validation_data=(val_data, val_targets),
        epochs=num_epochs,
        batch_size=16,
        verbose=0,
    )
    all_mae_histories.append(history.history["val_mae"])
    val_mse, val_mae = model.evaluate(val_data, val_targets, verbose=0)
    all_scores.append(val_mae)

curve = [np.mean([x[i] for x in all_mae_histories]) for i in range(num_epochs)]
print("mean absolute error of the folds:", all_scores, "mean", np.mean(all_scores))
