"""A convolutional network reads handwritten digits.

    python examples/digits_cnn.py

The same 1,797 images of 8x8 pixels as in `digits.py`, a quarter of them held out. Two convolutions look at neighbourhoods
instead of single pixels; small shifts and turns of the training images come along for free, since a shifted digit is the
same digit.
"""

from __future__ import annotations

import time

import numpy as np
from digits import load, split

from minifw import Adam, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Sequential
from minifw.schedules import ExponentialDecay

EPOCHS = 30


def shifted(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return each image moved by up to one pixel along each axis, zeros coming in."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    down, right = rng.integers(0, 3, (2, len(images)))
    rows, columns = down[:, None] + np.arange(8), right[:, None] + np.arange(8)
    return wide[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def network(steps: int, seed: int = 0) -> Sequential:
    """Return the network, compiled; the learning rate falls to a hundredth over the given number of steps."""
    layers = [
        Input((8, 8, 1)),
        Conv2D(32, 3, padding="same", activation="relu"),
        Conv2D(32, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, padding="same", activation="relu"),
        Flatten(),
        Dropout(0.3),
        Dense(64, activation="relu"),
        Dense(10, activation="softmax"),
    ]
    net = Sequential(layers, seed=seed)
    rate = ExponentialDecay(0.002, steps, 0.02)
    net.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def main() -> float:
    """Train, print one line an epoch and return the share of held-out digits that were read right."""
    images, labels = load()
    train, test = split(labels, seed=0)
    net = network(EPOCHS * -(-len(train) // 32))
    net.summary()
    rng = np.random.default_rng(0)
    begin = time.perf_counter()
    for epoch in range(EPOCHS):
        x = shifted(images[train], rng)[..., np.newaxis]
        history = net.fit(x, labels[train], batch_size=32, verbose=0)
        loss, right = history.history["loss"][0], history.history["accuracy"][0]
        print(f"epoch {epoch + 1:2} of {EPOCHS}: loss {loss:.4f}, {right:.1%} right")
    _, accuracy = net.evaluate(images[test][..., np.newaxis], labels[test], verbose=0)
    seconds = time.perf_counter() - begin
    print(f"learned {len(train):,} digits in {seconds:.0f} s; of {len(test)} new ones {accuracy:.1%} were read right")
    return float(accuracy)


if __name__ == "__main__":
    main()
