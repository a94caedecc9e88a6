"""Freezing, thawing and learning rates of one's own: effective at the next step, nothing else disturbed."""

import copy

import numpy as np
import pytest
from builders import by_hand, sequential

from minifw import L2, MaxNorm, MSELoss, NonNeg, Sequential, UsageError, load_model
from minifw.layers import Chain, Dense, Input, Layer, LeakyReLU, Tanh
from minifw.network import tree
from minifw.optimizers import SGD, Adam, RMSprop

X = np.random.default_rng(0).normal(size=(6, 5))
Y = np.random.default_rng(1).normal(size=(6, 2))
OPTIMIZERS = [SGD(0.1), SGD(0.1, momentum=0.9), Adam(0.01), RMSprop(0.01), Adam(0.01, clipnorm=0.1), SGD(0.1, use_ema=True)]


def five_layers(dtype="float64", **dense):
    return sequential(Dense(4, **dense), Tanh(), Dense(3), LeakyReLU(), Dense(2), dtype=dtype)


def train(net, optimizer, steps=1):
    by_hand(net, optimizer, X, Y, steps)


def slot(optimizer, name, entry):
    return optimizer._vectors[name][entry.offset : entry.offset + entry.param.size].copy()


# -- freezing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_a_frozen_layer_keeps_every_bit_and_the_others_go_on(optimizer):
    optimizer = optimizer.from_config(optimizer.config())
    net = five_layers()
    train(net, optimizer, 2)
    frozen = net.layers[2]
    frozen.trainable = False
    before = net.get_weights()
    train(net, optimizer, 3)
    changed = [not np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True)]
    assert changed == [True, True, False, False, True, True]
    frozen.trainable = True
    train(net, optimizer)
    assert not np.array_equal(before[2], frozen.params.kernel)


def test_freezing_and_thawing_leaves_slots_alone():
    net, optimizer = five_layers(), Adam(0.01)
    train(net, optimizer, 3)
    entries = net.params_and_grads().layout
    frozen = [slot(optimizer, "momentum", entry) for entry in entries if entry.name.startswith("dense_1/")]
    net.layers[2].trainable = False
    train(net, optimizer, 2)
    after = [slot(optimizer, "momentum", entry) for entry in entries if entry.name.startswith("dense_1/")]
    assert all(np.array_equal(a, b) for a, b in zip(frozen, after, strict=True))
    net.layers[2].trainable = True
    assert [e.name for e in net.params_and_grads().layout] == [e.name for e in entries]
    train(net, optimizer)
    assert optimizer.iterations == 6


def test_freezing_one_layer_does_not_change_the_bits_of_the_others_update():
    """Layers after a frozen one get the same gradients, so the same slots and the same values."""
    net, other = five_layers(), five_layers()
    first, second = Adam(0.01), Adam(0.01)
    net.layers[0].trainable = False
    other.layers[0].learning_rate_multiplier = 0.0
    train(net, first, 4)
    train(other, second, 4)
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), other.get_weights(), strict=True))


def test_a_flag_takes_effect_in_fit_without_compiling_again():
    net = five_layers()
    net.compile(Adam(0.01), "mse")
    net.fit(X, Y, verbose=0)
    net.layers[0].trainable = False
    before = net.get_weights()
    net.fit(X, Y, verbose=0)
    after = net.get_weights()
    assert np.array_equal(before[0], after[0]) and not np.array_equal(before[2], after[2])
    net.layers[0].trainable = True
    net.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], net.layers[0].params.kernel)


def test_a_wholly_frozen_network_can_be_fitted_and_does_not_move():
    net = five_layers()
    net.trainable = False
    net.compile(Adam(0.01, global_clipnorm=1.0, use_ema=True), "mse")
    before = net.get_weights()
    net.fit(X, Y, verbose=0, epochs=2)
    assert net.params_and_grads() == () and net.params_and_grads().runs == ()
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))


def test_thawing_between_backward_and_step_moves_nothing_by_an_old_gradient():
    net = sequential(Dense(3), Dense(2))
    net.backward(net.forward(X, training=True))
    net.layers[0].trainable = False
    net.backward(net.forward(X, training=True))
    before = net.layers[0].get_weights()
    net.layers[0].trainable = True
    SGD(0.1).step(net.params_and_grads())
    assert all(np.array_equal(a, b) for a, b in zip(before, net.layers[0].get_weights(), strict=True))


def test_frozen_parameters_are_not_decayed_constrained_or_averaged():
    net = five_layers(kernel_constraint=MaxNorm(0.1), kernel_regularizer=L2(1.0))
    net.layers[0].trainable = False
    before = net.layers[0].params.kernel.copy()
    train(net, SGD(0.1, weight_decay=0.1, use_ema=True, ema_overwrite_frequency=1), 3)
    assert np.array_equal(net.layers[0].params.kernel, before)


@pytest.mark.parametrize("make", [lambda: Chain([Dense(3), Chain([Dense(2)])]), lambda: Sequential([Dense(3), Dense(2)])])
def test_setting_a_flag_on_a_composite_writes_through(make):
    block = make()
    net = Sequential([Input((5,)), block])
    block.trainable = False
    assert net.params_and_grads() == ()
    assert not any(layer.trainable for layer in block.layers)
    block.trainable = True
    block.learning_rate_multiplier = 0.5
    assert [run.multiplier for run in net.params_and_grads().runs] == [0.5]
    block.layers[0].learning_rate_multiplier = 2.0
    assert [run.multiplier for run in net.params_and_grads().runs] == [2.0, 0.5]


def test_a_flag_deep_inside_takes_effect_and_without_a_change_nobody_looks_for_one(monkeypatch):
    chain = [Dense(4, "tanh"), Dense(3)]
    for _ in range(20):
        chain = [Chain(chain)]
    net = Sequential([Input((5,)), *chain, Dense(2)], dtype="float64", seed=1)
    first, second = [layer for layer in net._everyone() if isinstance(layer, Dense)][:2]

    def filled():
        net.forward(X, training=True)
        net.packed.grads.fill(np.nan)
        net.backward(Y)
        return [bool(np.isfinite(layer.grads.kernel).all()) for layer in (first, second)]

    assert filled() == [True, True]
    for trainable in (False, True, False, True):
        first.trainable = trainable
        assert filled() == [trainable, True]
    monkeypatch.setattr(Chain, "children", None)
    assert filled() == [True, True]


def test_setting_a_flag_on_dense_reaches_its_activation():
    dense = Dense(3, activation="tanh")
    dense.trainable = False
    assert dense.inner.trainable is False


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sequential([Input((5,)), Dense(3)], trainable=False),
        lambda: Sequential([Input((5,)), Dense(3, trainable=False)]),
        lambda: Sequential([Input((5,)), Chain([Dense(3)], trainable=False)]),
        lambda: Sequential([Input((5,)), Sequential([Dense(3)], trainable=False)]),
    ],
    ids=["network", "layer", "chain", "inner network"],
)
def test_trainable_false_in_a_constructor_freezes(make):
    net = make()
    assert net.params_and_grads() == () and net.count_params() == 18


class Two(Layer):
    """A composite whose constructor begins with the options, as is the habit elsewhere."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.a, self.b = Dense(units), Dense(units, activation="tanh")

    def children(self, input_shape=None):
        return [("a", self.a, input_shape), ("b", self.b, input_shape)]

    def forward(self, x, training=False):
        return self.a.forward(x, training) + self.b.forward(x, training)

    def backward(self, error_grad):
        return self.a.backward(error_grad) + self.b.backward(error_grad)


@pytest.mark.parametrize("around", [lambda layer: layer, lambda layer: Chain([layer]), lambda layer: Sequential([layer])])
def test_a_composite_that_gets_its_layers_after_its_options_freezes_and_comes_back(around, tmp_path):
    two = Two(5, trainable=False)
    net = Sequential([around(copy.deepcopy(two)), Dense(1)], seed=1)
    net.build((5,))
    assert len(net.params_and_grads()) == 2
    net.save(tmp_path / "net")
    assert len(load_model(tmp_path / "net").params_and_grads()) == 2
    two.trainable = False
    two.a.trainable = True
    two.b.inner.learning_rate_multiplier = 0.5
    assert [layer.trainable for layer in tree.walk(Sequential([Chain([two])]))] == [True, True, False, True, False, False]
    net = Sequential([Input((5,)), copy.deepcopy(two), Dense(1)], seed=1)
    net.save(tmp_path / "net")
    flags = [
        [(layer.trainable, layer.learning_rate_multiplier) for layer in tree.walk(each)]
        for each in (net, load_model(tmp_path / "net"))
    ]
    assert flags[0] == flags[1]


def test_flags_set_before_building_and_outside_a_network_hold():
    dense = Dense(3)
    dense.trainable, dense.learning_rate_multiplier = False, 0.5
    net = Sequential([dense, Dense(2)])
    net.build((5,))
    assert [entry.name for entry in net.params_and_grads().layout] == ["dense_1/kernel", "dense_1/bias"]
    dense.trainable = True
    assert [run.multiplier for run in net.params_and_grads().runs] == [0.5, 1.0]


@pytest.mark.parametrize("value", [1, 0, None, "yes", np.array(True)])
def test_trainable_is_true_or_false(value):
    with pytest.raises(TypeError, match="trainable"):
        Dense(3).trainable = value


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, "1", None, True])
def test_a_multiplier_is_a_number_from_0(value):
    dense = Dense(3)
    with pytest.raises((ValueError, TypeError), match="learning_rate_multiplier"):
        dense.learning_rate_multiplier = value
    assert dense.learning_rate_multiplier == 1.0


# -- learning rates of one's own --------------------------------------------------------------------------------------


def test_a_multiplier_scales_the_learning_rate_of_its_layer():
    net, half = five_layers(), five_layers()
    net.layers[0].learning_rate_multiplier = 0.5
    train(net, SGD(0.1))
    train(half, SGD(0.05))
    assert np.array_equal(net.layers[0].params.kernel, half.layers[0].params.kernel)
    full = five_layers()
    train(full, SGD(0.1))
    assert np.array_equal(net.layers[2].params.kernel, full.layers[2].params.kernel)


def test_a_multiplier_of_0_moves_nothing_but_keeps_slots_going():
    net, optimizer = five_layers(), Adam(0.1)
    net.layers[0].learning_rate_multiplier = 0.0
    before = net.layers[0].params.kernel.copy()
    train(net, optimizer, 3)
    assert np.array_equal(net.layers[0].params.kernel, before)
    assert slot(optimizer, "momentum", net.params_and_grads().layout[0]).any()


def test_a_multiplier_scales_decoupled_decay_too():
    net = five_layers()
    net.layers[0].learning_rate_multiplier = 0.5
    before = net.layers[0].params.kernel.copy()
    net.forward(X, training=True)
    net.backward(np.zeros((6, 2)))
    SGD(0.1, weight_decay=0.2).step(net.params_and_grads())
    np.testing.assert_allclose(net.layers[0].params.kernel, before * (1 - 0.1 * 0.5 * 0.2), rtol=1e-14)


def test_clipnorm_is_per_parameter_and_skips_frozen_ones():
    net = five_layers()
    net.layers[2].trainable = False
    before = net.get_weights()
    train(net, SGD(1.0, clipnorm=1e-3))
    for i, (a, b) in enumerate(zip(before, net.get_weights(), strict=True)):
        wanted = 0.0 if i in (2, 3) else 1e-3
        assert np.linalg.norm(a - b) == pytest.approx(wanted, rel=1e-9)


def test_constraints_follow_the_layout():
    net = five_layers(kernel_constraint=NonNeg())
    net.layers[2].trainable = False
    frozen = net.layers[2].params.kernel.copy()
    train(net, SGD(0.1))
    assert (net.layers[0].params.kernel >= 0).all() and (net.layers[4].params.kernel < 0).any()
    assert np.array_equal(net.layers[2].params.kernel, frozen)


# -- pairs ------------------------------------------------------------------------------------------------------------


def test_pairs_are_shaped_as_the_layers_see_them_and_share_their_memory():
    net = five_layers()
    pairs = net.params_and_grads()
    assert isinstance(pairs, tuple)
    assert [p.shape for p, _ in pairs] == [(5, 4), (4,), (4, 3), (3,), (3, 2), (2,)]
    for (param, grad), (_, named_param, named_grad) in zip(pairs, net.named_parameters(), strict=True):
        assert param is named_param or np.shares_memory(param, named_param)
        assert np.shares_memory(grad, named_grad) and param.shape == grad.shape


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_plain_loop_over_the_pairs_is_a_legal_optimizer(dtype):
    net, other = five_layers(dtype), five_layers(dtype)
    loss = MSELoss()
    for _ in range(3):
        loss.forward(Y, net.forward(X, training=True))
        net.backward(loss.backward())
        for param, grad in net.params_and_grads():
            param -= 0.1 * grad
    train(other, SGD(0.1), 3)
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), other.get_weights(), strict=True))


def test_runs_are_as_long_as_flags_allow():
    net = five_layers()
    (run,) = net.params_and_grads().runs
    assert run.offset == 0 and run.param.size == net.packed.params.size and run.multiplier == 1.0
    assert np.shares_memory(run.param, net.packed.params) and np.shares_memory(run.grad, net.packed.grads)
    net.layers[2].trainable = False
    first, last = net.params_and_grads().runs
    assert (first.offset, first.param.size, last.offset, last.param.size) == (0, 24, 39, 8)
    net.layers[2].trainable = True
    net.layers[2].learning_rate_multiplier = 3.0
    assert [run.multiplier for run in net.params_and_grads().runs] == [1.0, 3.0, 1.0]


def test_the_layout_describes_each_pair():
    net = five_layers(kernel_constraint=NonNeg())
    net.layers[0].learning_rate_multiplier = 0.5
    net.layers[2].trainable = False
    pairs = net.params_and_grads()
    found = [(e.name, e.offset, e.param.shape, e.multiplier, e.constraint is not None) for e in pairs.layout]
    assert found == [
        ("dense/kernel", 0, (5, 4), 0.5, True),
        ("dense/bias", 20, (4,), 0.5, False),
        ("dense_2/kernel", 39, (3, 2), 1.0, False),
        ("dense_2/bias", 45, (2,), 1.0, False),
    ]
    assert pairs.size == 47 and pairs.dtype == "float64" and pairs.identity is net.identity
    assert len(list(net.named_parameters())) == 6


def test_pairs_are_made_anew_only_when_a_flag_changes():
    net = five_layers()
    pairs = net.params_and_grads()
    train(net, SGD(0.1))
    assert net.params_and_grads() is pairs
    net.layers[0].learning_rate_multiplier = 2.0
    assert net.params_and_grads() is not pairs


def test_pairs_of_an_unbuilt_network_are_an_error_that_says_how_to_build():
    for ask in (lambda net: net.params_and_grads(), lambda net: list(net.named_parameters())):
        with pytest.raises(UsageError, match="build"):
            ask(Sequential([Dense(3)]))
        with pytest.raises(UsageError, match="build"):
            ask(Sequential())
