"""Every callback at once: files, logs, plateaus, and a safety net."""

import os

import keras
import numpy as np
from keras import callbacks

keras.utils.set_random_seed(56)

rng = np.random.default_rng(56)
x = rng.uniform(-1, 1, (120, 3))
y = np.sin(3 * x[:, :1]) + x[:, 1:2] * x[:, 2:]

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "tanh"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse", metrics=["mae"])
told = []
my_callbacks = [
    callbacks.EarlyStopping(patience=4, restore_best_weights=True),
    callbacks.ModelCheckpoint(filepath="model.{epoch:02d}-{val_loss:.2f}.keras"),
    callbacks.ModelCheckpoint(
        "checkpoints/best.weights.h5", monitor="val_mae", save_best_only=True, save_weights_only=True, mode="min"
    ),
    callbacks.ReduceLROnPlateau(monitor="loss", factor=0.2, patience=2, min_lr=0.001, cooldown=1, verbose=1),
    callbacks.CSVLogger("log.csv", separator=";"),
    callbacks.TerminateOnNaN(),
    callbacks.LambdaCallback(
        on_train_begin=lambda logs: told.append("begin"),
        on_epoch_end=lambda epoch, logs: told.append(sorted(logs)),
        on_train_end=lambda logs: told.append("end"),
    ),
]
history = model.fit(x, y, validation_split=0.25, epochs=8, batch_size=18, callbacks=my_callbacks, verbose=0)
rates = history.history["learning_rate"]
with open("log.csv") as file:
    header = file.readline().strip().split(";")
    log_table = [[float(cell) for cell in line.split(";")] for line in file]
assert header == ["epoch", "learning_rate", "loss", "mae", "val_loss", "val_mae"] or header[:3] == [
    "epoch",
    "learning_rate",
    "loss",
]
assert told[0] == "begin" and told[-1] == "end"
steps = [len(told), len([name for name in os.listdir(".") if name.startswith("model.0")])]

model.load_weights("checkpoints/best.weights.h5")
scores = model.evaluate(x[90:], y[90:], verbose=0)
assert abs(scores[1] - min(history.history["val_mae"])) < 1e-6
