"""Makes convolution.npz: what Keras (on JAX, float64) and PyTorch give for convolutions, pools and embeddings.

Needs keras 3.15, jax and torch 2; run by hand. Each case holds the input, the error gradient, the output and the gradients
of input, kernel and bias; names are `case/array`.
"""

import os
from pathlib import Path

import numpy as np

CASES = {
    "conv2d": ("Conv2D", {"filters": 3, "kernel_size": 3}, (2, 6, 5, 2)),
    "conv2d_same_strides": (
        "Conv2D",
        {"filters": 4, "kernel_size": (3, 2), "strides": (2, 3), "padding": "same"},
        (2, 7, 8, 2),
    ),
    "conv2d_dilation": (
        "Conv2D",
        {"filters": 2, "kernel_size": 2, "dilation_rate": (2, 3), "padding": "same"},
        (2, 6, 7, 3),
    ),
    "conv2d_groups": ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "strides": 2}, (2, 7, 7, 6)),
    "conv2d_depthwise": ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "groups": 4, "padding": "same"}, (2, 5, 6, 4)),
    "conv1d": ("Conv1D", {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"}, (2, 9, 2)),
    "conv1d_causal": ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (2, 8, 2)),
    "max2d": ("MaxPooling2D", {"pool_size": (2, 3), "strides": 2, "padding": "same"}, (2, 7, 8, 3)),
    "average2d": ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 6, 7, 3)),
    "max1d": ("MaxPooling1D", {"pool_size": 3, "strides": 2}, (2, 9, 2)),
    "average1d": ("AveragePooling1D", {"pool_size": 2, "padding": "same"}, (2, 7, 2)),
    "global2d": ("GlobalAveragePooling2D", {}, (2, 4, 5, 3)),
    "global1d": ("GlobalAveragePooling1D", {"keepdims": True}, (2, 6, 3)),
    "embedding": ("Embedding", {"input_dim": 7, "output_dim": 3}, (2, 5)),
}


def of_keras(name, options, x, rng):
    """Return output, weights and all gradients of a Keras layer."""
    import jax
    import keras

    layer = getattr(keras.layers, name)(**options, dtype="float64")
    layer.build(x.shape)
    weights = [rng.normal(size=weight.shape) for weight in layer.weights]

    def output(weights, x):
        return layer.stateless_call(weights, [], x)[0]

    y = output(weights, x)
    g = rng.normal(size=y.shape)
    found = {"x": x, "g": g, "y": y, **{f"weight_{i}": weight for i, weight in enumerate(weights)}}
    _, back = jax.vjp(lambda weights: output(weights, x), weights)
    found |= {f"weight_{i}_grad": grad for i, grad in enumerate(back(g)[0])}
    if x.dtype.kind == "f":
        found["message"] = jax.vjp(lambda x: output(weights, x), x)[1](g)[0]
    return {key: np.asarray(value) for key, value in found.items()}


def check_with_torch(case, name, options, found):
    """Raise unless PyTorch agrees, where it has the same layer: it pads no pools on one side only."""
    import torch

    functional = torch.nn.functional
    if name == "Embedding":
        table = torch.tensor(found["weight_0"], requires_grad=True)
        y = functional.embedding(torch.tensor(found["x"]), table)
        y.backward(torch.tensor(found["g"]))
        compared = {"y": y, "weight_0_grad": table.grad}
    elif name.startswith("Conv") or case == "max1d":
        rank = found["x"].ndim - 2
        x = torch.tensor(found["x"], requires_grad=True)
        padded = functional.pad(x.movedim(-1, 1), pads(options, found["x"].shape[1:-1]))
        if case == "max1d":
            y = functional.max_pool1d(padded, options["pool_size"], options["strides"])
        else:
            kernel, bias = (torch.tensor(found[key], requires_grad=True) for key in ("weight_0", "weight_1"))
            turned = kernel.permute(rank + 1, rank, *range(rank))
            strides, dilation, groups = (options.get(key, 1) for key in ("strides", "dilation_rate", "groups"))
            y = getattr(functional, f"conv{rank}d")(padded, turned, bias, strides, 0, dilation, groups)
        y = y.movedim(1, -1)
        y.backward(torch.tensor(found["g"]))
        compared = {"y": y, "message": x.grad}
        if case != "max1d":
            compared |= {"weight_0_grad": kernel.grad, "weight_1_grad": bias.grad}
    else:
        return
    for key, value in compared.items():
        assert np.allclose(found[key], value.detach().numpy(), rtol=1e-12, atol=1e-12), (case, key)


def pads(options, sizes):
    """Return the padding of each axis as PyTorch wants it, the last axis first."""

    def of(key, axis):
        value = options.get(key, 1)
        return value if isinstance(value, int) else value[axis]

    found = []
    for axis in reversed(range(len(sizes))):
        n, s = sizes[axis], of("strides", axis)
        reach = (of("kernel_size", axis) - 1) * of("dilation_rate", axis)
        total = {"same": max((-(-n // s) - 1) * s + reach + 1 - n, 0), "causal": reach}.get(options.get("padding"), 0)
        before = total if options.get("padding") == "causal" else total // 2
        found += [before, total - before]
    return found


def main():
    """Write convolution.npz beside this file."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    jax.config.update("jax_enable_x64", True)
    import keras.src.backend.common.dtypes as dtypes

    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    rng, everything = np.random.default_rng(11), {}
    for case, (name, options, shape) in CASES.items():
        x = rng.integers(0, 7, shape) if name == "Embedding" else rng.normal(size=shape)
        found = of_keras(name, options, x, rng)
        check_with_torch(case, name, options, found)
        everything |= {f"{case}/{key}": value for key, value in found.items()}
    np.savez_compressed(Path(__file__).with_name("convolution.npz"), **everything)


if __name__ == "__main__":
    main()
