"""Makes normalization.npz: what Keras' (JAX) and PyTorch's normalizations send on and send back (run by hand).

Needs keras 3, jax and torch 2. Each case holds weights to start from, inputs `x` and error gradients `g`, and, along the
first axis, for each step the output `y`, the message `dx`, the gradients and the state after it. The last step is inference.
"""

import os
from pathlib import Path

import numpy as np

STEPS = 4
KERAS = {
    "bn": ("BatchNormalization", {"momentum": 0.9}, (6, 5)),
    "bn_axis_1": ("BatchNormalization", {"axis": 1, "momentum": 0.7, "epsilon": 0.01}, (2, 3, 2, 4)),
    "bn_axis_-1": ("BatchNormalization", {}, (2, 2, 3, 4)),
    "bn_neither": ("BatchNormalization", {"center": False, "scale": False}, (6, 5)),
    "bn_one_sample": ("BatchNormalization", {"momentum": 0.5}, (1, 5)),
    "ln": ("LayerNormalization", {}, (6, 5)),
    "ln_axes": ("LayerNormalization", {"axis": [1, 3], "epsilon": 1e-5}, (2, 3, 2, 4)),
    "ln_axis_1": ("LayerNormalization", {"axis": 1, "center": False}, (2, 3, 4)),
    "rms": ("RMSNormalization", {}, (6, 5)),
    "rms_axes": ("RMSNormalization", {"axis": [2, 3], "epsilon": 0.01}, (2, 3, 2, 4)),
}
ADAPTED = {
    "norm": ({}, (7, 5)),
    "norm_none": ({"axis": None}, (7, 3, 2)),
    "norm_axes": ({"axis": [1, 2]}, (7, 3, 2)),
    "norm_invert": ({"axis": 1, "invert": True}, (7, 3, 2)),
}


def numbered(name, arrays):
    """Return arrays under a name and their number."""
    return {f"{name}{i}": array for i, array in enumerate(arrays)}


def case(name, x, g, steps, start):
    """Return all arrays of a case under its name."""
    stacked = {key: np.stack([step[key] for step in steps]) for key in steps[0]}
    return {f"{name}/{key}": array for key, array in {"x": x, "g": g, **stacked, **numbered("start", start)}.items()}


def with_keras(rng):
    """Return what Keras gives, in float64 throughout."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    jax.config.update("jax_enable_x64", True)
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # else tanh and others are float32
    keras.backend.set_floatx("float64")
    found = {}
    for name, (cls, options, shape) in KERAS.items():
        layer = getattr(keras.layers, cls)(**options)
        layer.build(shape)
        params = [rng.normal(size=v.shape) for v in layer.trainable_variables]
        state = state_before = [np.asarray(v) for v in layer.non_trainable_variables]
        x, g = rng.normal(2.0, 3.0, (STEPS, *shape)), rng.normal(size=(STEPS, *shape))
        modes = [{}] if cls != "BatchNormalization" else [{"training": step < STEPS - 1} for step in range(STEPS)]
        steps = []
        for step, mode in enumerate(modes):

            def run(params, x, layer=layer, state=state, mode=mode):
                return layer.stateless_call(params, state, x, **mode)

            y, back, state = jax.vjp(run, params, x[step], has_aux=True)
            grads, dx = back(g[step])
            steps.append({"y": y, "dx": dx, **numbered("grad", grads), **numbered("state", state)})
        found |= case(name, x[: len(modes)], g[: len(modes)], steps, [*params, *state_before])
    for name, (options, shape) in ADAPTED.items():
        data, x = rng.normal(2.0, 3.0, shape), rng.normal(size=shape)
        data[:, 0], x[0, 0] = 0.1, 0.1  # a constant feature, and one that is not
        layer = keras.layers.Normalization(**options)
        layer.adapt(data)
        found |= {f"{name}/data": data, f"{name}/x": x, f"{name}/y": layer(x)}
        found |= {f"{name}/mean": layer.adapt_mean, f"{name}/variance": layer.adapt_variance}
    return {key: np.asarray(value) for key, value in found.items()}


def with_torch(rng):
    """Return what PyTorch gives for the same kinds of steps."""
    import torch

    found = {}
    makers = {
        "torch_bn": (lambda: torch.nn.BatchNorm1d(5, eps=1e-3, momentum=0.1, dtype=torch.float64), (6, 5)),
        "torch_ln": (lambda: torch.nn.LayerNorm((2, 4), dtype=torch.float64), (2, 3, 2, 4)),
        "torch_rms": (lambda: torch.nn.RMSNorm(4, eps=1e-6, dtype=torch.float64), (2, 3, 4)),
    }
    for name, (make, shape) in makers.items():
        module = make()
        for p in module.parameters():
            p.data = torch.tensor(rng.normal(size=tuple(p.shape)))
        start = [p.detach().numpy().copy() for p in module.parameters()]
        x, g = rng.normal(2.0, 3.0, (STEPS, *shape)), rng.normal(size=(STEPS, *shape))
        steps = []
        for step in range(STEPS):
            module.train(step < STEPS - 1)
            module.zero_grad()
            inputs = torch.tensor(x[step], requires_grad=True)
            y = module(inputs)
            y.backward(torch.tensor(g[step]))
            grads = [p.grad.numpy().copy() for p in module.parameters()]
            state = [module.running_mean.numpy().copy(), module.running_var.numpy().copy()] if name == "torch_bn" else []
            steps.append(
                {"y": y.detach().numpy(), "dx": inputs.grad.numpy(), **numbered("grad", grads), **numbered("state", state)}
            )
        found |= case(name, x, g, steps, start)
    return found


def main():
    """Write normalization.npz beside this file."""
    rng = np.random.default_rng(11)
    np.savez_compressed(Path(__file__).with_name("normalization.npz"), **with_keras(rng), **with_torch(rng))


if __name__ == "__main__":
    main()
