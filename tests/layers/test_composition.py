"""Layers made of layers: what flows through shortcuts and branches, forwards and backwards."""

import copy
from pathlib import Path

import numpy as np
import opened
import pytest
from builders import Probe, blocks, by_hand, sequential

from minifw import SGD, Adam, Branches, Chain, Dense, Dropout, Flatten, Residual, Sequential, Sigmoid, Tanh, check_gradients

RNG = np.random.default_rng(0)
X, Y, G = (RNG.normal(size=(12, n)) for n in (5, 2, 2))

KERAS = dict(np.load(Path(__file__).parents[1] / "reference" / "composition.npz"))


# -- the mathematics --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("training", [False, True])
def test_outputs_and_gradients_are_those_of_keras(dtype, tolerance, training):
    net = sequential(*blocks(), dtype=dtype)
    net.packed.params[:] = KERAS["params"]
    y = net.forward(KERAS["x"], training=training)
    message = net.backward(KERAS["error_grad"].astype(dtype), to_input=True)
    for found, name in ((y, "y"), (message, "message"), (net.packed.grads, "grads")):
        assert found.dtype == dtype
        assert np.abs(found - KERAS[name]).max() < tolerance * np.abs(KERAS[name]).max()


def test_a_residual_adds_its_input_and_sends_back_the_sum():
    alone, block = Dense(5), Residual(Dense(5))
    for layer in (alone, block):
        layer(X)
        layer.set_weights([np.arange(25.0).reshape(5, 5) / 10, np.ones(5)])
    assert np.array_equal(block(X, training=True), X + alone(X, training=True))
    assert np.array_equal(block.backward(X), X + alone.backward(X))


def test_branches_join_what_goes_out_and_add_what_comes_back():
    ways = [Dense(3), Chain([Dense(2), Tanh()]), Chain([])]
    joined = Branches(copy.deepcopy(ways))
    for layer in (*ways, joined):
        layer(X)
    for i, way in enumerate(ways):
        way.set_weights(joined.layers[i].get_weights())
    y = joined(X, training=True)
    assert np.array_equal(y, np.hstack([way(X, training=True) for way in ways]))
    parts = [way.backward(part) for way, part in zip(ways, np.split(y, [3, 5], axis=1), strict=True)]
    assert np.array_equal(joined.backward(y.copy()), parts[2] + parts[1] + parts[0])
    assert all(np.array_equal(way.grads.kernel, joined.layers[0].grads.kernel) for way in ways[:1])


def test_a_network_of_blocks_learns_and_fit_gives_the_bits_of_the_loop():
    looped, fitted = sequential(*blocks()), sequential(*blocks())
    by_hand(looped, Adam(0.02), X, Y, 60)
    fitted.compile(Adam(0.02), "mse")
    losses = fitted.fit(X, Y, batch_size=12, epochs=60, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 10
    assert np.array_equal(looped.packed.params, fitted.packed.params)
    assert check_gradients(fitted, X[:4], Y[:4]).passed


# -- hops -------------------------------------------------------------------------------------------------------------


def hops(walk):
    return [layer.name for layer, _ in walk]


def test_opened_a_composite_yields_what_is_inside_and_itself_last():
    joined = Branches([[Dense(3, name="left"), Sigmoid()], Dense(2)])
    net = sequential(Residual([Dense(5, name="in"), Tanh()]), joined, Dense(2))
    forwards = hops(opened.outputs(net, X))
    assert forwards == ["in", "tanh", "residual", "left", "sigmoid", "dense", "branches", "dense"]
    backwards = hops(opened.messages(net, G))
    assert backwards == ["dense", "dense", "sigmoid", "left", "branches", "tanh", "in", "residual"]
    net.forward(X, training=True)
    assert hops(net.messages(G)) == ["dense", "branches", "residual"]
    assert hops(net.outputs(X)) == ["residual", "branches", "dense"]
    assert list(net.activations(X)) == ["residual", "branches", "dense"]


@pytest.mark.parametrize("inside", [False, True])
def test_the_walks_give_the_bits_of_forward_and_backward(inside):
    net = sequential(*blocks())
    y = net.forward(X, training=True)
    message = np.array(net.backward(G, to_input=True))
    grads = net.packed.grads.copy()
    for _ in range(2):  # the first pass is watched, the second runs free
        for _, found in opened.outputs(net, X, training=True, inside=inside):
            kept = found.copy()
        assert np.array_equal(kept, y)
        for _, found in opened.messages(net, G, inside=inside):
            kept = found.copy()
        assert np.array_equal(kept, message) and np.array_equal(net.packed.grads, grads)


# -- messages that nobody wants ---------------------------------------------------------------------------------------


def test_the_first_trained_layers_of_all_ways_skip_their_message():
    left, right, after = Probe(3), Probe(2), Probe(5)
    net = sequential(Residual([Tanh()]), Residual([Branches([left, [Tanh(), right]]), after]), Dense(2))
    by_hand(net, SGD(0.1), X, Y, 2)
    assert (left.asked, right.asked, after.asked) == (False, False, True)
    net.forward(X, training=True)
    assert net.backward(G, to_input=True).shape == X.shape
    assert (left.asked, right.asked) == (True, True) and left.needs_message


def test_gradients_are_the_same_whether_the_message_is_wanted_or_not():
    net = sequential(Branches([Residual(Dense(5)), [Sequential([Dense(2)])], Dense(3, trainable=False)]), Dense(2))
    by_hand(net, SGD(0.0), X, Y, 1)
    net.forward(X, training=True)
    assert net.backward(G) is None
    grads = [net.packed.grads.copy()]
    net.forward(X, training=True)
    net.backward(G, to_input=True)
    assert np.array_equal(grads[0], net.packed.grads)


# -- whose arrays -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda: Residual([Dropout(0.0)]),
        lambda: Residual([Dense(5), Tanh()]),
        lambda: Branches([[], [Flatten()], Dropout(0.0)]),
        lambda: Branches([Dense(5), [Dense(5), Tanh()], [Residual([])]]),
    ],
)
def test_nothing_is_written_into_arrays_of_others(make, training):
    layer = make()
    layer(X)
    x = X.copy()
    x.flags.writeable = False
    inside = [(y, y.copy()) for each, y in opened.outputs(layer, x, training) if each is not layer]
    error_grad = RNG.normal(size=layer(X, training).shape)
    error_grad.flags.writeable = False
    backs = [(message, message.copy()) for each, message in opened.messages(layer, error_grad) if each is not layer]
    assert all(np.array_equal(found, kept) for found, kept in inside + backs)
    assert np.array_equal(x, X)


@pytest.mark.parametrize("make", [lambda: Residual(Dense(5)), lambda: Branches([Dense(2), []])])
def test_what_inference_returns_is_never_overwritten(make):
    layer = make()
    y = layer(X)
    kept = y.copy()
    layer(X + 1)
    layer.backward(layer(X - 1, training=True).copy())
    assert np.array_equal(y, kept) and not np.shares_memory(y, X)
