"""The networks of `contestants.py` in other libraries, each imported only in the process that measures it.

All have the same weights, inputs and targets, the mean squared error, and SGD and Adam with the same rate; each runs as it
does by default, threads included. What they may not be told is said where it stands.
"""

from __future__ import annotations

import functools
import os
import warnings
from typing import Any

import numpy as np
from contestants import RATE, Array, problem, report
from harness import Action

Prepared = tuple[dict[str, Action], dict[str, Any]]


def prepare_torch(case: dict[str, Any]) -> Prepared:
    """PyTorch, eager."""
    import torch
    from torch import nn

    x, y, weights = problem(case)
    inputs, targets, loss = torch.from_numpy(x), torch.from_numpy(y), nn.MSELoss()

    def network() -> nn.Sequential:
        layers: list[nn.Module] = []
        for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
            linear = nn.Linear(len(kernel), len(bias), dtype=inputs.dtype)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(kernel.T))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, nn.Sigmoid() if layers else nn.LeakyReLU(0.1)]
        return nn.Sequential(*layers)

    def step_of(net: nn.Sequential, optimizer: torch.optim.Optimizer) -> Action:
        def step() -> None:
            optimizer.zero_grad(set_to_none=True)
            value = loss(net(inputs), targets)
            value.backward()
            optimizer.step()
            value.item()  # minifw's loss is a Python number, so this one becomes one too

        return step

    plain, adaptive, net = network(), network(), network()

    def forward() -> None:
        with torch.inference_mode():
            net(inputs)

    def found() -> tuple[float, list[Array]]:
        value = loss(net(inputs), targets)
        value.backward()
        return value.item(), [np.asarray(parameter.grad) for parameter in net.parameters()]

    actions = {
        "forward": forward,
        "sgd": step_of(plain, torch.optim.SGD(plain.parameters(), lr=RATE)),
        "adam": step_of(adaptive, torch.optim.Adam(adaptive.parameters(), lr=RATE)),
    }
    return actions, report(case, found)


def prepare_jax(case: dict[str, Any]) -> Prepared:
    """JAX: forward and step compiled whole, parameters and slots donated, arrays on the device before."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", case["dtype"] == "float64")
    x, y, weights = problem(case)
    inputs, targets = jnp.asarray(x), jnp.asarray(y)

    def output(params: list[Any], x: Any) -> Any:
        for i in range(0, len(params), 2):
            z = x @ params[i] + params[i + 1]
            x = jax.nn.sigmoid(z) if i else jnp.where(z > 0, z, 0.1 * z)
        return x

    def loss(params: list[Any], x: Any, y: Any) -> Any:
        return jnp.mean((output(params, x) - y) ** 2)

    @functools.partial(jax.jit, donate_argnums=0)
    def sgd(params: list[Any], x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(loss)(params, x, y)
        return [p - RATE * g for p, g in zip(params, grads, strict=True)], value

    @functools.partial(jax.jit, donate_argnums=0)
    def adam(state: Any, x: Any, y: Any) -> Any:
        params, means, squares, t = state
        value, grads = jax.value_and_grad(loss)(params, x, y)
        t = t + 1
        rate = RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        means = [0.9 * m + 0.1 * g for m, g in zip(means, grads, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, grads, strict=True)]
        moved = [p - rate * m / (jnp.sqrt(s) + 1e-7) for p, m, s in zip(params, means, squares, strict=True)]
        return (moved, means, squares, t), value

    def step_of(update: Any, state: Any) -> Action:
        def step() -> None:
            nonlocal state
            state, value = update(state, inputs, targets)
            float(value)
            jax.block_until_ready(state)

        return step

    def params() -> list[Any]:
        return [jnp.array(w) for w in weights]

    predict, kept = jax.jit(output), params()
    zeros = [jnp.zeros_like(w) for w in kept], [jnp.zeros_like(w) for w in kept]

    def found() -> tuple[float, list[Array]]:
        value, grads = jax.value_and_grad(loss)(kept, inputs, targets)
        return float(value), [np.asarray(grad) for grad in grads]

    actions = {
        "forward": lambda: predict(kept, inputs).block_until_ready(),
        "sgd": step_of(sgd, params()),
        "adam": step_of(adam, (params(), *zeros, jnp.zeros((), inputs.dtype))),
    }
    return actions, report(case, found)


def prepare_keras(case: dict[str, Any]) -> Prepared:
    """Keras on JAX: `train_on_batch`, and `predict_on_batch` as the forward pass."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax

    jax.config.update("jax_enable_x64", case["dtype"] == "float64")
    import keras

    keras.config.set_floatx(case["dtype"])
    keras.config.set_dtype_policy(case["dtype"])  # which stays that of the first case else
    x, y, weights = problem(case)

    def network(optimizer: Any) -> Any:
        layers: list[Any] = [keras.Input((x.shape[1],))]
        for bias in weights[1::2]:
            layers += [keras.layers.Dense(len(bias)), keras.layers.LeakyReLU(0.1) if len(layers) == 1 else None]
            layers[-1] = layers[-1] or keras.layers.Activation("sigmoid")
        net = keras.Sequential(layers)
        net.set_weights(weights)
        net.compile(optimizer=optimizer, loss="mse")
        return net

    probe = network(keras.optimizers.SGD(1.0))
    value = float(np.mean((np.asarray(probe(x)) - y) ** 2, dtype=float))  # what train_on_batch returns is rounded to float32
    probe.train_on_batch(x, y)
    moved: list[Array] = [before - after for before, after in zip(weights, probe.get_weights(), strict=True)]
    plain, adaptive = network(keras.optimizers.SGD(RATE)), network(keras.optimizers.Adam(RATE))
    actions = {
        "forward": lambda: plain.predict_on_batch(x),
        "sgd": lambda: plain.train_on_batch(x, y),
        "adam": lambda: adaptive.train_on_batch(x, y),
    }
    return actions, report(case, lambda: (value, moved))  # a rate of 1: what moved is the gradient


def prepare_sklearn(case: dict[str, Any]) -> Prepared:
    """scikit-learn's MLPRegressor of the same sizes: `partial_fit`, with logistic layers, a linear output and its own start.

    It is another network, so nothing is compared but the time.
    """
    from sklearn.neural_network import MLPRegressor

    x, y, _ = problem(case)

    def network(solver: str) -> Any:
        options = {"activation": "logistic", "alpha": 0.0, "batch_size": len(x), "momentum": 0.0, "learning_rate_init": RATE}
        net = MLPRegressor(hidden_layer_sizes=case["sizes"][1:-1], solver=solver, random_state=1, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.partial_fit(x, y)
        return net

    plain, adaptive = network("sgd"), network("adam")
    actions = {
        "forward": lambda: plain.predict(x),
        "sgd": lambda: plain.partial_fit(x, y),
        "adam": lambda: adaptive.partial_fit(x, y),
    }
    return actions, {}
