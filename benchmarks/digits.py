"""Times the whole of a training that users know: 20 epochs of the handwritten digits, 64-64-10, Adam, batches of 32.

    python benchmarks/digits.py                           minifw alone
    python benchmarks/digits.py --against sklearn,torch,keras
    python benchmarks/digits.py --quick                   one round and 2 epochs

Every run is a process of its own, which starts Python, imports its library, reads 1,347 digits, trains, and reads 450 new
ones. Seconds are from the start of the process to its end, and from the call that trains to its return, minimum/median over
the rounds; the programs take turns. `torch` is a loop over tensors, `torch loader` the same with its DataLoader.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from harness import cell, environment, show, taking_part

DATA = Path(__file__).parents[1] / "examples" / "data" / "digits.npz"
BATCH = 32
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def data() -> Arrays:
    """Return images and digits to learn from, and every fourth of each digit, which is held out."""
    with np.load(DATA, allow_pickle=False) as file:
        x, y = (file["images"].reshape(-1, 64) / 16).astype(np.float32), file["labels"].astype(np.int64)
    order = np.random.default_rng(1).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    train, test = np.delete(order, np.s_[::4]), order[::4]
    return x[train], y[train], x[test], y[test]


def train_minifw(epochs: int) -> tuple[float, float]:
    """Train with `fit`."""
    from minifw import Dense, Input, Sequential

    x, y, new, labels = data()
    net = Sequential([Input((64,)), Dense(64, activation="relu"), Dense(10, activation="softmax")], seed=1)
    net.compile("adam", "sparse_categorical_crossentropy")
    begin = time.perf_counter()
    net.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - begin
    return seconds, float(np.mean(net.predict(new).argmax(axis=1) == labels))


def train_keras(epochs: int) -> tuple[float, float]:
    """The same in Keras on JAX."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    x, y, new, labels = data()
    keras.utils.set_random_seed(1)
    layers = [keras.Input((64,)), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    net = keras.Sequential(layers)
    net.compile("adam", "sparse_categorical_crossentropy")
    begin = time.perf_counter()
    net.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)
    seconds = time.perf_counter() - begin
    return seconds, float(np.mean(net.predict(new, verbose=0).argmax(axis=1) == labels))


def train_sklearn(epochs: int) -> tuple[float, float]:
    """scikit-learn's MLPClassifier, which warns that it is not done after so few epochs."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    x, y, new, labels = data()
    net = MLPClassifier((64,), batch_size=BATCH, max_iter=epochs, alpha=0.0, random_state=1)
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(x, y)
    seconds = time.perf_counter() - begin
    return seconds, float(np.mean(net.predict(new) == labels))


def train_torch(epochs: int, loader: bool = False) -> tuple[float, float]:
    """PyTorch: the loop that its tutorials write."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(1)
    x, y, new, labels = (torch.from_numpy(array) for array in data())
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loss, optimizer = nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters())

    def batches() -> Any:
        order = torch.randperm(len(x))
        for i in range(0, len(x), BATCH):
            yield x[order[i : i + BATCH]], y[order[i : i + BATCH]]

    loaded = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    begin = time.perf_counter()
    for _ in range(epochs):
        for inputs, targets in loaded if loader else batches():
            optimizer.zero_grad()
            loss(net(inputs), targets).backward()
            optimizer.step()
    seconds = time.perf_counter() - begin
    with torch.inference_mode():
        return seconds, float((net(new).argmax(dim=1) == labels).double().mean())


TRAIN = {
    "minifw": train_minifw,
    "sklearn": train_sklearn,
    "torch": train_torch,
    "torch loader": lambda epochs: train_torch(epochs, loader=True),
    "keras": train_keras,
}


def run(name: str, epochs: int) -> tuple[float, float, float]:
    """Return the seconds of the whole process, those of the training, and the share of new digits read right."""
    begin = time.perf_counter()
    command = [sys.executable, __file__, "--worker", name, str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    whole = time.perf_counter() - begin
    seconds, accuracy = json.loads(done.stdout)
    return whole, seconds, accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="LIBRARIES", help="sklearn,torch,keras: to be measured beside minifw")
    parser.add_argument("--quick", action="store_true", help="one round and 2 epochs")
    parser.add_argument("--samples", type=int, default=7, metavar="N", help="rounds; by default 7")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(TRAIN[options.worker[0]](int(options.worker[1]))))
        return
    libraries = taking_part(options.against)
    names = [name for name in TRAIN if name.split()[0] in libraries]
    rounds, epochs = (1, 2) if options.quick else (max(1, options.samples), 20)
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names if turn % 2 else names[::-1]:
            runs[name].append(run(name, epochs))
    rows = []
    for name, measured in runs.items():
        whole, seconds, accuracy = zip(*measured, strict=True)
        rows.append([name, cell((min(whole), median(whole))), cell((min(seconds), median(seconds))), f"{accuracy[0]:.1%}"])
    headers = ["program", "process, s", "fit, s", "read right"]
    show(f"{epochs} epochs of 1,347 digits, 64-64-10, Adam, batches of {BATCH} (minimum/median of {rounds})", headers, rows)


if __name__ == "__main__":
    main()
