"""What a second reading of the core found, each once."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from builders import sequential

from minifw import (
    SGD,
    Adam,
    ArgumentValueError,
    BatchNormalization,
    Chain,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    MSELoss,
    Reshape,
    RMSprop,
    Sequential,
    ShapeError,
    Sigmoid,
    Softmax,
    check_layer,
)

X = np.random.default_rng(0).normal(size=(8, 5))
Y = np.random.default_rng(1).normal(size=(8, 2))


def trainable(net):
    return [layer.trainable for layer in net.layers]


def test_a_configuration_keeps_the_flags_inside_a_container():
    base = sequential(Dense(3), Dense(2))
    base.trainable = False
    base.layers[-1].trainable = True
    base.layers[0].learning_rate_multiplier = 0.5
    for net in (Sequential.from_config(base.config()), Sequential.from_config(sequential(base).config()).layers[0]):
        assert trainable(net) == [False, True]
        assert [layer.learning_rate_multiplier for layer in net.layers] == [0.5, 1.0]


def test_a_configuration_of_nested_networks_starts_from_the_outer_seed():
    config = sequential(Sequential([Dense(3), Dropout(0.5)]), Dense(2)).config()
    one, other = Sequential.from_config(config), Sequential.from_config(config)
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_a_loss_that_inherits_from_mse_is_used_at_every_size():
    class Half(MSELoss):
        def values(self, y_true, y_pred):
            return super().values(y_true, y_pred) / 2

        def slopes(self, y_true, y_pred):
            return super().slopes(y_true, y_pred) / 2

    for n in (4, 100, 4000):
        loss, whole = Half(), MSELoss()
        y_true, y_pred = np.zeros((n, 2)), np.ones((n, 2))
        assert loss.forward(y_true, y_pred) == whole.forward(y_true, y_pred) / 2
        assert np.allclose(loss.backward(), whole.backward() / 2, rtol=1e-15)


def test_thawing_between_backward_and_step_moves_nothing_by_an_old_gradient():
    net = sequential(Dense(3), Dense(2))
    net.backward(net.forward(X, training=True))
    net.layers[0].trainable = False
    net.backward(net.forward(X, training=True))
    before = net.layers[0].get_weights()
    net.layers[0].trainable = True
    SGD(0.1).step(net.params_and_grads())
    assert all(np.array_equal(a, b) for a, b in zip(before, net.layers[0].get_weights(), strict=True))


def test_a_wrong_message_is_found_after_predictions_too():
    class Wrong(Layer):
        def forward(self, x, training=False):
            return x

        def backward(self, error_grad):
            return error_grad[:, :1]

    net = sequential(Wrong(), Dense(2))
    net.predict(X)
    net.predict(X)
    net.backward(net.forward(X), to_input=True)  # nothing is known of that forward, so the check waits
    y = net.forward(X, training=True)
    with pytest.raises(ShapeError, match=r"layer 0, wrong \(Wrong\): .* returned shape \(8, 1\), expected \(8, 5\)"):
        net.backward(y, to_input=True)


def test_layers_that_are_dataclasses_work():
    @dataclasses.dataclass
    class Gain(Layer):
        factor: float = 2.0

        def forward(self, x, training=False):
            return self.factor * x

        def backward(self, error_grad):
            return self.factor * error_grad

    net = sequential(Gain(), Gain(), Dense(2))
    net.compile("sgd", "mse")
    net.train_on_batch(X, Y)
    assert [name for name, _, _ in net.named_parameters()] == ["dense/kernel", "dense/bias"]
    assert check_layer(Gain(3.0), (5,)).passed


def test_options_of_an_optimizer_that_change_later_do_not_tear_its_state():
    optimizer, w = RMSprop(0.1), np.ones(3)
    optimizer.step([(w, np.ones(3))])
    vars(optimizer)["momentum"] = 0.9
    optimizer.step([(w, np.ones(3))])
    assert np.isfinite(w).all()


def test_a_construction_that_failed_lets_its_layers_go():
    layer = Dense(3)
    with pytest.raises(ShapeError) as kept:
        sequential(layer, Softmax(axis=7))
    assert kept.value.__traceback__ is not None
    assert sequential(layer).layers == (layer,)


def test_names_inside_a_chain_differ_when_it_comes_into_a_network():
    chain = Chain([Dense(2), Dense(2)])
    chain.layers[0].name = "dense_1"
    names = [name for name, _, _ in sequential(chain).named_parameters()]
    assert names[::2] == ["chain/dense_1/kernel", "chain/dense/kernel"]
    chain = Chain([Dense(2, name="a"), Dense(2)])
    chain.layers[1].name = "a"
    with pytest.raises(ArgumentValueError, match="two layers are named 'a'"):
        sequential(chain)


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


def test_copies_of_a_loss_leave_the_batch_behind():
    for loss in (MSELoss(), MSELoss(reduction="sum")):
        loss.forward(np.zeros((500, 2)), np.ones((500, 2)))
        assert len(pickle.dumps(loss)) < 1000


def test_train_on_batch_lets_the_batch_go():
    net = sequential(Dense(3), Sigmoid(), Dense(2))
    net.compile("sgd", "mse")
    net.train_on_batch(X, Y)
    assert all(layer.cache is None for layer in net.layers)


@pytest.mark.parametrize("verbose", [False, True])
def test_verbose_may_be_a_truth_value(verbose, capsys):
    net = sequential(Dense(2))
    net.compile("sgd", "mse")
    net.fit(X, Y, verbose=verbose)
    assert bool(capsys.readouterr().out) is verbose


def test_the_slope_of_a_sigmoid_is_the_same_in_both_modes():
    x, layer = np.linspace(-30, 30, 61, dtype=np.float32)[np.newaxis], Sigmoid()
    slopes = []
    for training in (False, True):
        layer(x, training=training)
        slopes.append(layer.backward(np.ones_like(x)).copy())
    assert np.array_equal(*slopes)
    assert np.allclose(slopes[0], 1 / (4 * np.cosh(x.astype(float) / 2) ** 2), rtol=1e-6)


def test_an_empty_window_of_a_built_layer_says_so():
    net = sequential(Sigmoid())
    with pytest.raises(AttributeError, match=r"build\(\) declared none"):
        _ = net.layers[0].params.kernel
    with pytest.raises(AttributeError, match="not built"):
        _ = Dense(2).params.kernel


def test_a_copied_compiled_network_goes_on_with_its_own_optimizer():
    net = sequential(Dense(3), Dense(2))
    net.compile(Adam(0.01), "mse")
    net.train_on_batch(X, Y)
    twin = copy.deepcopy(net)
    assert net.train_on_batch(X, Y) == twin.train_on_batch(X, Y)
    assert np.array_equal(net.packed.params, twin.packed.params)


def test_a_chain_that_outlives_its_network_still_passes_messages_through_networks_inside():
    for leave in ("pop", "del"):
        chain = Chain([Sequential([Input((5,)), Dense(3)], dtype="float64", seed=1), Dense(2)])
        net = sequential(chain)
        if leave == "pop":
            assert net.pop() is chain
        del net
        y = chain(X, training=True)
        message = chain.backward(np.ones_like(y))
        assert message is not None and message.shape == X.shape


@pytest.mark.parametrize(
    "layers", [[Dropout(0.5)], [Flatten()], [Dropout(0.5), Reshape((2, 2))], [Sequential([Dropout(0.5)]), Flatten()]]
)
def test_what_a_network_returns_is_never_the_callers_own_x(layers):
    net, x = Sequential([Input((4,)), *layers], dtype="float64"), np.ones((3, 4))
    calls = net.forward, net, lambda x: net.activations(x)[layers[-1].name], lambda x: list(net.outputs(x))[-1][1]
    for call in calls:
        call(x)[:] = 7.0
        assert (x == 1.0).all()


def test_gradients_of_ours_that_overflow_are_not_taken_for_forgotten():
    net = Sequential([Input((2,)), BatchNormalization(), Dense(1)], dtype="float64", seed=1)
    with np.errstate(all="ignore"):
        net.forward(np.array([[np.inf, 1.0], [1.0, 2.0]]), training=True)
        net.backward(np.ones((2, 1)))
    assert np.isnan(net.layers[0].grads.gamma).any()
