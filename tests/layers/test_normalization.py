"""Normalizations: the numbers of Keras and PyTorch, statistics that move, freeze and are copied, and adapted ones."""

import copy
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from builders import network

from minifw import SGD, MSELoss, Sequential
from minifw.errors import ArgumentTypeError, ArgumentValueError, NonFiniteError, ShapeError, UsageError
from minifw.layers import (
    BatchNormalization,
    Dense,
    GaussianNoise,
    Input,
    LayerNormalization,
    Normalization,
    Rescaling,
    RMSNormalization,
)

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "normalization.npz"))
RNG = np.random.default_rng(0)
X, Y = RNG.normal(2.0, 3.0, (20, 5)), RNG.normal(size=(20, 2))
CASES = {
    "bn": lambda: BatchNormalization(momentum=0.9),
    "bn_axis_1": lambda: BatchNormalization(axis=1, momentum=0.7, epsilon=0.01),
    "bn_axis_-1": lambda: BatchNormalization(),
    "bn_neither": lambda: BatchNormalization(center=False, scale=False),
    "bn_one_sample": lambda: BatchNormalization(momentum=0.5),
    "ln": lambda: LayerNormalization(),
    "ln_axes": lambda: LayerNormalization(axis=[1, 3], epsilon=1e-5),
    "ln_axis_1": lambda: LayerNormalization(axis=1, center=False),
    "rms": lambda: RMSNormalization(),
    "rms_axes": lambda: RMSNormalization(axis=[2, 3], epsilon=0.01),
    "torch_bn": lambda: BatchNormalization(momentum=0.9),
    "torch_ln": lambda: LayerNormalization(axis=[2, 3], epsilon=1e-5),
    "torch_rms": lambda: RMSNormalization(),
}
ADAPTED = {
    "norm": lambda: Normalization(),
    "norm_none": lambda: Normalization(axis=None),
    "norm_axes": lambda: Normalization(axis=[1, 2]),
    "norm_invert": lambda: Normalization(axis=1, invert=True),
}
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
WAYS = [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))]
both_dtypes = pytest.mark.parametrize("dtype", ["float64", "float32"])
both_ways = pytest.mark.parametrize("copied", WAYS, ids=["deepcopy", "pickle"])
every_normalizer = pytest.mark.parametrize("cls", [BatchNormalization, LayerNormalization, RMSNormalization])


def near(found, wanted, dtype):
    """Agreement relative to the array's largest value, as rounding has it."""
    assert found.dtype == dtype and found.shape == wanted.shape
    return np.abs(found - wanted).max() <= TOLERANCE[dtype] * max(1.0, np.abs(wanted).max())


def close(found, wanted, tolerance=1e-12):
    """Agreement relative to each entry."""
    return np.allclose(found, wanted, tolerance, 0.0)


def of(name):
    """The arrays of a case, its `start` first."""
    found = {key.split("/")[1]: array for key, array in REFERENCE.items() if key.split("/")[0] == name}
    return found, [found[key] for key in sorted(found) if key.startswith("start")]


# -- the numbers of others --------------------------------------------------------------------------------------------


@both_dtypes
@pytest.mark.parametrize("name", CASES)
def test_steps_agree_with_keras_and_pytorch(name, dtype):
    wanted, start = of(name)
    layer, x, g = CASES[name](), wanted["x"].astype(dtype), wanted["g"].astype(dtype)
    layer(x[0])
    layer.set_weights(start + layer.get_weights()[len(start) :])
    for step in range(len(x)):
        assert near(layer.forward(x[step], training=step < len(x) - 1), wanted["y"][step], dtype)
        assert near(layer.backward(g[step]), wanted["dx"][step], dtype)
        for i, grad in enumerate(vars(layer.grads).values()):
            assert near(grad, wanted[f"grad{i}"][step], dtype)
        for i, window in enumerate(vars(layer.state).values()):
            if name == "torch_bn" and i == 1:
                window[...] = wanted["state1"][step]  # unbiased, so another
            assert near(window, wanted[f"state{i}"][step], dtype)


def test_pytorch_keeps_the_unbiased_variance():
    wanted, start = of("torch_bn")
    layer, n = CASES["torch_bn"](), wanted["x"].shape[1]
    layer(wanted["x"][0])
    layer.set_weights(start + layer.get_weights()[2:])
    for step in range(3):
        layer(wanted["x"][step], training=True)
        left = 0.9 ** (step + 1)  # of the 1 that both start from
        assert close((layer.state.moving_variance - left) * n / (n - 1) + left, wanted["state1"][step], 1e-12)


@both_dtypes
@pytest.mark.parametrize("name", ADAPTED)
def test_adapted_layers_agree_with_keras(name, dtype):
    wanted, _ = of(name)
    layer = ADAPTED[name]()
    layer.adapt(wanted["data"])
    y = layer(wanted["x"].astype(dtype))
    assert near(layer.state.mean, wanted["mean"], dtype) and near(layer.state.variance, wanted["variance"], dtype)
    if dtype == "float64":
        assert near(y, wanted["y"], dtype)


# -- batch normalization ----------------------------------------------------------------------------------------------


def test_weights_come_in_the_order_of_keras():
    layer = BatchNormalization()
    layer(X)
    assert [*vars(layer.params), *vars(layer.state)] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert layer.count_params() == 20 and [w[0] for w in layer.get_weights()] == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(("momentum", "mean", "variance"), [(0, 3.0, 1.0), (0.5, 6.5, 2.5), (1, 10.0, 4.0), (0.9, 9.3, 3.7)])
def test_moving_statistics_go_towards_those_of_the_batch(momentum, mean, variance):
    layer = BatchNormalization(momentum=momentum)
    x = np.array([[2.0], [4.0]])
    layer(x)
    layer.state.moving_mean, layer.state.moving_variance = [10.0], [4.0]
    layer(x, training=True)
    assert close([layer.state.moving_mean, layer.state.moving_variance], [[mean], [variance]], 1e-15)
    layer(x)
    assert close([layer.state.moving_mean, layer.state.moving_variance], [[mean], [variance]], 1e-15)


@pytest.mark.parametrize("x", [X[:1], np.full((3, 5), 1e4 / 3), np.full((7, 5), -0.1)], ids=["one sample", "1e4/3", "-0.1"])
@both_dtypes
@pytest.mark.parametrize("cls", [BatchNormalization, LayerNormalization])
def test_what_does_not_vary_gives_beta_silently(cls, x, dtype):
    x = np.repeat(x[:, :1], 5, axis=1).astype(dtype)
    layer = cls(beta_initializer="normal", gamma_initializer="normal")
    y = layer(x, training=True)
    assert np.abs(y - layer.params.beta).max() <= np.finfo(dtype).eps
    assert cls is LayerNormalization or np.abs(layer.backward(np.ones_like(y))).max() <= 1e-4  # r is 31 here


def test_an_empty_batch_leaves_the_moving_statistics_alone():
    layer = BatchNormalization(momentum=0)
    layer(X, training=True)
    before = layer.get_weights()
    y = layer(X[:0], training=True)
    assert y.shape == (0, 5) and layer.backward(y).shape == (0, 5) and not vars(layer.grads)["gamma"].any()
    assert all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights(), strict=True))


def test_a_frozen_layer_uses_the_moving_statistics_at_once_and_leaves_them():
    net = Sequential([Input((5,)), BatchNormalization(), Dense(2)], dtype="float64", seed=1)
    norm = net.layers[0]
    net.forward(X, training=True)
    state, trained = net.packed.state.copy(), net.forward(X, training=True)
    assert not np.array_equal(net.packed.state, state)
    for switch in (norm, net):  # a container's flag reaches what is inside
        switch.trainable = False
        state = net.packed.state.copy()
        assert np.array_equal(net.forward(X, training=True), net.forward(X))
        assert np.array_equal(net.packed.state, state)
        switch.trainable = True
        assert np.array_equal(net.forward(X, training=True), trained)


def test_fit_leaves_a_frozen_layer_bit_for_bit():
    net = Sequential([Input((5,)), Dense(4), BatchNormalization(trainable=False), Dense(2)], seed=1)
    net.compile("adam", "mse")
    before = net.layers[1].get_weights()
    net.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.layers[1].get_weights(), strict=True))


def test_backward_differentiates_the_forward_before_it_in_its_mode():
    layer = BatchNormalization()
    layer(X, training=True)
    g = RNG.normal(size=X.shape)
    layer(X)
    fixed = layer.backward(g)
    assert close(fixed, g * layer.params.gamma / np.sqrt(layer.state.moving_variance + 1e-3))
    layer(X, training=True)
    assert np.abs(layer.backward(g).sum(axis=0)).max() < 1e-12


def normalizing():
    layers = BatchNormalization(), GaussianNoise(0.1), Dense(4), LayerNormalization(), RMSNormalization()
    return network(*layers, BatchNormalization(momentum=0.8), Dense(2), optimizer=SGD(0.05), seed=3)


@both_ways
def test_a_copy_in_the_middle_of_training_goes_on_bit_for_bit(copied):
    net = normalizing()
    net.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    twin = copied(net)
    assert np.array_equal(twin.packed.state, net.packed.state) and twin.layers[0].cache is None
    for each in (net, twin):
        each.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    assert np.array_equal(twin.packed.params, net.packed.params) and np.array_equal(twin.packed.state, net.packed.state)


def test_a_batch_that_fails_leaves_the_moving_statistics_where_it_began():
    class Fails(MSELoss, registered=False):
        def backward(self):
            raise ArithmeticError

    net = normalizing()
    net.train_on_batch(X, Y)
    state = net.packed.state.copy()
    net.compile(SGD(0.05), Fails())
    with pytest.raises(ArithmeticError):
        net.train_on_batch(X, Y)
    assert np.array_equal(net.packed.state, state)


def test_by_hand_and_fit_give_the_same_bits_and_learn():
    net, other, loss, optimizer = normalizing(), normalizing(), MSELoss(), SGD(0.05)
    values = []
    for _ in range(40):
        values.append(loss.forward(Y, net.forward(X, training=True)))
        net.backward(loss.backward())
        optimizer.step(net.params_and_grads())
    other.fit(X, Y, batch_size=20, epochs=40, shuffle=False, verbose=0)
    assert np.array_equal(net.packed.params, other.packed.params) and np.array_equal(net.packed.state, other.packed.state)
    assert values[-1] < 0.5 * values[0]


# -- all three --------------------------------------------------------------------------------------------------------


@every_normalizer
def test_where_nobody_wants_the_message_the_gradients_are_the_same(cls):
    layer, g = cls(), RNG.normal(size=X.shape)
    for training in (False, True):
        layer(X, training)
        layer.backward(g)
        before = [grad.copy() for grad in vars(layer.grads).values()]
        layer.needs_message = False
        assert layer.backward(g) is None
        layer.needs_message = True
        assert all(np.array_equal(a, b) for a, b in zip(before, vars(layer.grads).values(), strict=True))


@every_normalizer
def test_what_inference_returns_is_never_written_to_again(cls):
    layer = cls()
    y = layer(X)
    kept = y.copy()
    layer.backward(y)
    layer(X[::-1].copy())
    layer(X, training=True)
    assert np.array_equal(y, kept)


@both_dtypes
def test_a_huge_finite_batch_leaves_moving_statistics_finite(dtype):
    most = np.finfo(dtype).max
    wild = np.array([[most, 1.0, most / 4], [most, 3.0, 0.0], [most, 5.0, -most / 4], [-most, 7.0, 0.0]], dtype)
    layer = BatchNormalization(momentum=0.5)
    layer(wild, training=True)
    assert layer.state.moving_mean == pytest.approx([most / 4, 2.0, 0.0])
    assert layer.state.moving_variance == pytest.approx([most / 2, 3.0, most / 2], rel=1e-6)
    for _ in range(99):
        layer(wild, training=True)
    assert np.isfinite(layer.get_weights()).all()
    for _ in range(1100):
        layer(wild * 0, training=True)
    assert np.abs(layer.get_weights()[2:]).max() < 1e-9


@both_dtypes
@every_normalizer
def test_squares_may_overflow_where_the_result_does_not(cls, dtype):
    layer, small = cls(epsilon=0), (X / np.abs(X).max() / 4).astype(dtype)
    wanted = layer(small, training=True).copy()
    assert close(layer(small * np.finfo(dtype).max, training=True), wanted, 1e-5)
    assert np.isfinite(layer.backward(np.ones_like(small))).all()


@both_dtypes
@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
@pytest.mark.parametrize("cls", [BatchNormalization, LayerNormalization, RMSNormalization, Normalization])
def test_no_input_makes_a_warning(cls, value, axis, dtype):
    layer, x = cls(axis=axis), np.tile(X[:, None], (1, 2, 1)).astype(dtype)
    x[3, 1, 2] = value
    for training in (False, True):
        layer.backward(np.ones_like(layer(x, training)))
        layer.backward(np.full_like(layer(x, training), value))


def test_gradients_that_overflow_are_not_taken_for_forgotten():
    net = Sequential([Input((2,)), BatchNormalization(), Dense(1)], dtype="float64", seed=1)
    with np.errstate(all="ignore"):
        net.forward(np.array([[np.inf, 1.0], [1.0, 2.0]]), training=True)
        net.backward(np.ones((2, 1)))
    assert np.isnan(net.layers[0].grads.gamma).any()


@every_normalizer
def test_numpys_own_settings_are_left_as_they_were(cls):
    layer, x, before = cls(), np.ones((2, 300)), (np.getbufsize(), np.geterr())
    layer.backward(layer(x))
    with pytest.raises(ValueError):
        layer.backward(x[:, :3])
    assert (np.getbufsize(), np.geterr()) == before


@every_normalizer
def test_an_epsilon_of_zero_leaves_what_does_not_vary_undefined_but_silent(cls):
    layer = cls(epsilon=0)
    assert np.isnan(layer(np.zeros((2, 3)), training=True)).all()


def test_large_float32_batches_keep_their_digits():
    x = RNG.normal(10.0, 1.0, (100_000, 3)).astype(np.float32)
    layer = BatchNormalization(epsilon=0, momentum=0)
    layer(x, training=True)
    exact = x.astype(np.float64)
    assert close(layer.state.moving_mean, exact.mean(axis=0), 1e-6)
    assert close(layer.state.moving_variance, exact.var(axis=0), 1e-6)


@every_normalizer
def test_axes_of_the_config_are_as_given(cls):
    layer = cls(axis=1, epsilon=0.5, name="mine")
    again = cls.from_config(layer.config())
    assert again.config() == layer.config() and repr(again) == repr(layer)
    assert repr(LayerNormalization(axis=(1, -1))) == "LayerNormalization(axis=(1, -1))"


# -- adapting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before building", "in an unbuilt network", "in a built network"])
def test_adapt_may_come_at_any_time_and_changes_nothing_else(when):
    norm = Normalization()
    if when == "before building":
        norm.adapt(X)
    net = Sequential([norm, Dense(2)], dtype="float64", seed=1)
    if when == "in an unbuilt network":
        norm.adapt(X)
    net.build((5,))
    if when == "in a built network":
        norm.adapt(X)
    assert close(net.packed.state, [*X.mean(axis=0), *X.var(axis=0)], 1e-14) and norm.count_params() == 10
    assert np.shares_memory(norm.state.mean, net.packed.state)
    plain = Sequential([Normalization(), Dense(2)], dtype="float64", seed=1)
    plain.build((5,))
    assert np.array_equal(plain.packed.params, net.packed.params)
    assert close(norm.forward(X).std(axis=0), 1.0, 1e-12)


def test_a_layer_that_was_not_adapted_is_the_identity():
    assert np.array_equal(Normalization()(X), X) and np.array_equal(Normalization(invert=True, axis=None)(X), X)


def test_adapting_again_replaces():
    layer = Normalization()
    for data in (X, X[:, :3], X * 7):
        layer.adapt(data)
    assert abs(layer(X * 7).mean(axis=0)).max() < 1e-12 and layer.state.mean.shape == (5,)
    layer.adapt(X)
    assert close(layer(X).std(axis=0), 1.0, 1e-12)


def test_invert_goes_back():
    there, back = Normalization(), Normalization(invert=True)
    there.adapt(X)
    back.adapt(X)
    assert close(back(there(X)), X, 1e-14)


@both_dtypes
def test_a_constant_feature_becomes_0_on_its_value(dtype):
    for value in (0.1, 1e4 / 3, -1e-3):
        layer = Normalization()
        layer.adapt(np.full((11, 1), value, dtype))
        x = np.array([[value], [value + 1.0]], dtype)
        y = layer(x)
        assert y[0] == 0.0 and close(y[1], (x[1] - x[0]) * 1e7, 1e-5)


@both_ways
def test_copies_keep_what_was_adapted(copied):
    layer = Normalization()
    layer.adapt(X)
    net = Sequential([Input((5,)), copied(layer), Dense(2)], seed=1)
    assert close(net.layers[0].state.mean, X.mean(axis=0), 1e-6)
    twin = copied(net)
    assert np.array_equal(twin.predict(X), net.predict(X))
    twin.layers[0].adapt(X * 2)
    assert close(net.layers[0].state.mean, X.mean(axis=0), 1e-6)
    assert Normalization.from_config(layer.config()).config() == layer.config()


@pytest.mark.parametrize("kind", ["list", "int", "big-endian", "Fortran", "float32"])
def test_adapt_takes_the_data_that_a_network_takes(kind):
    data = np.round(X * 10)
    ways = {
        "list": data.tolist(),
        "int": data.astype(np.int16),
        "big-endian": data.astype(">f8"),
        "Fortran": np.asfortranarray(data),
        "float32": data.astype(np.float32),
    }
    layer = Normalization()
    layer.adapt(ways[kind])
    assert close(layer.state.mean, data.mean(axis=0), 1e-14)
    assert close(layer.state.variance, data.var(axis=0), 1e-14)


def test_data_on_disk_are_read_in_blocks_and_exactly(tmp_path):
    data = np.memmap(tmp_path / "data", np.float32, "w+", shape=(400_000, 5))
    data[...] = RNG.normal(1e4, 1.0, data.shape)
    layer = Normalization()
    tracemalloc.start()
    layer.adapt(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    exact = np.asarray(data, np.float64)
    assert peak < 4e6 < exact.nbytes
    assert close(layer.state.mean, exact.mean(axis=0), 1e-14)
    assert close(layer.state.variance, exact.var(axis=0), 1e-10)


def test_given_statistics_spread_over_the_features():
    array = np.array([1.0, 2.0, 3.0])
    layer = Normalization(axis=[1, 2], mean=array, variance=[1, 4, 9])
    array[:] = 0.0
    y = layer(np.full((1, 2, 3), 3.0))
    assert close(y, [[[2.0, 0.5, 0.0]] * 2]) and layer.config()["mean"] == [1.0, 2.0, 3.0]
    net = Sequential([Input((5,)), Normalization(mean=3, variance=4)], dtype="float64")
    net.add(Dense(1))
    assert close(net.layers[0](X), (X - 3) / 2)
    with pytest.raises(
        ShapeError, match=r"shape \(3,\) do not spread over axis=-1 of samples of shape \(5,\), which is \(5,\)"
    ):
        Normalization(mean=[1, 2, 3], variance=[1, 2, 3])(X)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (X[:0], ShapeError, "normalization (Normalization), adapt: got 0 samples; it needs at least one"),
        (3.0, ShapeError, "normalization (Normalization), adapt: a single number has no batch axis"),
        (X[:, :4], ShapeError, "adapt: built for axis=-1 of shape (5,), got data of shape (20, 4)"),
        (X[0], ShapeError, "Normalization: axis=-1 must name axes of one sample, each once; an input of rank 1 has none"),
        (X * np.nan, NonFiniteError, "mean or variance is not finite in float32"),
        (X * 1e25, NonFiniteError, "the data hold NaN, infinities or values too large"),
        ("words", ArgumentTypeError, "adapt: wanted numbers"),
        (iter(X), ArgumentTypeError, "adapt: wanted an array, got"),
    ],
)
def test_bad_data_change_nothing(data, error, message):
    net = Sequential([Input((5,)), Normalization()])
    net.layers[0].adapt(X)
    before = net.packed.state.copy()
    with pytest.raises(error) as caught:
        net.layers[0].adapt(data)
    assert message in str(caught.value) and np.array_equal(net.packed.state, before)


def test_a_layer_adapted_to_other_features_than_it_meets_says_so():
    for n in (1, 3):
        norm = Normalization()
        norm.adapt(X[:, :n])
        with pytest.raises(ShapeError, match=rf"shape \({n},\) do not spread over axis=-1 of samples of shape \(5,\)"):
            Sequential([Input((5,)), norm])
    with pytest.raises(UsageError, match="its mean and variance were given"):
        Normalization(mean=1, variance=1).adapt(X)


# -- rescaling and noise ----------------------------------------------------------------------------------------------


def test_rescaling_is_a_line_in_the_dtype_of_x():
    layer = Rescaling(np.float64(1 / 255), offset=-1)
    y = layer(np.array([[0, 255]], np.uint8))
    assert y.dtype == np.float32 and np.array_equal(y, np.array([[-1, 255 * np.float32(1 / 255) - 1]], np.float32))
    assert np.array_equal(layer.backward(np.ones((1, 2), np.float32)), np.full((1, 2), 1 / 255, np.float32))
    assert np.isinf(Rescaling(10.0)(np.full((1, 1), 3e38, np.float32))).all()


def test_noise_comes_in_training_only_from_the_layers_own_generator():
    layer, same, other = GaussianNoise(0.5, seed=7), GaussianNoise(0.5, seed=7), GaussianNoise(0.5, seed=8)
    x = np.ones((300, 200))
    y = layer(x, training=True)
    assert np.array_equal(layer(x), x) and np.array_equal(GaussianNoise(0)(x, training=True), x)
    assert np.array_equal(same(x, training=True), y) and not np.array_equal(other(x, training=True), y)
    assert not np.array_equal(layer(x, training=True), y)
    assert abs((y - 1).mean()) < 4 * 0.5 / np.sqrt(x.size) and abs((y - 1).std() - 0.5) < 0.005
    assert layer.backward(y) is y


def test_noise_is_the_same_in_both_dtypes():
    large, small = (GaussianNoise(0.3, seed=1)(np.zeros((4, 5), dtype), training=True) for dtype in ("float64", "float32"))
    assert small.dtype == np.float32 and np.array_equal(large.astype(np.float32), small)


# -- bad arguments ----------------------------------------------------------------------------------------------------


BAD = [
    (
        lambda: BatchNormalization(momentum=1.5),
        ArgumentValueError,
        "BatchNormalization: momentum must be in [0, 1], got",
    ),
    (lambda: BatchNormalization(momentum=np.nan), ArgumentValueError, "momentum must be in [0, 1], got nan"),
    (lambda: BatchNormalization(momentum="0.9"), ArgumentTypeError, "momentum must be a number in [0, 1], got '0.9'"),
    (lambda: BatchNormalization(epsilon=-1e-3), ArgumentValueError, "epsilon must be in [0, inf), got -0.001"),
    (lambda: BatchNormalization(axis=[1, 2]), ArgumentTypeError, "BatchNormalization: axis must be an integer"),
    (lambda: BatchNormalization(axis=True), ArgumentTypeError, "axis must be an integer in (-inf, inf), got True"),
    (lambda: BatchNormalization(center=1), ArgumentTypeError, "BatchNormalization: center must be True or False, got 1"),
    (lambda: BatchNormalization(gamma_initializer="onse"), ArgumentValueError, "initializer 'onse'; did you mean 'Ones'"),
    (lambda: BatchNormalization(moving_mean_initializer=0), ArgumentTypeError, "an initializer is a name"),
    (lambda: BatchNormalization(renorm=True), ArgumentTypeError, "'renorm' is an argument of Keras that has no meaning"),
    (lambda: BatchNormalization(synchronized=False), ArgumentTypeError, "the statistics are always those of all processes"),
    (lambda: LayerNormalization(scale=None), ArgumentTypeError, "LayerNormalization: scale must be True or False"),
    (lambda: LayerNormalization(beta_regularizer="l3"), ArgumentValueError, "unknown regularizer 'l3'"),
    (lambda: LayerNormalization(rms_scaling=True), ArgumentTypeError, "use RMSNormalization"),
    (lambda: LayerNormalization(axis=[]), ArgumentValueError, "LayerNormalization: axis must name at least one axis"),
    (lambda: LayerNormalization(axis=1.0), ArgumentTypeError, "axis must be an integer in (-inf, inf), got 1.0 (float)"),
    (lambda: LayerNormalization(axis=None), ArgumentTypeError, "LayerNormalization: axis must be an integer"),
    (lambda: RMSNormalization(epsilon=np.inf), ArgumentValueError, "RMSNormalization: epsilon must be in [0, inf), got inf"),
    (lambda: RMSNormalization(scale=True), ArgumentTypeError, "RMSNormalization has no argument 'scale'"),
    (lambda: Normalization(axis=[]), ArgumentValueError, "Normalization: axis must name at least one axis, got []"),
    (lambda: Normalization(mean=1.0), ArgumentValueError, "give both mean and variance or none, got 1.0 and None"),
    (lambda: Normalization(mean=[1.0], variance=1.0), ArgumentValueError, "mean has shape (1,), variance (); give both"),
    (lambda: Normalization(mean=0, variance=-1), ArgumentValueError, "variance must be in [0, inf), got -1.0"),
    (lambda: Normalization(mean=np.nan, variance=1), ArgumentValueError, "Normalization: mean must be finite, got nan"),
    (lambda: Normalization(mean="a", variance="b"), ArgumentTypeError, "Normalization: mean: wanted numbers"),
    (lambda: Normalization(mean=[], variance=[]), ArgumentValueError, "Normalization: mean is empty"),
    (lambda: Normalization(invert=1), ArgumentTypeError, "Normalization: invert must be True or False, got 1"),
    (lambda: Rescaling("1"), ArgumentTypeError, "Rescaling: scale must be a number in (-inf, inf), got '1' (str)"),
    (lambda: Rescaling(1, np.inf), ArgumentValueError, "Rescaling: offset must be in (-inf, inf), got inf"),
    (lambda: GaussianNoise(1.5), ArgumentValueError, "GaussianNoise: stddev must be in [0, 1], got 1.5"),
    (lambda: GaussianNoise(0.5, seed=-1), ArgumentValueError, "GaussianNoise: seed must be in [0, "),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_bad_arguments_are_heard_at_construction(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("axis", [0, 3, -3, [1, -2], [1, 2, 1]])
@pytest.mark.parametrize("cls", [BatchNormalization, LayerNormalization, RMSNormalization, Normalization])
def test_an_axis_that_is_none_of_a_samples_is_refused_when_the_shape_is_known(cls, axis):
    if cls is BatchNormalization and isinstance(axis, list):
        return
    with pytest.raises(ShapeError) as caught:
        Sequential([Input((2, 3)), cls(axis=axis)])
    assert f"{cls.__name__}: axis={axis} must name axes of one sample, each once" in str(caught.value)
    assert "of an input of rank 3 these are 1 to 2, or negative" in str(caught.value)
