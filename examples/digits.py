"""Reads handwritten digits: 1,797 images of 8x8 pixels, three quarters to learn from, one quarter to be tested on.

Run it with `python examples/digits.py`. Where the images come from stands in `examples/data/README.md`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from minifw import Adam, Callback, Dense, Dropout, Flatten, Input, Sequential, SparseCategoricalCrossentropyLoss

DATA = Path(__file__).parent / "data" / "digits.npz"
SHADES = " .:-=+*#%@"


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return images from 0 (paper) to 1 (ink), `(1797, 8, 8)`, and their digits, `(1797,)`."""
    with np.load(DATA, allow_pickle=False) as file:
        return (file["images"] / 16).astype(np.float32), file["labels"]


def split(labels: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the images to learn from and of every fourth of each digit, which is held out."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_digit = shuffled[np.argsort(labels[shuffled], kind="stable")]
    return np.delete(by_digit, np.s_[::4]), by_digit[::4]


def network(seed: int) -> Sequential:
    """Return the network, ready to be trained."""
    net = Sequential(
        [
            Input((8, 8)),
            Flatten(),
            Dense(128, activation="relu"),
            Dropout(0.4),
            Dense(64, activation="relu"),
            Dropout(0.1),
            Dense(10, activation="softmax"),
        ],
        seed=seed,
    )
    net.compile(optimizer=Adam(0.0015), loss=SparseCategoricalCrossentropyLoss(), metrics=["accuracy"])
    return net


class EpochLine(Callback):
    """Prints one line an epoch."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the means of the epoch, measured before each update and with dropout."""
        loss, accuracy = logs["loss"], logs["accuracy"]
        print(f"epoch {epoch + 1:2} of {self.params['epochs']}: loss {loss:.4f}, {accuracy:.1%} right")


def draw(images: np.ndarray) -> str:
    """Return images as text, beside each other."""
    shades = np.array(list(SHADES))[np.rint(images * (len(SHADES) - 1)).astype(int)]
    # a character is twice as high as it is wide, so a pixel is two of them
    lines = ("    ".join("".join(2 * shade for shade in pixels) for pixels in across) for across in shades.swapaxes(0, 1))
    return "\n".join(line.rstrip() for line in lines)


def main(seed: int = 1, epochs: int = 25) -> float:
    images, labels = load()
    train, test = split(labels, seed)
    net = network(seed)
    net.summary()
    print()

    began = time.perf_counter()
    # products of batches this small stay on one core, so that a busy machine cannot slow them down much
    net.fit(images[train], labels[train], batch_size=16, epochs=epochs, verbose=0, callbacks=[EpochLine()])
    seconds = time.perf_counter() - began

    read = net.predict(images[test]).argmax(axis=-1)
    wrong = np.flatnonzero(read != labels[test])
    accuracy = 1 - len(wrong) / len(test)
    print(f"\nlearned {len(train):,} digits in {seconds:.1f} s; of {len(test)} new ones {accuracy:.1%} were read right")

    shown = wrong[:4]
    if len(shown):
        print(f"\n{len(wrong)} were misread{', such as these' if len(wrong) > len(shown) else ''}:")
        print("    ".join(f"read {read[i]}, is {labels[test[i]]}".ljust(16) for i in shown).rstrip())
        print(draw(images[test[shown]]))
    return accuracy


if __name__ == "__main__":
    main()
