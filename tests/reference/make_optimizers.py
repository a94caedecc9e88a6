"""Makes optimizers.npz: where Keras' optimizers arrive in 100 steps, and what its schedules say (needs keras and jax).

It is run by hand and takes ten minutes. A kernel and a bias see the same given gradients in every case, in float64; all
numbers are float32 numbers, so that minifw can be asked in both. `optimizers` and `schedules` are JSON: class and arguments.
"""

import json
import os
from pathlib import Path

import numpy as np

STEPS = 100
POINTS = 70
OWN = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}],
    "Adam": [{}, {"amsgrad": True}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}],
    "AdamW": [{}, {"amsgrad": True, "weight_decay": 0.2}],
    "RMSprop": [{}, {"momentum": 0.8}, {"centered": True}, {"rho": 0.7, "momentum": 0.5, "epsilon": 1e-3, "centered": True}],
    "Adagrad": [{}, {"initial_accumulator_value": 0.0, "epsilon": 1e-3}],
    "Adadelta": [{}, {"rho": 0.5, "epsilon": 1e-3}],
    "Adamax": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}],
    "Nadam": [{}, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}],
    "Lion": [{}, {"beta_1": 0.5, "beta_2": 0.8}],
}
DECAY = ["ExponentialDecay", {"initial_learning_rate": 0.02, "decay_steps": 10, "decay_rate": 0.8}]
TAIL = [
    {"weight_decay": 0.1},
    {"clipnorm": 1.5},
    {"clipvalue": 0.5},
    {"global_clipnorm": 2.0},
    {"use_ema": True, "ema_momentum": 0.9},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7},
    {"gradient_accumulation_steps": 3},
    {"learning_rate": DECAY, "gradient_accumulation_steps": 4, "clipnorm": 1.0, "weight_decay": 0.1},
]
SCHEDULES = [
    DECAY,
    ["ExponentialDecay", {**DECAY[1], "staircase": True}],
    ["InverseTimeDecay", DECAY[1]],
    ["InverseTimeDecay", {**DECAY[1], "staircase": True}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "end_learning_rate": 0.02, "power": 2.5}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "cycle": True}],
    ["PiecewiseConstantDecay", {"boundaries": [10, 30], "values": [0.1, 0.05, 0.01]}],
    ["CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 40}],
    ["CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 40, "alpha": 0.2, "warmup_steps": 5}],
    ["CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 40, "warmup_target": 0.1, "warmup_steps": 10}],
    [
        "CosineDecay",
        {"initial_learning_rate": 0.02, "decay_steps": 30, "alpha": 0.1, "warmup_target": 0.1, "warmup_steps": 7},
    ],
]


def cases():
    """Return label to class and arguments: each optimizer's own, and the common ones for every optimizer."""
    found = {}
    for name, own in OWN.items():
        for options in [*own, *TAIL]:
            found[" ".join([name, *map(str, options.items())])] = name, {"learning_rate": 0.01, **options}
    return found


def trajectory(keras, name, options, start, grads):
    """Return the parameters after all steps, with the average in their place if there is one."""
    if isinstance(options["learning_rate"], list):
        schedule, its = options["learning_rate"]
        options = {**options, "learning_rate": getattr(keras.optimizers.schedules, schedule)(**its)}
    optimizer = getattr(keras.optimizers, name)(**options)
    variables = [keras.Variable(start[:12].reshape(4, 3)), keras.Variable(start[12:])]
    optimizer.build(variables)
    for grad in grads:
        optimizer.apply_gradients([(grad[:12].reshape(4, 3), variables[0]), (grad[12:], variables[1])])
    optimizer.finalize_variable_values(variables)
    return np.concatenate([np.asarray(variable).ravel() for variable in variables])


def main():
    """Write optimizers.npz beside this file."""
    os.environ |= {"KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}
    import keras  # here, so that pytest can import this file without it
    from keras.src.backend.common import dtypes

    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would compute some functions in float32 otherwise
    rng = np.random.default_rng(11)
    start, grads = (rng.normal(size=shape).astype(np.float32).astype(np.float64) for shape in (15, (STEPS, 15)))
    ends = [trajectory(keras, name, options, start, grads) for name, options in cases().values()]
    makers = [getattr(keras.optimizers.schedules, name)(**options) for name, options in SCHEDULES]
    np.savez_compressed(
        Path(__file__).with_name("optimizers.npz"),
        optimizers=json.dumps(cases()),
        schedules=json.dumps(SCHEDULES),
        start=start,
        grads=grads,
        ends=np.array(ends),
        rates=np.array([[float(make(step)) for step in range(POINTS)] for make in makers]),
    )


if __name__ == "__main__":
    main()
