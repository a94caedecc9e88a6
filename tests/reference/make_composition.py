"""Makes composition.npz: what Keras makes of a network with shortcuts and branches (needs keras and jax; run by hand)."""

import os
from pathlib import Path

import numpy as np

DENSE = [(4, "tanh"), (7, "tanh"), (4, None), (3, "sigmoid"), (2, None), (3, "tanh"), (9, "tanh"), (2, None)]
"""Units and activation of each, in the order of our `get_weights`."""


def the_model(keras):
    """Return its Dense layers and the functional model: two shortcuts, and between them three ways from one input."""
    dense = [keras.layers.Dense(units, activation=activation) for units, activation in DENSE]
    x = keras.Input((5,))
    h = dense[0](x)
    h = keras.layers.Add()([h, dense[2](dense[1](h))])
    h = keras.layers.Concatenate()([keras.Sequential([keras.Input((4,)), *dense[3:5]])(h), dense[5](h), h])
    h = keras.layers.Add()([h, dense[6](h)])
    return dense, keras.Model(x, dense[7](h))


def main():
    """Write composition.npz beside this file."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax  # here, so that pytest can import this file without it

    jax.config.update("jax_enable_x64", True)
    import keras

    keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.config.set_floatx("float64")
    dense, model = the_model(keras)
    rng = np.random.default_rng(11)
    ordered = [variable for layer in dense for variable in layer.weights]
    weights = [rng.normal(size=variable.shape) / 2 for variable in ordered]
    for variable, weight in zip(ordered, weights, strict=True):
        variable.assign(weight)
    x, error_grad = rng.normal(size=(6, 5)), rng.normal(size=(6, 2))

    def probed(values, x):
        y, _ = model.stateless_call(values, [], x)
        return (y * error_grad).sum(), y

    values = [variable.value for variable in model.trainable_variables]
    (_, y), (grads, message) = jax.value_and_grad(probed, argnums=(0, 1), has_aux=True)(values, x)
    places = {id(variable): np.ravel(grad) for variable, grad in zip(model.trainable_variables, grads, strict=True)}
    found = {"x": x, "error_grad": error_grad, "y": np.asarray(y), "message": np.asarray(message)}
    found["params"] = np.concatenate([weight.ravel() for weight in weights])
    found["grads"] = np.concatenate([places[id(variable)] for variable in ordered])
    np.savez_compressed(Path(__file__).with_name("composition.npz"), **found)


if __name__ == "__main__":
    main()
