"""Every built-in layer keeps the contract: one row a promise, all rows through the same checks."""

import copy

import numpy as np
import pytest

from minifw import (
    ELU,
    GELU,
    L1,
    L1L2,
    L2,
    SELU,
    Activation,
    Chain,
    Dense,
    Dropout,
    Flatten,
    Input,
    LeakyReLU,
    LogSoftmax,
    MaxNorm,
    Mish,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
    check_layer,
)
from minifw.config import registered
from minifw.gradcheck import in_float64

SMOOTH = [SELU, ELU, GELU, SiLU, Mish, Softplus, Softsign]
ROWS = {
    "Dense": (lambda: Dense(3), (5,)),
    "Dense, one unit": (lambda: Dense(1), (1,)),
    "Dense, square": (lambda: Dense(4), (4,)),
    "Dense, no bias": (lambda: Dense(3, use_bias=False), (5,)),
    "Dense, linear": (lambda: Dense(3, activation="linear"), (5,)),
    "Dense, activation by name": (lambda: Dense(3, activation="leaky_relu"), (5,)),
    "Dense, softmax": (lambda: Dense(3, activation="softmax"), (5,)),
    "Dense, activation as a layer": (lambda: Dense(3, activation=LeakyReLU(0.1)), (5,)),
    "Dense, rank 3": (lambda: Dense(3), (4, 5)),
    "Dense, rank 4, activation": (lambda: Dense(2, activation="tanh"), (2, 3, 4)),
    "Dense, rank 3, no bias": (lambda: Dense(3, use_bias=False), (4, 5)),
    "Dense, initializers": (lambda: Dense(3, kernel_initializer="he_normal", bias_initializer="ones"), (5,)),
    "Dense, regularizers by name": (lambda: Dense(3, kernel_regularizer="l1_l2", bias_regularizer="l2"), (5,)),
    "Dense, regularizer as an object": (lambda: Dense(3, kernel_regularizer=L2(0.1)), (5,)),
    "Dense, constraints by name": (lambda: Dense(3, kernel_constraint="max_norm", bias_constraint="non_neg"), (5,)),
    "Dense, constraint as an object": (lambda: Dense(3, kernel_constraint=MaxNorm(1.0, axis=[0, 1])), (5,)),
    "Dense, named and frozen": (lambda: Dense(3, name="last", trainable=False), (5,)),
    "LeakyReLU": (lambda: LeakyReLU(), (5,)),
    **{f"LeakyReLU, slope {slope}": (lambda slope=slope: LeakyReLU(slope), (5,)) for slope in (0, 0.1, 1, 2, -0.5, -2.0)},
    "LeakyReLU, rank 3": (lambda: LeakyReLU(0.1), (3, 4)),
    "LeakyReLU, slope from NumPy": (lambda: LeakyReLU(np.float64(0.1)), (5,)),
    "ReLU": (lambda: ReLU(), (5,)),
    "ReLU, rank 4": (lambda: ReLU(), (2, 3, 2)),
    "ReLU, max_value": (lambda: ReLU(max_value=0.8), (5,)),
    "ReLU, negative_slope": (lambda: ReLU(negative_slope=0.2), (5,)),
    "ReLU, threshold": (lambda: ReLU(threshold=0.5), (5,)),
    "ReLU, all options": (lambda: ReLU(max_value=1.0, negative_slope=0.3, threshold=0.4), (5,)),
    "ReLU, max_value below the threshold": (lambda: ReLU(max_value=0.5, threshold=1.0), (5,)),
    "ReLU, slope from NumPy": (lambda: ReLU(negative_slope=np.float64(0.2)), (5,)),
    "Sigmoid": (lambda: Sigmoid(), (5,)),
    "Sigmoid, rank 3": (lambda: Sigmoid(), (3, 4)),
    "Tanh": (lambda: Tanh(), (5,)),
    "Tanh, rank 3": (lambda: Tanh(), (3, 4)),
    "Softmax": (lambda: Softmax(), (5,)),
    "Softmax, one class": (lambda: Softmax(), (1,)),
    **{f"Softmax, axis {axis}": (lambda axis=axis: Softmax(axis=axis), (3, 2, 4)) for axis in (1, 2, 3, -1, -2, -3)},
    "Softmax, two axes": (lambda: Softmax((1, -1)), (3, 2, 4)),
    "Softmax, all axes": (lambda: Softmax([3, 1, 2]), (3, 2, 4)),
    "LogSoftmax": (lambda: LogSoftmax(), (5,)),
    **{f"LogSoftmax, axis {axis}": (lambda axis=axis: LogSoftmax(axis), (3, 2, 4)) for axis in (1, 2, -1, -2, (1, 2))},
    **{f"{cls.__name__}, rank {len(shape) + 1}": (cls, shape) for cls in SMOOTH for shape in ((5,), (3, 4), (2, 3, 2))},
    "ELU, alpha": (lambda: ELU(0.5), (5,)),
    "ELU, alpha above 1": (lambda: ELU(np.float64(2.0)), (5,)),
    "GELU, approximate": (lambda: GELU(approximate=True), (3, 4)),
    "PReLU": (lambda: PReLU(), (5,)),
    "PReLU, rank 4": (lambda: PReLU("normal"), (2, 3, 2)),
    "PReLU, shared axes": (lambda: PReLU("ones", shared_axes=(1, 2)), (2, 3, 2)),
    "PReLU, one shared axis": (lambda: PReLU(shared_axes=-1), (3, 4)),
    "PReLU, all axes shared": (lambda: PReLU(shared_axes=[1]), (5,)),
    "PReLU, regularizer, constraint": (lambda: PReLU(alpha_regularizer="l2", alpha_constraint="non_neg"), (5,)),
    "Activation": (lambda: Activation("tanh"), (5,)),
    "Activation, a layer": (lambda: Activation(PReLU("ones")), (3, 4)),
    "Activation, linear": (lambda: Activation("linear"), (5,)),
    "Activation, nothing": (lambda: Activation(None), (3, 4)),
    "Dense, prelu": (lambda: Dense(3, activation="prelu"), (4, 5)),
    "Flatten, rank 1": (lambda: Flatten(), (5,)),
    "Flatten, rank 2": (lambda: Flatten(), (2, 3)),
    "Flatten, rank 3": (lambda: Flatten(data_format="channels_last"), (2, 3, 2)),
    "Dropout": (lambda: Dropout(0.5), (5,)),
    "Dropout, rate 0": (lambda: Dropout(0), (5,)),
    "Dropout, high rate, rank 3": (lambda: Dropout(0.9), (3, 4)),
    "Dropout, seed": (lambda: Dropout(0.3, seed=11), (5,)),
    "Dropout, noise_shape": (lambda: Dropout(0.5, noise_shape=[None, 1, 4]), (3, 4)),
    "Dropout, one draw for all samples": (lambda: Dropout(0.5, noise_shape=(1, 5), seed=1), (5,)),
    "Chain": (lambda: Chain([Dense(3), Tanh(), Dense(2)]), (5,)),
    "Chain, empty": (lambda: Chain([]), (5,)),
    "Chain, nested": (lambda: Chain([Chain([Dense(4, name="a")]), Flatten(), Chain([Sigmoid()])]), (2, 3)),
    "Chain, with dropout": (lambda: Chain([Dense(4), Dropout(0.5), Dense(2)]), (3,)),
    "Chain around a network": (lambda: Chain([Sequential([Dense(3, kernel_regularizer="l2")])]), (5,)),
    "Sequential": (lambda: Sequential([Dense(3), LeakyReLU(0.1), Dense(2), Sigmoid()], seed=1), (5,)),
    "Sequential, built": (lambda: Sequential([Input((5,)), Dense(3), Dense(2)], seed=2), (5,)),
    "Sequential in Sequential": (lambda: Sequential([Sequential([Dense(3), Tanh()]), Dense(2), Sequential([Tanh()])]), (5,)),
    "Sequential, regularizers": (
        lambda: Sequential([Dense(3, kernel_regularizer=L1L2(0.1, 0.2)), Sequential([Dense(2, bias_regularizer=L1(0.1))])]),
        (5,),
    ),
    "Sequential, frozen first layer": (lambda: Sequential([Dense(3, trainable=False), Tanh(), Dense(2)], seed=1), (5,)),
    "Sequential, nothing to train": (lambda: Sequential([Flatten(), Tanh()]), (2, 3)),
}


def test_every_registered_layer_has_a_row():
    covered = {type(factory()) for factory, _ in ROWS.values()}
    assert covered >= set(registered("layer"))


@pytest.mark.parametrize("row", ROWS)
def test_layer_keeps_the_contract(row):
    factory, shape = ROWS[row]
    report = check_layer(factory(), shape)
    assert report.passed, f"\n{report}"


@pytest.mark.parametrize("row", ROWS)
def test_float32_results_are_near_those_of_float64(row):
    factory, shape = ROWS[row]
    x = np.random.default_rng(5).normal(size=(4, *shape)).astype(np.float32)
    small = _started(factory(), x)
    exact = in_float64(small, shape)
    for training in (False, True):
        wanted, y = exact.forward(x.astype(np.float64), training), small.forward(x, training)
        assert y.dtype == np.float32
        assert np.allclose(y, wanted, rtol=1e-5, atol=1e-6)
        error_grad = np.random.default_rng(6).normal(size=y.shape).astype(np.float32)
        message, wanted = small.backward(error_grad), exact.backward(error_grad.astype(np.float64))
        found = [*_trained_gradients(small), message] if message is not None else _trained_gradients(small)
        for grad, true in zip(found, [*_trained_gradients(exact), wanted], strict=message is not None):
            assert grad.dtype == np.float32
            assert np.allclose(grad, true, rtol=1e-5, atol=1e-5)


def _started(layer, x):
    layer(x)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=window.shape) for window in layer.get_weights()])
    return layer


def _trained_gradients(layer):
    own = [*vars(layer.grads).values()] if layer.trainable else []
    return own + [grad for _, child, _ in layer.children() for grad in _trained_gradients(child)]


@pytest.mark.parametrize("row", [row for row in ROWS if "Sequential" not in row and "network" not in row])
def test_a_copy_of_a_used_layer_works_on_its_own(row):
    factory, shape = ROWS[row]
    x = np.random.default_rng(5).normal(size=(4, *shape))
    layer = _started(factory(), x)
    y = np.array(layer(x))
    twin = copy.deepcopy(layer)
    assert twin.cache is None
    assert np.array_equal(twin(x), y)


@pytest.mark.parametrize("row", ROWS)
def test_what_a_layer_did_before_leaves_no_trace(row):
    factory, shape = ROWS[row]
    rng = np.random.default_rng(5)
    layer = _started(factory(), rng.normal(size=(3, *shape)))
    for n, training in [(7, True), (2, False), (7, True), (1, True), (9, False), (4, True), (4, False), (9, True)]:
        x = rng.normal(size=(n, *shape)).astype(np.float64 if not isinstance(layer, Sequential) else np.float32)
        fresh = copy.deepcopy(layer)
        y = np.array(layer.forward(x, training))
        error_grad = rng.normal(size=y.shape).astype(y.dtype)
        message = layer.backward(error_grad)
        assert np.array_equal(y, fresh.forward(x, training))
        wanted = fresh.backward(error_grad)
        assert (message is None) == (wanted is None)
        assert message is None or np.array_equal(message, wanted)
        for grad, true in zip(_trained_gradients(layer), _trained_gradients(fresh), strict=True):
            assert np.array_equal(grad, true)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("built", "given"), [(np.float32, np.float64), (np.float64, np.float32)])
def test_a_built_layer_keeps_its_dtype_whatever_it_is_called_with(built, given, training):
    layer = Dense(3, activation="tanh")
    layer(np.ones((2, 4), built))
    y = layer(np.ones((2, 4), given), training)
    assert y.dtype == built
    assert layer.backward(np.ones_like(y)).dtype == built
