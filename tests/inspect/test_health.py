"""The health table tells the sick layers from the well ones, and touches none."""

import copy

import numpy as np
import pytest
from builders import network

from minifw import Chain, Constant, Dense, Input, Residual, Sequential, ShapeError, Sigmoid, UsageError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)), RNG.normal(size=(50, 2))


def four_layers(**options):
    layers = Dense(8, activation="relu", **options), Dense(6), Sigmoid(), Dense(2, name="last")
    return network(*layers, inputs=(4,))


def test_dead_units_are_counted():
    assert four_layers(bias_initializer=Constant(-99.0)).health(X, Y)["dense/activation"].dead == 1.0
    assert four_layers(bias_initializer=Constant(99.0)).health(X, Y)["dense/activation"].dead == 0.0


def test_saturated_units_are_counted():
    net = four_layers()
    assert net.health(X, Y)["sigmoid"].saturated == 0.0
    net.get_layer("dense_1").params.bias = np.full(6, 50.0)
    assert net.health(X, Y)["sigmoid"].saturated == 1.0


def test_sizes_are_those_of_one_step():
    net = four_layers()
    twin = copy.deepcopy(net)
    report = net.health(X, Y)
    before = twin.get_layer("last").get_weights()
    assert report.loss == twin.train_on_batch(X, Y)
    change = np.concatenate(
        [(new - old).ravel() for new, old in zip(twin.get_layer("last").get_weights(), before, strict=True)]
    )
    row = report["last"]
    assert np.isclose(row.update, np.sqrt(np.mean(change**2)))
    assert np.isclose(row.ratio, row.update / row.weights)
    assert np.isclose(row.activation, np.sqrt(np.mean(net.predict(X, verbose=0) ** 2)))
    assert row.units == 2 and row.dead is None


def test_a_frozen_layer_has_no_update():
    net = four_layers()
    net.get_layer("last").trainable = False
    assert net.health(X, Y)["last"].update is None


def test_the_network_stays_as_it_is():
    net = four_layers()
    net.fit(X, Y, verbose=0)
    kept, slots = net.packed.params.copy(), net.optimizer.iterations
    grads = net.packed.grads.copy()
    net.health(X, Y)
    assert np.array_equal(kept, net.packed.params) and np.array_equal(grads, net.packed.grads)
    assert net.optimizer.iterations == slots


def test_the_table_has_a_row_for_each_layer_and_fits_a_screen():
    lines = str(four_layers().health(X, Y)).splitlines()
    assert lines[0].startswith("loss ")
    assert lines[1].split()[:4] == ["layer", "units", "dead", "saturated"]
    assert [line.split()[0] for line in lines[2:]] == ["dense", "dense/activation", "dense_1", "sigmoid", "last"]
    assert max(map(len, lines)) <= 100


def test_a_diverged_network_is_shown_without_a_warning():
    net = four_layers()
    net.set_flat(np.full_like(net.get_flat(), 1e200))
    assert not np.isfinite(net.health(X, Y).loss)


def test_no_samples_show_nothing():
    with pytest.raises(ShapeError, match="health: got 0 samples"):
        four_layers().health(X[:0], Y[:0])


def test_health_needs_a_loss():
    with pytest.raises(UsageError, match=r"health needs compile"):
        Sequential([Dense(1)]).health(X, Y)


@pytest.mark.parametrize("layers", [[Chain()], [Chain(), Chain()], [Sequential()]])
def test_a_network_in_which_nothing_happens_has_no_rows(layers):
    net = Sequential([Input((4,)), *layers], dtype="float64")
    net.compile("sgd", "mse")
    report = net.health(X, np.zeros_like(X))
    assert (report.layers, report.loss) == ([], np.mean(X**2))


def test_an_empty_chain_has_no_row_of_its_own():
    net = Sequential([Input((4,)), Chain(), Dense(3), Residual([Chain()])], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    assert [layer.name for layer in net.health(X, np.zeros((50, 3))).layers] == ["dense", "residual"]
