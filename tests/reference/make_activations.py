"""Makes activations.npz: values and gradients of Keras and PyTorch on fixed inputs (needs keras, jax and torch; by hand)."""

import os
from pathlib import Path

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"


def keras_layers(keras):
    """Return Keras' layers by name; those without a class of their own by string."""
    layers = keras.layers
    strings = ["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "sigmoid", "tanh"]
    return {
        **{name: layers.Activation(name) for name in (*strings, "softmax", "log_softmax", "linear")},
        "ReLU, all options": layers.ReLU(max_value=1.5, negative_slope=0.3, threshold=0.4),
        "LeakyReLU": layers.LeakyReLU(),
        "ELU, alpha": layers.ELU(alpha=0.7),
        "GELU, approximate": layers.Activation(lambda x: keras.activations.gelu(x, approximate=True)),
        "Softmax, two axes": layers.Softmax(axis=(1, 3)),
        "PReLU": layers.PReLU(alpha_initializer=keras.initializers.Constant(0.2)),
        "PReLU, shared axes": layers.PReLU(alpha_initializer=keras.initializers.Constant(-0.4), shared_axes=[1, 3]),
    }


def from_keras(x, error_grad):
    """Return value and gradients of each of Keras' layers, in float64."""
    import jax
    import keras

    jax.config.update("jax_enable_x64", True)
    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or tanh is computed in float32
    keras.backend.set_floatx("float64")
    found = {}
    for name, layer in keras_layers(keras).items():
        y = layer(x)
        weights = [np.asarray(w) for w in layer.get_weights()]

        def run(weights, x, layer=layer):
            return layer.stateless_call(weights, [], x)[0]

        _, back = jax.vjp(run, weights, x)
        (alpha, *_), message = [*back(error_grad)[0], None], back(error_grad)[1]
        found |= {f"keras: {name}: y": np.asarray(y), f"keras: {name}: message": np.asarray(message)}
        if alpha is not None:
            found[f"keras: {name}: alpha"] = np.asarray(alpha)
    return found


def from_torch(x, error_grad):
    """Return value and gradient of each of PyTorch's functions, in float64."""
    import torch
    from torch.nn import functional as f

    functions = {
        **{name: getattr(f, name) for name in ("relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign")},
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softmax": lambda v: f.softmax(v, -1),
        "log_softmax": lambda v: f.log_softmax(v, -1),
        "LogSoftmax, axis 1": lambda v: f.log_softmax(v, 1),
        "leaky_relu": lambda v: f.leaky_relu(v, 0.2),
        "ELU, alpha": lambda v: f.elu(v, 0.7),
        "GELU, approximate": lambda v: f.gelu(v, approximate="tanh"),
    }
    found = {}
    for name, function in functions.items():
        at = torch.tensor(x, requires_grad=True)
        y = function(at)
        y.backward(torch.tensor(error_grad))
        found |= {f"torch: {name}: y": y.detach().numpy(), f"torch: {name}: message": at.grad.numpy()}
    return found


def main():
    """Write activations.npz beside this file."""
    rng = np.random.default_rng(11)
    x, error_grad = rng.normal(size=(2, 3, 4, 2)) * 2, rng.normal(size=(2, 3, 4, 2))
    found = {"x": x, "error_grad": error_grad, **from_keras(x, error_grad), **from_torch(x, error_grad)}
    np.savez_compressed(Path(__file__).with_name("activations.npz"), **found)


if __name__ == "__main__":
    main()
