"""Makes parameters.npz: Keras' initializers, regularizers and constraints (needs keras and jax; run by hand)."""

import os
from pathlib import Path

import numpy as np

SHAPE = (200, 300)
REGULARIZERS = {"L1": {"l1": 0.03}, "L2": {"l2": 0.2}, "L1L2": {"l1": 0.03, "l2": 0.2}}
AXES = {"0": 0, "1": 1, "last": -1, "01": (0, 1), "012": (0, 1, 2)}
INITIALIZERS = {
    **{f"{who}{how}": {} for who in ("Glorot", "He", "Lecun") for how in ("Uniform", "Normal")},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"},
    "RandomNormal": {"mean": 0.1, "stddev": 0.2},
    "TruncatedNormal": {"mean": 0.1, "stddev": 0.2},
    "RandomUniform": {"minval": -1.0, "maxval": 3.0},
    "Orthogonal": {"gain": 2.0},
    "Constant": {"value": 0.5},
    "Zeros": {},
    "Ones": {},
}


def moments(values):
    """Return mean, standard deviation, smallest and largest."""
    return np.array([values.mean(), values.std(), values.min(), values.max()])


def main():
    """Write parameters.npz beside this file."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax  # here, so that pytest can import this file without it

    jax.config.update("jax_enable_x64", True)
    import keras

    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.config.set_floatx("float64")
    w = np.random.default_rng(4).normal(size=(2, 3, 4)) * [0.1, 1, 2, 5]
    found = {"w": w, "NonNeg": np.asarray(keras.constraints.NonNeg()(w))}
    for name, options in REGULARIZERS.items():
        value, grad = jax.value_and_grad(getattr(keras.regularizers, name)(**options))(w)
        found |= {f"{name}_penalty": np.asarray(value), f"{name}_gradient": np.asarray(grad)}
    for name, axis in AXES.items():
        found[f"MaxNorm_{name}"] = np.asarray(keras.constraints.MaxNorm(1.5, axis=axis)(w))
    for name, options in INITIALIZERS.items():
        seeded = options if name in ("Constant", "Zeros", "Ones") else {**options, "seed": 1}
        found[name] = moments(np.asarray(getattr(keras.initializers, name)(**seeded)(SHAPE, dtype="float64")))
    np.savez_compressed(Path(__file__).with_name("parameters.npz"), **found)


if __name__ == "__main__":
    main()
