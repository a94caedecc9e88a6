"""The health table tells the sick layers from the well ones, and touches none."""

import copy

import numpy as np
import pytest
from builders import network

from minifw import SGD, Chain, Constant, Dense, Input, PReLU, Residual, Sequential, ShapeError, Sigmoid, UsageError
from minifw.inspect.health import HEADERS

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


def test_the_step_of_a_learned_slope_is_that_of_training():
    net = network(Dense(8), PReLU(), Dense(2), inputs=(4,))
    twin = copy.deepcopy(net)
    twin.train_on_batch(X, Y)
    assert np.isclose(net.health(X, Y)["p_re_lu"].update, np.sqrt(np.mean(twin.layers[1].get_weights()[0] ** 2)))


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
    assert [line.split()[0] for line in lines[2:7]] == ["dense", "dense/activation", "dense_1", "sigmoid", "last"]
    assert max(map(len, lines)) <= 100


def test_under_the_table_stands_what_the_columns_mean():
    legend = str(four_layers().health(X, Y)).split("last ")[1]
    assert all(f"{column}" in legend for column in HEADERS[2:])


def verdict(*layers, optimizer="adam"):
    return network(*layers, inputs=(4,), optimizer=optimizer).health(X, Y).verdict


def test_a_healthy_network_is_called_so_in_the_first_line():
    report = four_layers().health(X, Y)
    assert report.verdict == "healthy" and str(report).splitlines()[0] == f"loss {report.loss:.6g}, healthy"
    net = four_layers()
    net.fit(X, Y, epochs=100, verbose=0)
    assert net.health(X, Y).verdict == "healthy"


def test_the_verdict_names_what_ails_which_layer_causes_first():
    dead = verdict(Dense(8, activation="relu", bias_initializer=Constant(-99.0)), Dense(2))
    assert dead == "2 of 3 layers: 100 % of dense/activation's units are dead; dense stands still (update/weights 0)"
    flat = verdict(Dense(8, bias_initializer=Constant(50.0)), Sigmoid(), Dense(2))
    assert flat.startswith("2 of 3 layers: 100 % of sigmoid is saturated; ")
    jumps = verdict(Dense(8, activation="tanh"), Dense(2), optimizer=SGD(99.0))
    assert jumps.startswith("2 of 3 layers: dense jumps (update/weights ")
    deep = verdict(*(Dense(8, activation="sigmoid") for _ in range(9)), Dense(2))
    assert "of 19 layers: the message of dense is " in deep and deep.count("of the last layer's") in (2, 3)
    loud = verdict(Dense(8), *(Dense(8, kernel_initializer=Constant(9.0)) for _ in range(4)), Dense(2), optimizer=SGD(1e-9))
    assert "the message of dense is " in loud and "e+0" in loud
    endless = verdict(Dense(8, activation="relu", kernel_initializer=Constant(1e308)), Dense(2))
    assert "dense holds numbers that are not finite" in endless


def test_parameters_that_begin_at_0_may_move():
    assert verdict(Dense(8), PReLU(alpha_initializer=Constant(1e-6)), Dense(2), optimizer=SGD(0.01)) == "healthy"


def test_a_last_layer_may_be_sure():
    sure = verdict(Dense(8, activation="tanh"), Dense(2, bias_initializer=Constant(9.0)), Sigmoid())
    assert sure == "healthy"


def test_a_long_verdict_is_cut_after_three():
    dead = [Dense(8, activation="relu", bias_initializer=Constant(-99.0)) for _ in range(4)]
    assert verdict(*dead, Dense(2)).endswith("; and 5 more")


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
