"""Drives EarlyStopping and ReduceLROnPlateau of Keras with made-up logs and writes down what they do.

    KERAS_BACKEND=jax python tests/reference/make_callbacks.py

It needs keras and jax; the tests need only `callbacks.json`, which it writes beside itself.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np


class Optimizer:
    """What the callbacks touch of an optimizer."""

    learning_rate = 0.5


class Model:
    """What the callbacks touch of a model: it has one weight, the number of the epoch."""

    stop_training = False
    metrics = ()

    def __init__(self):
        self.optimizer, self.weight = Optimizer(), 0

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights


def run(cls, options, values):
    """What is there at the end, and the learning rates on the way."""
    import keras

    model, callback = Model(), getattr(keras.callbacks, cls)(**options)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        model.weight = epoch
        logs = {"loss": value}
        callback.on_epoch_end(epoch, logs)
        rates.append(logs.get("learning_rate"))
        if model.stop_training:
            break
    callback.on_train_end()
    found = {"epochs": epoch + 1, "weight": model.weight, "rates": rates, "rate": float(model.optimizer.learning_rate)}
    for name in ("best", "best_epoch", "stopped_epoch", "wait", "cooldown_counter"):
        if hasattr(callback, name):
            value = getattr(callback, name)
            found[name] = None if value is None else float(value)
    return found


def options(cls, rng):
    """Random arguments."""
    chosen = {"monitor": "loss", "mode": str(rng.choice(["auto", "min", "max"])), "patience": int(rng.integers(0, 4))}
    chosen["min_delta"] = float(rng.choice([0.0, 0.1, 0.5, -0.1]))
    if cls == "EarlyStopping":
        chosen["restore_best_weights"] = bool(rng.integers(2))
        chosen["start_from_epoch"] = int(rng.choice([0, 0, 3]))
        chosen["baseline"] = None if rng.integers(2) else float(rng.choice([0.3, 1.0]))
    else:
        chosen["factor"], chosen["cooldown"] = float(rng.choice([0.5, 0.25])), int(rng.integers(0, 4))
        chosen["min_lr"] = float(rng.choice([0.0, 0.03]))
    return chosen


def values(rng):
    """Random logs of up to 20 epochs, some with NaN, never an infinity: JSON knows neither, so NaN is null."""
    epochs = int(rng.integers(1, 21))
    found = np.round(rng.random(epochs) + np.linspace(1, 0, epochs) * rng.random(), 2)
    for place in np.flatnonzero(rng.random(len(found)) < 0.05):
        found[place] = math.nan
    return [float(value) for value in found]


def main():
    """Write the file."""
    warnings.simplefilter("ignore")
    rng, cases = np.random.default_rng(7), []
    for cls in ("EarlyStopping", "ReduceLROnPlateau"):
        for _ in range(60):
            chosen, logs = options(cls, rng), values(rng)
            cases.append({"class": cls, "options": chosen, "values": logs, "found": run(cls, chosen, logs)})
    text = json.dumps(cases, separators=(",", ":")).replace("},{", "},\n{").replace("NaN", "null")
    Path(__file__).with_name("callbacks.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
