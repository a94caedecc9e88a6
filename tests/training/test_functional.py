"""The network as a plain function of one vector."""

import numpy as np
import pytest
from builders import network

from minifw import L2, Adam, Chain, Dense, Dropout, Input, Sequential, ShapeError, Tanh, UsageError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))


def half_trained(dtype="float64"):
    inner = Sequential([Dense(5, activation="tanh"), Dropout(0.3)])
    layers = Dense(3, kernel_regularizer=L2(0.1)), inner, Chain([Tanh()]), Dense(2)
    net = network(*layers, inputs=(4,), optimizer=Adam(0.01), dtype=dtype, seed=3)
    net.fit(X, Y, epochs=2, verbose=0)
    return net


def everything(net):
    rngs = [vars(layer)["rng"].bit_generator.state for layer in net._everyone() if "rng" in vars(layer)]
    return [net.packed.params.copy(), net.packed.grads.copy(), net.packed.state.copy(), str(rngs)]


def same(one, other):
    return all(np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b for a, b in zip(one, other, strict=True))


def test_the_gradient_is_that_of_the_loss_penalty_included():
    net = half_trained()
    flat = net.get_flat()
    _, grad = net.loss_and_grad(flat, X, Y)
    for i in range(0, flat.size, 5):
        step = np.zeros_like(flat)
        step[i] = 1e-6
        rise = net.loss_and_grad(flat + step, X, Y)[0] - net.loss_and_grad(flat - step, X, Y)[0]
        assert abs(rise / 2e-6 - grad[i]) < 1e-7


def test_loss_and_grad_is_a_function_and_leaves_everything_as_it_was():
    net = half_trained()
    before = everything(net)
    flat = RNG.normal(size=net.get_flat().size)
    first, second = net.loss_and_grad(flat, X, Y), net.loss_and_grad(flat, X, Y)
    assert first[0] == second[0] and np.array_equal(first[1], second[1])
    assert same(before, everything(net))
    assert all(layer.cache is None for layer in net._everyone())


def test_loss_and_grad_sees_what_train_on_batch_sees():
    net = half_trained()
    loss, _ = net.loss_and_grad(net.get_flat(), X, Y)
    assert loss == net.train_on_batch(X, Y)


def test_without_training_dropout_rests():
    net = half_trained()
    loss, _ = net.loss_and_grad(net.get_flat(), X, Y, training=False)
    assert loss == net.test_on_batch(X, Y)


def test_weights_count():
    net = half_trained()
    weights = np.array([2.0, 0, 0, 0, 0, 1.0])
    assert net.loss_and_grad(net.get_flat(), X, Y, weights)[0] == net.train_on_batch(X, Y, weights)


def test_frozen_entries_have_gradient_0():
    net = half_trained()
    net.layers[1].trainable = False
    _, grad = net.loss_and_grad(net.get_flat(), X, Y)
    assert not grad[15:35].any()  # the inner network's Dense, 3 to 5
    assert grad[:15].all() and grad[35:].all()


def test_a_failed_call_changes_nothing():
    net = half_trained()
    before = everything(net)
    with pytest.raises(ShapeError, match=r"loss_and_grad wants one value for each parameter, shape \(47,\), got \(46,\)"):
        net.loss_and_grad(np.zeros(46), X, Y)
    with pytest.raises(ShapeError, match=r"set_flat wants"):
        net.set_flat(np.zeros((47, 1)))
    with pytest.raises(ShapeError):
        net.loss_and_grad(np.zeros(47), X, Y[:, :1])
    with pytest.raises(ShapeError):
        net.input_gradient(X, Y[:, :1])
    assert same(before, everything(net))


def test_float32_networks_speak_float64_at_the_door():
    net = half_trained("float32")
    flat = net.get_flat()
    loss, grad = net.loss_and_grad(flat, X, Y)
    assert flat.dtype == grad.dtype == np.float64 and type(loss) is float
    net.set_flat(flat * 2)
    assert np.array_equal(net.packed.params, (flat * 2).astype(np.float32))
    assert net.input_gradient(X, Y).dtype == np.float64


def test_what_comes_out_is_a_copy():
    net = half_trained()
    flat = net.get_flat()
    flat[:] = 7.0
    assert not (net.packed.params == 7.0).any()


def test_parameters_beyond_float32_give_an_infinite_loss_in_silence():
    net = Sequential([Input((1,)), Dense(1)])
    net.compile(loss="mse")
    assert net.loss_and_grad([1e300, 0.0], [[1.0]], [[0.0]])[0] == np.inf


def test_input_gradient_is_the_slope_towards_the_input():
    net = half_trained()
    before = everything(net)
    found = net.input_gradient(X, Y)
    for i in range(4):
        step = np.zeros_like(X)
        step[2, i] = 1e-6
        rise = ((net.predict(X + step, verbose=0) - net.predict(X - step, verbose=0)) * Y).sum()
        assert abs(rise / 2e-6 - found[2, i]) < 1e-7
    assert same(before, everything(net))


def test_two_networks_in_a_row_give_the_gradient_of_one():
    first, second = Sequential([Dense(3), Tanh()], dtype="float64", seed=1), Sequential([Dense(2)], dtype="float64", seed=2)
    message = second.input_gradient(first.predict(X, verbose=0), Y)
    both = Sequential([first, second], dtype="float64")
    both.build((4,))
    assert np.allclose(first.input_gradient(X, message), both.input_gradient(X, Y), rtol=1e-13)


def test_it_needs_a_built_network_with_a_loss():
    net = Sequential([Dense(1)])
    with pytest.raises(UsageError, match=r"loss_and_grad needs compile"):
        net.loss_and_grad([1.0], X, Y)
    net.compile(loss="mse")
    for call in (net.get_flat, lambda: net.set_flat([1.0]), lambda: net.loss_and_grad([1.0], X, Y)):
        with pytest.raises(UsageError, match="has no weights yet"):
            call()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1e30, 1e160, 1e300])
def test_huge_parameters_are_silent_and_their_loss_is_infinite_rather_than_nan(dtype, size):
    net = Sequential([Input((2,)), Dense(3), Dense(1)], dtype=dtype)
    net.compile(loss="mse")
    flat = np.resize([size, -size, size], 13)
    loss, _ = net.loss_and_grad(flat, [[1.0, 1.0]], [[0.0]])
    assert loss == np.inf or (dtype == "float64" and loss > 1e100)
    net.set_flat(flat)
    assert net.input_gradient([[1.0, 1.0]], [[1e300]]).shape == (1, 2)
    assert np.isnan(net.loss_and_grad(flat, [[np.nan, 1.0]], [[0.0]])[0])
    assert np.isnan(net.loss_and_grad(flat * np.nan, [[1.0, 1.0]], [[0.0]])[0])
