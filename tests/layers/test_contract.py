"""Every built-in layer keeps the contract: one row a promise, all rows through the same checks."""

import copy

import numpy as np
import pytest

import minifw as mf
from minifw import MaxNorm, Sequential, check_layer, load_model
from minifw.config import registered
from minifw.inspect import checks
from minifw.inspect.checks import in_float64
from minifw.network import tree
from minifw.regularizers import L1, L1L2, L2

AXES = {1: (5,), 2: (3, 4), 3: (2, 3, 4)}
"""The sizes of a sample by its number of axes."""


def adapted(layer, *shape):
    layer.adapt(np.random.default_rng(3).normal(2.0, 3.0, (6, *shape)))
    return layer


def both_parameters(**more):
    return {
        "beta_initializer": "normal",
        "gamma_initializer": "he_normal",
        "beta_regularizer": "l2",
        "gamma_regularizer": L1(0.1),
        "beta_constraint": "non_neg",
        "gamma_constraint": MaxNorm(1.0),
        **more,
    }


SMOOTH = [mf.SELU, mf.ELU, mf.GELU, mf.SiLU, mf.Mish, mf.Softplus, mf.Softsign]
CONVOLUTIONS = {
    "1x1": {"kernel_size": 1},
    "same": {"kernel_size": 3, "padding": "same"},
    "even window": {"kernel_size": (2, 4), "padding": "same"},
    "strides": {"kernel_size": 2, "strides": (2, 3)},
    "overlapping strides": {"kernel_size": (3, 2), "strides": (2, 1), "padding": "same"},
    "strides beyond the window": {"kernel_size": 1, "strides": 3},
    "dilation": {"kernel_size": (2, 3), "dilation_rate": (3, 2)},
    "dilation, same": {"kernel_size": 3, "dilation_rate": 2, "padding": "same"},
    "groups": {"kernel_size": (3, 2), "groups": 2},
    "groups, strides, same": {"kernel_size": 3, "groups": 2, "strides": 2, "padding": "same"},
    "groups, dilation": {"kernel_size": 2, "groups": 2, "dilation_rate": 2},
    "depthwise": {"kernel_size": (2, 3), "groups": 4, "padding": "same"},
    "depthwise, strides": {"kernel_size": 3, "groups": 4, "strides": 2},
    "depthwise, dilation": {"kernel_size": 2, "groups": 4, "dilation_rate": (1, 2)},
    "more filters a channel": {"kernel_size": 2, "groups": 4, "filters": 8},
    "no bias": {"kernel_size": 2, "use_bias": False},
    "activation": {"kernel_size": 2, "activation": "leaky_relu", "kernel_regularizer": "l2"},
    "odd size": {"kernel_size": 2, "strides": 2, "padding": "same"},
}
SEQUENCES = {
    "valid": {"kernel_size": 3},
    "same, strides": {"kernel_size": 4, "strides": 3, "padding": "same"},
    "causal": {"kernel_size": 3, "padding": "causal"},
    "causal, dilation": {"kernel_size": 2, "padding": "causal", "dilation_rate": 3},
    "causal, strides": {"kernel_size": 3, "padding": "causal", "strides": 2},
    "groups": {"kernel_size": [2], "groups": 2, "activation": "tanh"},
    "depthwise": {"kernel_size": 3, "groups": 4},
}
POOLS = {
    "": {},
    ", odd size, same": {"pool_size": 2, "padding": "same"},
    ", overlapping": {"pool_size": 3, "strides": 2, "padding": "same"},
    ", strides beyond the window": {"pool_size": 2, "strides": 3},
    ", stride 1": {"pool_size": 3, "strides": 1},
}
PLACES = {mf.MaxPooling2D: (7, 6, 2), mf.AveragePooling2D: (7, 6, 2), mf.MaxPooling1D: (7, 2), mf.AveragePooling1D: (7, 2)}


def sine_back(x, y, error_grad):
    return error_grad * np.cos(x)


def mean_over_time(x):
    return x.mean(axis=1)


def mean_over_time_back(x, y, error_grad):
    return np.repeat(error_grad[:, np.newaxis] / x.shape[1], x.shape[1], axis=1)


ROWS = {
    **{
        f"Conv2D, {name}": (lambda options=options: mf.Conv2D(**{"filters": 4, **options}), (7, 6, 4))
        for name, options in CONVOLUTIONS.items()
    },
    **{f"Conv1D, {name}": (lambda options=options: mf.Conv1D(4, **options), (9, 4)) for name, options in SEQUENCES.items()},
    **{
        f"{pool.__name__}{name}": (lambda pool=pool, options=options: pool(**options), shape)
        for pool, shape in PLACES.items()
        for name, options in POOLS.items()
    },
    "MaxPooling2D, uneven": (lambda: mf.MaxPooling2D((3, 2), (2, 3), "same", data_format="channels_last"), (7, 6, 2)),
    "AveragePooling2D, uneven": (lambda: mf.AveragePooling2D((3, 2), (2, 3), "same"), (7, 6, 2)),
    "GlobalAveragePooling2D": (lambda: mf.GlobalAveragePooling2D(), (3, 4, 2)),
    "GlobalAveragePooling2D, keepdims": (lambda: mf.GlobalAveragePooling2D(keepdims=True), (3, 4, 2)),
    "GlobalAveragePooling1D": (lambda: mf.GlobalAveragePooling1D(), (5, 2)),
    "GlobalAveragePooling1D, keepdims": (lambda: mf.GlobalAveragePooling1D(keepdims=True), (5, 2)),
    "GlobalMaxPooling2D": (lambda: mf.GlobalMaxPooling2D(), (3, 4, 2)),
    "GlobalMaxPooling2D, keepdims": (lambda: mf.GlobalMaxPooling2D(keepdims=True), (3, 4, 2)),
    "GlobalMaxPooling1D": (lambda: mf.GlobalMaxPooling1D("channels_last"), (5, 2)),
    "GlobalMaxPooling1D, keepdims": (lambda: mf.GlobalMaxPooling1D(keepdims=True), (5, 2)),
    "ZeroPadding2D": (lambda: mf.ZeroPadding2D(), (3, 4, 2)),
    "ZeroPadding2D, rows and columns": (lambda: mf.ZeroPadding2D((2, 0)), (3, 4, 2)),
    "ZeroPadding2D, each side": (lambda: mf.ZeroPadding2D([[0, 1], (2, np.int64(3))]), (3, 4, 2)),
    "ZeroPadding1D": (lambda: mf.ZeroPadding1D(), (5, 2)),
    "ZeroPadding1D, in front": (lambda: mf.ZeroPadding1D((3, 0)), (5, 2)),
    "ZeroPadding1D, none": (lambda: mf.ZeroPadding1D(0), (5, 2)),
    "UpSampling2D": (lambda: mf.UpSampling2D(), (3, 4, 2)),
    "UpSampling2D, uneven": (lambda: mf.UpSampling2D([3, 1], interpolation="nearest"), (3, 4, 2)),
    "UpSampling1D": (lambda: mf.UpSampling1D(3), (5, 2)),
    "Embedding": (lambda: mf.Embedding(5, 3), (4,)),
    "Embedding, rank 0": (lambda: mf.Embedding(5, 3), ()),
    "Embedding, rank 2": (lambda: mf.Embedding(5, 3, embeddings_regularizer="l2", embeddings_constraint="max_norm"), (2, 3)),
    "Embedding, first of a network": (lambda: Sequential([mf.Embedding(5, 3), mf.Flatten(), mf.Dense(2)], seed=1), (4,)),
    "Dense": (lambda: mf.Dense(3), (5,)),
    "Dense, one unit": (lambda: mf.Dense(1), (1,)),
    "Dense, square": (lambda: mf.Dense(4), (4,)),
    "Dense, no bias": (lambda: mf.Dense(3, use_bias=False), (5,)),
    "Dense, linear": (lambda: mf.Dense(3, activation="linear"), (5,)),
    "Dense, activation by name": (lambda: mf.Dense(3, activation="leaky_relu"), (5,)),
    "Dense, softmax": (lambda: mf.Dense(3, activation="softmax"), (5,)),
    "Dense, activation as a layer": (lambda: mf.Dense(3, activation=mf.LeakyReLU(0.1)), (5,)),
    "Dense, rank 3": (lambda: mf.Dense(3), (4, 5)),
    "Dense, rank 4, activation": (lambda: mf.Dense(2, activation="tanh"), (2, 3, 4)),
    "Dense, rank 3, no bias": (lambda: mf.Dense(3, use_bias=False), (4, 5)),
    "Dense, initializers": (lambda: mf.Dense(3, kernel_initializer="he_normal", bias_initializer="ones"), (5,)),
    "Dense, regularizers by name": (lambda: mf.Dense(3, kernel_regularizer="l1_l2", bias_regularizer="l2"), (5,)),
    "Dense, regularizer as an object": (lambda: mf.Dense(3, kernel_regularizer=L2(0.1)), (5,)),
    "Dense, constraints by name": (lambda: mf.Dense(3, kernel_constraint="max_norm", bias_constraint="non_neg"), (5,)),
    "Dense, constraint as an object": (lambda: mf.Dense(3, kernel_constraint=MaxNorm(1.0, axis=[0, 1])), (5,)),
    "Dense, named and frozen": (lambda: mf.Dense(3, name="last", trainable=False), (5,)),
    "LeakyReLU": (lambda: mf.LeakyReLU(), (5,)),
    **{f"LeakyReLU, slope {slope}": (lambda slope=slope: mf.LeakyReLU(slope), (5,)) for slope in (0, 0.1, 1, 2, -0.5, -2.0)},
    "LeakyReLU, rank 3": (lambda: mf.LeakyReLU(0.1), (3, 4)),
    "LeakyReLU, slope from NumPy": (lambda: mf.LeakyReLU(np.float64(0.1)), (5,)),
    "ReLU": (lambda: mf.ReLU(), (5,)),
    "ReLU, rank 4": (lambda: mf.ReLU(), (2, 3, 2)),
    "ReLU, max_value": (lambda: mf.ReLU(max_value=0.8), (5,)),
    "ReLU, negative_slope": (lambda: mf.ReLU(negative_slope=0.2), (5,)),
    "ReLU, threshold": (lambda: mf.ReLU(threshold=0.5), (5,)),
    "ReLU, all options": (lambda: mf.ReLU(max_value=1.0, negative_slope=0.3, threshold=0.4), (5,)),
    "ReLU, max_value below the threshold": (lambda: mf.ReLU(max_value=0.5, threshold=1.0), (5,)),
    "ReLU, slope from NumPy": (lambda: mf.ReLU(negative_slope=np.float64(0.2)), (5,)),
    "Sigmoid": (lambda: mf.Sigmoid(), (5,)),
    "Sigmoid, rank 3": (lambda: mf.Sigmoid(), (3, 4)),
    "Tanh": (lambda: mf.Tanh(), (5,)),
    "Tanh, rank 3": (lambda: mf.Tanh(), (3, 4)),
    "Softmax": (lambda: mf.Softmax(), (5,)),
    "Softmax, one class": (lambda: mf.Softmax(), (1,)),
    **{f"Softmax, axis {axis}": (lambda axis=axis: mf.Softmax(axis=axis), (3, 2, 4)) for axis in (1, 2, 3, -1, -2, -3)},
    "Softmax, two axes": (lambda: mf.Softmax((1, -1)), (3, 2, 4)),
    "Softmax, all axes": (lambda: mf.Softmax([3, 1, 2]), (3, 2, 4)),
    "LogSoftmax": (lambda: mf.LogSoftmax(), (5,)),
    **{f"LogSoftmax, axis {axis}": (lambda axis=axis: mf.LogSoftmax(axis), (3, 2, 4)) for axis in (1, 2, -1, -2, (1, 2))},
    **{f"{cls.__name__}, rank {len(shape) + 1}": (cls, shape) for cls in SMOOTH for shape in ((5,), (3, 4), (2, 3, 2))},
    "ELU, alpha": (lambda: mf.ELU(0.5), (5,)),
    "ELU, alpha above 1": (lambda: mf.ELU(np.float64(2.0)), (5,)),
    "GELU, approximate": (lambda: mf.GELU(approximate=True), (3, 4)),
    "PReLU": (lambda: mf.PReLU(), (5,)),
    "PReLU, rank 4": (lambda: mf.PReLU("normal"), (2, 3, 2)),
    "PReLU, shared axes": (lambda: mf.PReLU("ones", shared_axes=(1, 2)), (2, 3, 2)),
    "PReLU, one shared axis": (lambda: mf.PReLU(shared_axes=-1), (3, 4)),
    "PReLU, all axes shared": (lambda: mf.PReLU(shared_axes=[1]), (5,)),
    "PReLU, regularizer, constraint": (lambda: mf.PReLU(alpha_regularizer="l2", alpha_constraint="non_neg"), (5,)),
    "Activation": (lambda: mf.Activation("tanh"), (5,)),
    "Activation, a layer": (lambda: mf.Activation(mf.PReLU("ones")), (3, 4)),
    "Activation, linear": (lambda: mf.Activation("linear"), (5,)),
    "Activation, nothing": (lambda: mf.Activation(None), (3, 4)),
    "Dense, prelu": (lambda: mf.Dense(3, activation="prelu"), (4, 5)),
    "Flatten, rank 1": (lambda: mf.Flatten(), (5,)),
    "Flatten, rank 2": (lambda: mf.Flatten(), (2, 3)),
    "Flatten, rank 3": (lambda: mf.Flatten(data_format="channels_last"), (2, 3, 2)),
    "Reshape": (lambda: mf.Reshape((2, 3)), (6,)),
    "Reshape, rank 3 to 1": (lambda: mf.Reshape([12]), (2, 3, 2)),
    "Reshape, what is left over": (lambda: mf.Reshape((2, -1, 2)), (3, 4)),
    "Reshape, sizes from NumPy": (lambda: mf.Reshape((np.int64(-1), np.int32(4))), (2, 2)),
    "Reshape, a number a sample": (lambda: mf.Reshape(()), (1,)),
    "Permute": (lambda: mf.Permute((2, 1)), (3, 4)),
    "Permute, three axes": (lambda: mf.Permute([2, 3, 1]), (2, 3, 4)),
    "Permute, one axis": (lambda: mf.Permute((1,)), (5,)),
    "RepeatVector": (lambda: mf.RepeatVector(3), (5,)),
    "RepeatVector, once": (lambda: mf.RepeatVector(np.int32(1)), (5,)),
    "Identity": (lambda: mf.Identity(), (5,)),
    "Identity, rank 3": (lambda: mf.Identity(name="same"), (3, 4)),
    "Lambda": (lambda: mf.Lambda(np.sin, sine_back), (5,)),
    "Lambda, rank 3, another shape": (lambda: mf.Lambda(mean_over_time, mean_over_time_back), (3, 4)),
    "Dropout": (lambda: mf.Dropout(0.5), (5,)),
    "Dropout, rate 0": (lambda: mf.Dropout(0), (5,)),
    "Dropout, high rate, rank 3": (lambda: mf.Dropout(0.9), (3, 4)),
    "Dropout, seed": (lambda: mf.Dropout(0.3, seed=11), (5,)),
    "Dropout, noise_shape": (lambda: mf.Dropout(0.5, noise_shape=[None, 1, 4]), (3, 4)),
    "Dropout, one draw for all samples": (lambda: mf.Dropout(0.5, noise_shape=(1, 5), seed=1), (5,)),
    "GaussianNoise": (lambda: mf.GaussianNoise(0.5), (5,)),
    "GaussianNoise, none": (lambda: mf.GaussianNoise(0), (5,)),
    "GaussianNoise, seed, rank 3": (lambda: mf.GaussianNoise(1.0, seed=11), (3, 4)),
    "Rescaling": (lambda: mf.Rescaling(1 / 255), (5,)),
    "Rescaling, offset, rank 4": (lambda: mf.Rescaling(np.float64(0.5), offset=-1), (2, 3, 4)),
    "BatchNormalization": (lambda: mf.BatchNormalization(), (5,)),
    "BatchNormalization, one feature": (lambda: mf.BatchNormalization(), (1,)),
    "BatchNormalization, wide": (lambda: mf.BatchNormalization(), (300,)),
    "BatchNormalization, frozen": (lambda: mf.BatchNormalization(trainable=False), (5,)),
    "BatchNormalization, no gamma": (lambda: mf.BatchNormalization(scale=False, momentum=0, epsilon=0.1), (5,)),
    "BatchNormalization, no beta": (lambda: mf.BatchNormalization(center=False, momentum=1), (5,)),
    "BatchNormalization, neither": (lambda: mf.BatchNormalization(center=False, scale=False), (5,)),
    "BatchNormalization, options": (
        lambda: mf.BatchNormalization(**both_parameters(moving_mean_initializer="ones", moving_variance_initializer="ones")),
        (5,),
    ),
    **{
        f"BatchNormalization, rank {rank + 1}, axis {axis}": (lambda axis=axis: mf.BatchNormalization(axis=axis), shape)
        for rank, shape in AXES.items()
        for axis in (*range(1, rank + 1), *range(-rank, 0))
    },
    "LayerNormalization": (lambda: mf.LayerNormalization(), (5,)),
    "LayerNormalization, one feature": (lambda: mf.LayerNormalization(), (1,)),
    "LayerNormalization, wide": (lambda: mf.LayerNormalization(), (300,)),
    "LayerNormalization, no gamma": (lambda: mf.LayerNormalization(scale=False, epsilon=0.1), (5,)),
    "LayerNormalization, no beta": (lambda: mf.LayerNormalization(center=False), (5,)),
    "LayerNormalization, neither": (lambda: mf.LayerNormalization(center=False, scale=False), (5,)),
    "LayerNormalization, options": (lambda: mf.LayerNormalization(**both_parameters(trainable=False)), (5,)),
    "RMSNormalization": (lambda: mf.RMSNormalization(), (5,)),
    "RMSNormalization, epsilon": (lambda: mf.RMSNormalization(epsilon=0.1), (5,)),
    **{
        f"{cls.__name__}, rank {rank + 1}, axis {axis}": (lambda cls=cls, axis=axis: cls(axis=axis), AXES[rank])
        for cls in (mf.LayerNormalization, mf.RMSNormalization)
        for rank, axes in {1: [1, [1]], 2: [1, -1, (1, 2)], 3: [1, 2, -1, [-1, 1], (2, 3), [1, 2], [3, 1, 2]]}.items()
        for axis in axes
    },
    "Normalization": (lambda: mf.Normalization(), (5,)),
    "Normalization, adapted": (lambda: adapted(mf.Normalization(), 5), (5,)),
    "Normalization, adapted, invert": (lambda: adapted(mf.Normalization(invert=True), 5), (5,)),
    "Normalization, given": (lambda: mf.Normalization(mean=[1.0, 2.0, 3.0], variance=np.array([1.0, 4.0, 9.0])), (3,)),
    "Normalization, given as numbers": (lambda: mf.Normalization(mean=3, variance=2.0, invert=True), (3, 4)),
    **{
        f"Normalization, rank {rank + 1}, axis {axis}": (
            lambda axis=axis, rank=rank: adapted(mf.Normalization(axis=axis), *AXES[rank]),
            AXES[rank],
        )
        for rank, axes in {1: [None, 1], 2: [None, 1, [-1, 1]], 3: [None, -2, (1, 3), [1, 2, 3]]}.items()
        for axis in axes
    },
    "Chain": (lambda: mf.Chain([mf.Dense(3), mf.Tanh(), mf.Dense(2)]), (5,)),
    "Chain, empty": (lambda: mf.Chain([]), (5,)),
    "Chain, nested": (lambda: mf.Chain([mf.Chain([mf.Dense(4, name="a")]), mf.Flatten(), mf.Chain([mf.Sigmoid()])]), (2, 3)),
    "Chain, with dropout": (lambda: mf.Chain([mf.Dense(4), mf.Dropout(0.5), mf.Dense(2)]), (3,)),
    "Chain around a network": (lambda: mf.Chain([Sequential([mf.Dense(3, kernel_regularizer="l2")])]), (5,)),
    "Residual": (lambda: mf.Residual([mf.Dense(4), mf.Tanh(), mf.Dense(5)]), (5,)),
    "Residual, one layer": (lambda: mf.Residual(mf.Dense(5, activation="tanh")), (5,)),
    "Residual, empty": (lambda: mf.Residual([]), (5,)),
    "Residual, rank 3": (lambda: mf.Residual([mf.Dense(2), mf.Tanh(), mf.Dense(4)]), (3, 4)),
    "Residual, what comes in goes out": (lambda: mf.Residual([mf.Dropout(0.0), mf.Flatten()]), (5,)),
    "Residual, with dropout": (lambda: mf.Residual([mf.Dense(5), mf.Dropout(0.5)]), (5,)),
    "Residual in Residual": (
        lambda: mf.Residual([mf.Residual([mf.Dense(5)]), mf.Tanh(), mf.Residual(mf.Lambda(np.sin, sine_back))]),
        (5,),
    ),
    "Residual around a network": (
        lambda: mf.Residual([Sequential([mf.Dense(5, kernel_regularizer="l2"), mf.Tanh()])]),
        (5,),
    ),
    "Branches": (lambda: mf.Branches([[mf.Dense(3), mf.Tanh()], [mf.Dense(2)]]), (5,)),
    "Branches, one": (lambda: mf.Branches([mf.Dense(3)]), (5,)),
    "Branches, three": (lambda: mf.Branches([mf.Dense(3), [mf.Tanh()], mf.Dense(1, activation="sigmoid")]), (5,)),
    "Branches, x itself": (lambda: mf.Branches([[], [mf.Dense(2)], [mf.Dropout(0.0)]]), (5,)),
    "Branches, rank 3": (lambda: mf.Branches([[mf.Dense(2), mf.Tanh()], mf.Dense(3), []]), (3, 4)),
    "Branches, with dropout": (lambda: mf.Branches([[mf.Dense(3), mf.Dropout(0.5)], [mf.Dropout(0.3)]]), (5,)),
    "Branches, a frozen one": (lambda: mf.Branches([mf.Dense(3, trainable=False), mf.Dense(2)]), (5,)),
    "Branches of another rank": (lambda: mf.Branches([[mf.Flatten(), mf.Dense(3)], mf.Reshape((-1,))]), (2, 3)),
    "Branches in Branches": (
        lambda: mf.Branches([mf.Branches([mf.Dense(2), [mf.Tanh()]]), mf.Residual([mf.Dense(5)])]),
        (5,),
    ),
    "Branches of networks": (lambda: mf.Branches([Sequential([mf.Dense(2), mf.Tanh()]), Sequential([mf.Dense(3)])]), (5,)),
    "Sequential with containers": (
        lambda: Sequential(
            [mf.Residual([Sequential([mf.Dense(5)])]), mf.Branches([mf.Dense(3), [Sequential([mf.Dense(2)])]]), mf.Dense(2)]
        ),
        (5,),
    ),
    "Sequential": (lambda: Sequential([mf.Dense(3), mf.LeakyReLU(0.1), mf.Dense(2), mf.Sigmoid()], seed=1), (5,)),
    "Sequential, built": (lambda: Sequential([mf.Input((5,)), mf.Dense(3), mf.Dense(2)], seed=2), (5,)),
    "Sequential in Sequential": (
        lambda: Sequential([Sequential([mf.Dense(3), mf.Tanh()]), mf.Dense(2), Sequential([mf.Tanh()])]),
        (5,),
    ),
    "Sequential, regularizers": (
        lambda: Sequential(
            [mf.Dense(3, kernel_regularizer=L1L2(0.1, 0.2)), Sequential([mf.Dense(2, bias_regularizer=L1(0.1))])]
        ),
        (5,),
    ),
    "Sequential, frozen first layer": (
        lambda: Sequential([mf.Dense(3, trainable=False), mf.Tanh(), mf.Dense(2)], seed=1),
        (5,),
    ),
    "Sequential, nothing to train": (lambda: Sequential([mf.Flatten(), mf.Tanh()]), (2, 3)),
}


FIRST = {type(factory()): row for row, (factory, _) in reversed(ROWS.items())}
"""The first row of each class."""


def test_every_registered_layer_has_a_row():
    assert FIRST.keys() >= set(registered("layer"))


@pytest.mark.parametrize("row", [row for row in ROWS if row not in FIRST.values()])
def test_layer_keeps_the_contract_in_a_batch_of_two(row, monkeypatch):
    monkeypatch.setattr(checks, "BATCHES", (2,))
    test_layer_keeps_the_contract(row)


@pytest.mark.parametrize(
    "row", [row if row in FIRST.values() else pytest.param(row, marks=pytest.mark.campaign) for row in ROWS]
)
def test_layer_keeps_the_contract(row):
    factory, shape = ROWS[row]
    report = check_layer(factory(), shape)
    assert report.passed, f"\n{report}"


@pytest.mark.parametrize("row", ROWS)
def test_float32_results_are_near_those_of_float64(row):
    factory, shape = ROWS[row]
    small = factory()
    x = _samples(small, np.random.default_rng(5), (4, *shape), np.float32)
    _started(small, x)
    exact = in_float64(small, shape)
    for training in (False, True):
        wanted, y = exact.forward(x.astype(np.float64) if x.dtype.kind == "f" else x, training), small.forward(x, training)
        assert y.dtype == np.float32
        assert np.allclose(y, wanted, rtol=1e-5, atol=1e-6)
        error_grad = np.random.default_rng(6).normal(size=y.shape).astype(np.float32)
        message, wanted = small.backward(error_grad), exact.backward(error_grad.astype(np.float64))
        found = [*_trained_gradients(small), message] if message is not None else _trained_gradients(small)
        for grad, true in zip(found, [*_trained_gradients(exact), wanted], strict=message is not None):
            assert grad.dtype == np.float32
            assert np.allclose(grad, true, rtol=1e-5, atol=1e-5)


def _samples(layer, rng, shape, dtype=np.float64):
    """Samples of a layer's kind: whole numbers where it looks something up."""
    return rng.integers(0, 5, shape) if layer.input_kind == "index" else rng.normal(size=shape).astype(dtype)


def _started(layer, x):
    layer(x)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=window.shape) for window in layer.get_weights()])
    for inner in tree.walk(layer):
        for window in vars(inner.state).values():
            np.abs(window, window)  # a variance is not negative
    return layer


def _trained_gradients(layer):
    own = [*vars(layer.grads).values()] if layer.trainable else []
    return own + [grad for _, child, _ in layer.children() for grad in _trained_gradients(child)]


@pytest.mark.parametrize("row", [row for row in ROWS if "Sequential" not in row and "network" not in row])
def test_a_copy_of_a_used_layer_works_on_its_own(row):
    factory, shape = ROWS[row]
    layer = factory()
    x = _samples(layer, np.random.default_rng(5), (4, *shape))
    _started(layer, x)
    y = np.array(layer(x))
    twin = copy.deepcopy(layer)
    assert twin.cache is None
    assert np.array_equal(twin(x), y)


@pytest.mark.parametrize("row", ROWS)
def test_a_layer_comes_back_from_a_file(row, tmp_path):
    factory, shape = ROWS[row]
    net = Sequential([factory()], dtype="float32", seed=3)
    net.build(shape)
    x = _samples(net, np.random.default_rng(5), (4, *shape), np.float32)
    net.forward(x, training=True)
    net.save(tmp_path / "net")
    functions = {function.__name__: function for function in (np.sin, sine_back, mean_over_time, mean_over_time_back)}
    twin = load_model(tmp_path / "net", custom_objects=functions)
    assert twin.fingerprint() == net.fingerprint() and twin.config() == net.config()
    for training in (False, True):
        y = net.forward(x, training)
        assert np.array_equal(y, twin.forward(x, training))
        net.backward(np.ones_like(y)), twin.backward(np.ones_like(y))
    assert np.array_equal(net.packed.grads, twin.packed.grads, equal_nan=True)


@pytest.mark.parametrize("row", ROWS)
def test_what_a_layer_did_before_leaves_no_trace(row):
    factory, shape = ROWS[row]
    rng = np.random.default_rng(5)
    layer = factory()
    _started(layer, _samples(layer, rng, (3, *shape)))
    for n, training in [(7, True), (2, False), (7, True), (1, True), (9, False), (4, True), (4, False), (9, True)]:
        x = _samples(layer, rng, (n, *shape), np.float32 if isinstance(layer, Sequential) else np.float64)
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
    layer = mf.Dense(3, activation="tanh")
    layer(np.ones((2, 4), built))
    y = layer(np.ones((2, 4), given), training)
    assert y.dtype == built
    assert layer.backward(np.ones_like(y)).dtype == built


def views(array):
    """The same numbers as views of other memory; what they are compared with is a copy."""
    yield array.T.copy().T
    yield np.repeat(array, 2, axis=0)[::2]
    yield array[::-1, ...].copy()[::-1]
    yield array[..., ::-1].copy()[..., ::-1]
    yield np.pad(array, 1)[(slice(1, -1),) * array.ndim]
    yield np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, 2)])[..., : array.shape[-1]]
    yield np.broadcast_to(array[:1], array.shape)
    yield np.broadcast_to(array[..., :1], array.shape)


def _both_directions(layer, x, g, training):
    layer = copy.deepcopy(layer)
    y = np.array(layer.forward(x, training))
    message = layer.backward(g)
    return [y, *([] if message is None else [message]), *_trained_gradients(layer)]


@pytest.mark.parametrize("training", [pytest.param(False, marks=pytest.mark.campaign), True])
@pytest.mark.parametrize("row", [row for row in ROWS if "Sequential" not in row and "first of a network" not in row])
def test_views_are_as_good_as_arrays_of_their_own(row, training):
    factory, shape = ROWS[row]
    layer, rng = factory(), np.random.default_rng(5)
    x = _samples(layer, rng, (4, *shape))
    y = _started(layer, x)(x, training)
    g = rng.normal(size=y.shape)
    whole = _both_directions(layer, x, g, training)
    for given, error_grad in [*((view, g) for view in views(x)), *((x, view) for view in views(g))]:
        found, wanted = _both_directions(layer, given, error_grad, training), whole
        if not (np.array_equal(given, x) and np.array_equal(error_grad, g)):
            wanted = _both_directions(layer, given.copy(), error_grad.copy(), training)
        assert all(np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True) for a, b in zip(found, wanted, strict=True))


ANOTHER_IN_TRAINING = ("BatchNormalization", "ropout", "GaussianNoise")
ONE_MATHEMATICS = {
    **{name: row for name, row in ROWS.items() if not any(layer in name for layer in ANOTHER_IN_TRAINING)},
    **{
        f"{layer.__name__}({layer_options}), {cls.__name__}": (
            lambda layer=layer, cls=cls, layer_options=layer_options: layer(*layer_options, activation=cls()),
            shape,
        )
        for cls in registered("activation")
        if cls is not mf.Activation
        for layer, layer_options, shape in ((mf.Dense, (3,), (5,)), (mf.Dense, (64,), (65,)), (mf.Conv1D, (2, 2), (4, 3)))
    },
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("row", ONE_MATHEMATICS)
def test_training_and_inference_give_the_same_bits_where_they_calculate_the_same(row, dtype):
    factory, shape = ONE_MATHEMATICS[row]
    layer, rng = factory(), np.random.default_rng(5)
    for n in (1, 2, 7, 33, 300):
        x = _samples(layer, rng, (n, *shape), np.float32 if isinstance(layer, Sequential) else dtype)
        if n == 1:
            _started(layer, x)
        trained, y = np.array(layer.forward(x, training=True)), layer.forward(x, training=False)
        assert trained.tobytes() == y.tobytes()


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("row", ROWS)
def test_an_empty_batch_goes_through(row, training):
    factory, shape = ROWS[row]
    layer = factory()
    x = _samples(layer, np.random.default_rng(5), (4, *shape), np.float32 if isinstance(layer, Sequential) else np.float64)
    y = _started(layer, x).forward(x[:0], training)
    assert y.shape == (0, *layer.output_shape(shape))
    message = layer.backward(np.empty_like(y))
    assert message is None or message.shape == (0, *shape)
    assert all(np.isfinite(grad).all() for grad in _trained_gradients(layer))
