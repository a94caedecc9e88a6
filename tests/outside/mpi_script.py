"""What each process of test_mpi.py runs: a training, in which the last one goes wrong as the first argument says."""

import os
import signal
import sys

import numpy as np

import minifw
from minifw.parallel import MPITeam

failure, dtype = sys.argv[1], sys.argv[2]
team = MPITeam() if failure != "alone" else None
last = team is not None and team.rank == team.size - 1
unequal = failure.removeprefix("unequal ") if last else ""


def fail(verb):
    """Raise in the last process if that is what was asked for."""
    if last and failure == verb:
        raise ZeroDivisionError(f"{verb} is broken")


class Broken(minifw.Layer):
    """Raises in the fourth batch."""

    passes = 0

    def forward(self, x, training=False):
        self.passes += training
        fail("the forward" if training and self.passes == 4 else "" if training else "the validation")
        return x

    def backward(self, error_grad):
        fail("the backward" if self.passes == 4 else "")
        return error_grad


class Breaks(minifw.Callback):
    """Ends a process in one way or the other."""

    def on_train_begin(self, logs=None):
        fail("on_train_begin")

    def on_train_batch_end(self, batch, logs=None):
        if batch != 3:
            return
        fail("on_train_batch_end")
        if last and failure in ("SIGINT", "SIGKILL"):
            os.kill(os.getpid(), getattr(signal, failure))
        if last and failure == "sys.exit":
            sys.exit("that is enough")
        if failure == "a write" and team.rank == 0:
            os.mkdir("models/1.safetensors")  # no file can take its place
        if failure == "Ctrl-C":
            print("under way", flush=True)

    def on_epoch_end(self, epoch, logs=None):
        fail("on_epoch_end")

    def on_train_end(self, logs=None):
        fail("on_train_end")


rng = np.random.default_rng(0)
x, y = rng.normal(size=(50, 5)), rng.normal(size=(50, 2))
if failure == "NaN":
    x[17, 3] = np.nan
if unequal == "numbers":
    y = y + 1.0
if unequal == "data":
    x, y = x[:-1], y[:-1]
net = minifw.Sequential(
    [
        minifw.Input((5,)),
        minifw.Dense(7, "tanh", kernel_regularizer="l2"),
        Broken(),
        minifw.BatchNormalization(),
        minifw.Dropout(0.2),
        minifw.GaussianNoise(0.1),
        minifw.Dense(2),
    ],
    dtype=dtype,
    seed=1,
)
net.compile(minifw.SGD(0.05, momentum=0.9), "mse", metrics=["mae"])
if unequal == "weights":
    net.layers[0].params.kernel[0, 0] += 0.5
if unequal == "seeds":
    net.shuffles = 1
epochs = {"options": 3, "arguments": -1}.get(unequal, 100_000 if failure == "Ctrl-C" else 2)
os.makedirs("models", exist_ok=True)
callbacks = [minifw.ModelCheckpoint("models/{epoch}.safetensors"), minifw.CSVLogger("log.csv"), Breaks()]
fail("the script")
net.fit(x, y, batch_size=8, epochs=epochs, validation_split=0.2, verbose=2, callbacks=callbacks, team=team)
rank = 0 if team is None else team.rank
np.savez(f"rank{rank}.npz", weights=net.get_flat(), state=net.packed.state, losses=net.history.history["val_loss"])
with open(f"rank{rank}.txt", "w") as file:
    file.write(net.fingerprint())
