"""What each process of tests/outside/test_mpi.py runs: a training in which one of them goes wrong."""

import os
import shutil
import signal
import sys

import numpy as np

import minifw
from minifw.parallel import MPITeam

failure = sys.argv[1]
team = MPITeam()
last = team.rank == team.size - 1


class Broken(minifw.Layer):
    """Raises in one process, in the fourth batch."""

    passes = 0

    def forward(self, x, training=False):
        self.passes += training
        if last and failure == "forward" and self.passes == 4:
            raise ZeroDivisionError("the forward is broken")
        if last and failure == "validation" and not training:
            raise ZeroDivisionError("the validation is broken")
        return x

    def backward(self, error_grad):
        if last and failure == "backward" and self.passes == 4:
            raise ZeroDivisionError("the backward is broken")
        return error_grad


class Fails(minifw.Callback):
    """Goes wrong in one process, or ends it."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 3 and last and failure == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
        if batch == 3 and last and failure == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if batch == 3 and last and failure == "exit":
            sys.exit("that is enough")
        if batch == 3 and failure == "disk" and team.rank == 0:
            shutil.rmtree("models")
        if failure == "long":
            print(f"batch {batch}", flush=True)


def on_event(event):
    def fail(*arguments):
        if last:
            raise ZeroDivisionError(f"{event} is broken")

    return minifw.LambdaCallback(**{event: fail})


unequal = failure.removeprefix("unequal ") if last else ""
rng = np.random.default_rng(0)
x, y = rng.normal(size=(50, 5)), rng.normal(size=(50, 2))
if failure == "nan":
    x[17, 3] = np.nan
if unequal == "numbers":
    y = y + 1.0
if unequal == "sizes":
    x, y = x[:-1], y[:-1]
net = minifw.Sequential(
    [
        minifw.Input((5,)),
        minifw.Dense(7, "tanh"),
        Broken(),
        minifw.BatchNormalization(),
        minifw.Dropout(0.2, seed=2 if unequal == "seeds" else 1),
        minifw.Dense(2),
    ],
    dtype="float64",
    seed=1,
)
if unequal == "weights":
    net.layers[0].params.kernel[0, 0] += 1e-9
net.compile(minifw.SGD(0.1, momentum=0.9), "mse", metrics=["mae"])
epochs = {"options": 3, "arguments": -1}.get(unequal, 100_000 if failure == "long" else 2)
os.makedirs("models", exist_ok=True)
callbacks = [minifw.ModelCheckpoint("models/net-{epoch}.safetensors"), minifw.CSVLogger("log.csv"), Fails()]
if failure.startswith("on_"):
    callbacks.append(on_event(failure))
if failure == "outside" and last:
    raise ZeroDivisionError("outside is broken")
net.fit(x, y, batch_size=8, epochs=epochs, validation_split=0.2, verbose=2, callbacks=callbacks, team=team)
print(f"rank {team.rank} ends with {net.fingerprint()}", flush=True)
