"""The gradient check: what it says, what it leaves out, and what it leaves alone."""

import copy

import numpy as np
import pytest

from minifw import MSELoss, Sequential, SparseCategoricalCrossentropyLoss, check_gradients, check_layer
from minifw.errors import ShapeError, UsageError
from minifw.layers import Dense, Dropout, Flatten, Input, Layer, LeakyReLU, Param, ReLU, Tanh


class Scale(Layer, registered=False):
    """A layer of one's own, right."""

    def build(self, input_shape):
        return {"gain": Param(input_shape, initializer="ones")}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = (error_grad * self.cache).sum(axis=0)
        return error_grad * self.params.gain


class Forgetful(Scale, registered=False):
    def backward(self, error_grad):
        return error_grad * self.params.gain


def batch(*shape, seed=3):
    return np.random.default_rng(seed).normal(size=shape)


def found(report, name):
    return next(check for check in report.checks if check.name == name)


def test_a_right_layer_is_all_right_and_its_report_a_table():
    report = check_gradients(Scale(), batch(4, 3))
    assert report.passed
    assert [check.name for check in report.checks] == ["gain", "input"]
    lines = str(report).splitlines()
    assert lines[0] == "scale (Scale): all right"
    assert lines[1].startswith("  ok    gain ")
    assert "(3 checked, 0 at bends)" in lines[1]
    assert "(12 checked, 0 at bends)" in lines[2]
    assert repr(report) == str(report)


def test_the_report_names_the_worst_entry_and_both_numbers():
    class Broken(Scale, registered=False):
        def backward(self, error_grad):
            message = super().backward(error_grad)
            message[2, 1] += 0.5
            return message

    report = check_gradients(Broken(), batch(4, 3))
    check = found(report, "input")
    assert not report.passed
    assert check.worst == (2, 1)
    assert check.analytic - check.numeric == pytest.approx(0.5, rel=1e-6)
    assert "broken (Broken): WRONG" in str(report)
    line = next(line for line in str(report).splitlines() if "WRONG input" in line)
    assert f"at (2, 1): backward {check.analytic:.9g}, numeric {check.numeric:.9g}" in line


def test_the_report_names_the_entry_that_is_no_number():
    class Broken(Scale, registered=False):
        def backward(self, error_grad):
            message = super().backward(error_grad)
            message[2, 1] = np.nan
            return message

    check = found(check_gradients(Broken(), batch(4, 3)), "input")
    assert not check.passed
    assert check.worst == (2, 1)


@pytest.mark.parametrize("training", [False, True])
def test_a_forgotten_gradient_fails_and_is_not_raised(training):
    report = check_gradients(Forgetful(), batch(4, 3), training=training)
    assert [check.name for check in report.checks if not check.passed] == ["gain"]
    report = check_gradients(Sequential([Forgetful(), Tanh()], seed=1), batch(4, 3), training=training)
    assert [check.name for check in report.checks if not check.passed] == ["forgetful/gain"]


@pytest.mark.parametrize(
    ("message", "detail"), [(lambda g: None, "backward gave None, wanted shape (4, 3)"), (lambda g: g[:2], "shape (2, 3)")]
)
def test_a_message_of_none_or_of_another_shape_fails_and_is_not_raised(message, detail):
    class Broken(Tanh, registered=False):
        def backward(self, error_grad):
            return message(super().backward(error_grad))

    report = check_gradients(Broken(), batch(4, 3))
    assert not report.passed
    assert detail in str(report)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_without_a_number_fail_and_are_not_raised(value):
    class Broken(Tanh, registered=False):
        def forward(self, x, training=False):
            return super().forward(x, training) * value

    assert not check_gradients(Broken(), batch(4, 3)).passed


def test_entries_at_a_bend_are_skipped_and_counted():
    x = batch(4, 3)
    x[0, 0] = x[2, 1] = 0.0
    for layer in (ReLU(), LeakyReLU(0.1)):
        check = found(check_gradients(layer, x), "input")
        assert check.passed
        assert (check.checked, check.skipped) == (10, 2)
    assert "(10 checked, 2 at bends)" in str(check_gradients(ReLU(), x))


def test_nothing_but_bends_is_said_to_compare_nothing():
    check = found(check_gradients(ReLU(), np.zeros((2, 2))), "input")
    assert (check.checked, check.skipped) == (0, 4)
    assert "the function bends at every entry" in check.detail


def test_noise_that_is_not_rewound_is_no_bend_and_does_not_pass():
    class Noisy(Layer, registered=False):
        noise = np.random.default_rng(0)  # not the layer's own generator

        def forward(self, x, training=False):
            return x + type(self).noise.normal(size=x.shape)

        def backward(self, error_grad):
            return -error_grad

    assert not check_gradients(Noisy(), batch(4, 3)).passed


def test_a_wrong_gradient_beside_bends_is_still_found():
    class Broken(ReLU, registered=False):
        def backward(self, error_grad):
            return super().backward(error_grad) * 1.001

    x = batch(4, 3)
    x[0] = 0.0
    check = found(check_gradients(Broken(), x), "input")
    assert not check.passed
    assert check.skipped == 3


def test_a_curve_that_is_steep_is_no_bend():
    class Cube(Layer, registered=False):
        def forward(self, x, training=False):
            self.cache = x
            return x**3

        def backward(self, error_grad):
            return error_grad * 3 * self.cache**2

    check = found(check_gradients(Cube(), batch(4, 3) * 100), "input")
    assert check.passed
    assert check.skipped == 0


def test_at_most_so_many_entries_of_an_array_are_probed():
    report = check_gradients(Dense(30), batch(3, 20), samples=50)
    assert [check.checked for check in report.checks] == [50, 30, 50]
    assert report.passed


def test_the_same_seed_gives_the_same_report():
    one, two = (str(check_gradients(Dense(30, kernel_initializer="ones"), batch(3, 20), samples=5, seed=7)) for _ in "ab")
    assert one == two
    assert str(check_gradients(Dense(30, kernel_initializer="ones"), batch(3, 20), samples=5, seed=8)) != one


def test_dropout_is_rewound_so_that_every_probe_drops_the_same_units():
    net = Sequential([Dense(8), Dropout(0.5), Tanh(), Dropout(0.3, seed=4), Dense(2)], seed=1)
    report = check_gradients(net, batch(5, 4))
    assert report.passed, f"\n{report}"
    assert check_gradients(Dropout(0.5), batch(5, 4)).passed


def test_regularizers_are_in_the_network_and_in_the_check():
    net = Sequential([Dense(3, kernel_regularizer="l2", bias_regularizer="l1", bias_initializer="ones"), Dense(2)], seed=1)
    assert check_gradients(net, batch(4, 3)).passed
    assert check_gradients(net, batch(4, 3), batch(4, 2), loss=MSELoss()).passed


def test_frozen_layers_are_checked_like_the_others():
    net = Sequential([Dense(3, trainable=False, kernel_regularizer="l2"), Tanh(), Dense(2)], seed=1)
    report = check_gradients(net, batch(4, 3))
    assert report.passed, f"\n{report}"
    assert {check.name for check in report.checks} == {
        "dense/kernel",
        "dense/bias",
        "dense_1/kernel",
        "dense_1/bias",
        "input",
    }


def test_a_network_inside_a_network_is_checked_too():
    net = Sequential([Dense(3), Sequential([Dense(2, kernel_regularizer="l2"), Tanh()]), Flatten()], seed=1)
    report = check_gradients(net, batch(4, 3))
    assert report.passed, f"\n{report}"
    assert len({check.name for check in report.checks}) == 5


def test_the_loss_is_the_compiled_one_or_the_one_given():
    net = Sequential([Input((3,)), Dense(2)], seed=1)
    with pytest.raises(UsageError, match="pass loss="):
        net.check_gradients(batch(4, 3), batch(4, 2))
    assert net.check_gradients(batch(4, 3), batch(4, 2), loss=MSELoss(reduction="sum")).passed
    net.compile("sgd", "mse")
    report = net.check_gradients(batch(4, 3), batch(4, 2))
    assert report.passed
    x, error = batch(4, 3), net.predict(batch(4, 3)) - batch(4, 2)
    bias = found(report, "dense/bias")
    assert bias.analytic == pytest.approx(2 * error.mean(0)[bias.worst] / 2, rel=1e-5)
    net.compile("sgd", SparseCategoricalCrossentropyLoss(from_logits=True))
    assert net.check_gradients(x, [0, 1, 1, 0]).passed


def test_a_loss_with_one_value_a_sample_is_summed():
    net = Sequential([Input((3,)), Dense(2)], seed=1)
    assert net.check_gradients(batch(4, 3), batch(4, 2), loss=MSELoss(reduction="none")).passed


def test_the_network_is_left_as_it_was():
    net = Sequential([Dense(6), Dropout(0.5), Tanh(), Dense(2, kernel_regularizer="l2")], dtype="float32", seed=1)
    x, y = batch(4, 3).astype(np.float32), batch(4, 2).astype(np.float32)
    net.compile("adam", "mse")
    net.train_on_batch(x, y)
    twin = copy.deepcopy(net)
    net.forward(x, training=True)
    twin.forward(x, training=True)
    caches = [layer.cache for layer in net.layers]
    vectors = [vector.copy() for vector in (net.packed.params, net.packed.grads, net.packed.state)]
    kept = x.copy(), y.copy()
    net.check_gradients(x, y)
    assert np.array_equal(x, kept[0])
    assert np.array_equal(y, kept[1])
    for vector, before in zip((net.packed.params, net.packed.grads, net.packed.state), vectors, strict=True):
        assert np.array_equal(vector, before, equal_nan=True)
    assert all(layer.cache is cache for layer, cache in zip(net.layers, caches, strict=True))
    for one in (net, twin):  # the forward is still fresh, and the generators go on where they were
        one.backward(np.ones((4, 2), np.float32))
        one.train_on_batch(x, y)
    assert np.array_equal(net.packed.params, twin.packed.params)
    assert net.optimizer.iterations == 2


def test_the_loss_of_the_network_is_left_as_it_was():
    net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    x, y = batch(4, 3), batch(4, 2)
    net.loss.forward(y, net(x))
    wanted = net.loss.backward()
    net.check_gradients(batch(2, 3, seed=9), batch(2, 2, seed=9))
    assert np.array_equal(net.loss.backward(), wanted)


def test_an_unbuilt_layer_stays_unbuilt():
    net, layer = Sequential([Dense(2)]), Dense(2)
    assert check_gradients(net, batch(4, 3)).passed
    assert check_gradients(layer, batch(4, 3)).passed
    assert net.packed is None
    for one in (net, layer):
        with pytest.raises(UsageError):
            one.get_weights()


def test_data_of_any_kind_is_taken():
    for x in ([[1, 2], [3, 4]], np.ones((2, 2), np.float32), np.asfortranarray(batch(2, 2))):
        assert check_gradients(Dense(2), x).passed
    with pytest.raises(ShapeError):
        check_gradients(Sequential([Input((3,)), Dense(2)]), np.ones((2, 2)))


def test_a_layer_of_a_network_can_be_checked_alone():
    net = Sequential([Input((3,)), Dense(4), Tanh()], seed=1)
    kept = net.get_weights()
    assert check_gradients(net.layers[0], batch(2, 3)).passed
    assert check_layer(net.layers[0], (3,)).passed
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), kept, strict=True))


def test_check_layer_lists_every_gradient_and_every_promise():
    report = check_layer(Scale(), (3,))
    assert report.passed, f"\n{report}"
    names = [check.name for check in report.checks]
    assert len(names) == len(set(names))
    for n in (1, 2, 7):
        for mode in ("inference", "training"):
            assert {f"gain, batch of {n}, {mode}", f"input, batch of {n}, {mode}"} <= set(names)
    assert {"output_shape", "message shape", "float32 kept", "strided input", "config round trip"} <= set(names)
    assert "promise" not in str(report)


def test_check_layer_reports_an_argument_that_cannot_be_written_down():
    class Shift(Layer):
        def __init__(self, by):
            self.by = by

        def forward(self, x, training=False):
            return x + self.by.astype(x.dtype)

        def backward(self, error_grad):
            return error_grad

    report = check_layer(Shift(np.ones(5)), (5,))
    assert [check.name for check in report.checks if not check.passed] == ["config round trip"]


def test_check_layer_changes_nothing_and_takes_a_shape_without_batch():
    layer = Dense(2)
    layer(batch(3, 4))
    weights, cache = layer.get_weights(), layer.cache
    assert check_layer(layer, 4).passed
    assert layer.cache is cache
    assert all(np.array_equal(a, b) for a, b in zip(layer.get_weights(), weights, strict=True))
    with pytest.raises(ValueError, match="input_shape"):
        check_layer(Dense(2), (0,))
