"""Writes the file of the current format version that every later minifw must load: python tests/golden/make_golden.py."""

from pathlib import Path

import numpy as np

import minifw
from minifw.files.model import FORMAT


def network():
    """A small network of many kinds of things, half trained."""
    net = minifw.Sequential(
        [
            minifw.Input((4,)),
            minifw.Dense(3, activation="relu", kernel_regularizer=minifw.L2(0.01), name="first"),
            minifw.Dropout(0.25),
            minifw.Residual([minifw.Dense(3, kernel_constraint="max_norm"), minifw.LeakyReLU(0.1)]),
            minifw.Dense(2, trainable=False),
        ],
        seed=7,
    )
    schedule = minifw.ExponentialDecay(0.01, 10, 0.5)
    net.compile(minifw.Adam(schedule, gradient_accumulation_steps=2, use_ema=True), "mse", metrics=["mae"])
    rng = np.random.default_rng(1)
    net.fit(rng.normal(size=(20, 4)), rng.normal(size=(20, 2)), batch_size=4, epochs=1, verbose=0)
    return net


if __name__ == "__main__":
    path = Path(__file__).with_name(f"format_{FORMAT}.safetensors")
    network().save(path, overwrite=False)
    x = np.arange(8, dtype=np.float32).reshape(2, 4) / 8
    np.savez(path.with_suffix(".npz"), x=x, y=minifw.load_model(path).predict(x))
