"""The backward pass as jumps: what each one holds, and that looking changes nothing."""

import copy
from itertools import pairwise

import numpy as np
import pytest
from trace_networks import LAYERS, Swish, network, samples, tutorial

from minifw import Adam, ArgumentValueError, MSELoss, Sequential, SparseCategoricalCrossentropyLoss, UsageError
from minifw.inspect.trace.jumps import upto
from minifw.inspect.trace.notation import COUNTING
from minifw.layers import BatchNormalization, Chain, Dense, Dropout, Input, LeakyReLU, ReLU, Residual, Sigmoid, Softmax

UPTO_H2 = [0.005998197130252618, 0.012930909812063523, 0.01724639182365089, 0.034526690254704985, 0.03090085578956585]
GRADIENT_OF_B3 = [0.04341894216148559, 0.0030863362279841986, 0.00018656659651952083, 0.005901268328817842]


def gradients(net, x, y, loss):
    """What a training step would have found, on a copy."""
    net, loss = copy.deepcopy(net), copy.deepcopy(loss)
    value = loss.forward(y, net.forward(x, training=True)) + net.penalty()
    net.backward(loss.backward())
    return value, {name: grad.copy() for name, _, grad in net.named_parameters()}


def test_the_tutorial_network_jumps_as_the_tutorial_does():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    assert [jump.kind for jump in trace] == ["loss", *["activation", "weights"] * 3]
    assert [jump.name for jump in trace][1:] == [layer.name for layer in reversed(net.layers)]
    assert [jump.index for jump in trace] == [None, 5, 4, 3, 2, 1, 0]
    assert [jump.number for jump in trace] == [0, 0, 3, 0, 2, 0, 1]
    texts = ["2 (ŷ - y) / n", "σ(z) (1 - σ(z))", "kernelᵀ", "σ(z) (1 - σ(z))", "kernelᵀ", "1 if z > 0 else 0.1", "kernelᵀ"]
    assert [jump.factor_text for jump in trace] == texts
    assert [jump.factor is None for jump in trace] == [False, False, True, False, True, False, True]
    np.testing.assert_allclose(trace["error_grad_upto_H2"][0], UPTO_H2, rtol=0, atol=1e-12)
    np.testing.assert_allclose(trace.grads["dense_2/bias"], GRADIENT_OF_B3, rtol=0, atol=1e-12)
    assert trace.loss == pytest.approx(0.1059625955371147, abs=1e-15)


def test_layers_and_losses_say_their_factor_in_words_or_are_named():
    class Own(MSELoss, registered=False):
        factor_text = ""

    texts = [SparseCategoricalCrossentropyLoss(from_logits=True), SparseCategoricalCrossentropyLoss(), Own()]
    net = Sequential([Input((2,)), Dense(3), Swish(), ReLU(6, threshold=1), Softmax()], seed=1)
    found = [net.jump_back(np.ones((1, 2)), y, loss) for loss, y in zip(texts, ([0], [0], np.ones((1, 3))), strict=True)]
    assert [trace[0].factor_text for trace in found] == [
        "(softmax(ŷ) - onehot(y)) / n",
        "(1 / Σ ŷ - onehot(y) / ŷ) / n",
        "Own.backward",
    ]
    own = ["s (g - Σ g s), s = softmax(z)", "(1 if z > 1 else 0), 0 from 6 on", "Swish.backward", "kernelᵀ"]
    assert [jump.factor_text for jump in found[0][1:]] == own


def test_every_place_has_the_tutorials_name():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    first = [jump.place_in for jump in trace]
    assert first == ["O_OL", "I_OL", "O_H2", "I_H2", "O_H1", "I_H1", "x"]
    activations = [x, *net.activations(x).values()]
    for name, wanted in zip(["x", "I_H1", "O_H1", "I_H2", "O_H2", "I_OL", "O_OL"], activations, strict=True):
        np.testing.assert_allclose(trace[name], wanted, rtol=1e-15)
    for name in ("x", "H1", "H2", "OL"):
        assert trace[f"error_grad_upto_{name}"].shape == trace["x" if name == "x" else f"O_{name}"].shape
    assert np.array_equal(trace["ŷ"], trace["O_OL"]) and np.array_equal(trace["y"], y)


@pytest.mark.parametrize("row", LAYERS)
def test_a_name_stands_for_one_place(row):
    net = network(row)
    trace = net.jump_back(*samples(net, 3))
    outside = [jump for jump in trace.forward if not jump.inside]
    for jump, following in pairwise(outside):
        assert jump.place_out == following.place_in
    places = ["x", *[jump.place_out for jump in outside]]
    assert len(set(places)) == len(places)
    for jump in outside:
        found = {jump.place_in: jump.input, jump.place_out: jump.output, upto(jump.place_in): jump.message_out}
        assert all(np.array_equal(trace[name], array) for name, array in found.items() if name in trace.names)


@pytest.mark.parametrize("row", [row for row in LAYERS if row != "words"])
def test_what_arrives_at_x_is_the_slope_of_the_loss(row):
    net = network(row)
    x, y = samples(net, 3)
    step = 1e-6 * np.eye(x.size).reshape(-1, *x.shape)
    up, down = ([gradients(net, x + sign * one, y, net.loss)[0] for one in step] for sign in (1, -1))
    slopes = np.subtract(up, down).reshape(x.shape) / 2e-6
    np.testing.assert_allclose(net.jump_back(x, y)["error_grad_upto_x"], slopes, rtol=1e-6, atol=1e-8)


def test_at_the_weights_what_one_holds_is_the_gradient_of_the_bias():
    net, x, y = tutorial()
    for jump in net.jump_back(x, y, "mse"):
        if jump.kind == "weights":
            assert np.array_equal(jump.message_in[0], jump.grads["bias"])
            assert np.array_equal(jump.input.T * jump.message_in, jump.grads["kernel"])
            np.testing.assert_allclose(jump.message_in @ jump.params["kernel"].T, jump.message_out, rtol=1e-12)
        elif jump.kind == "activation":
            assert np.array_equal(jump.message_in * jump.factor, jump.message_out)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("row", LAYERS)
def test_the_gradients_are_those_of_a_training_step(row, n, dtype):
    net = network(row, dtype)
    x, y = samples(net, n)
    value, wanted = gradients(net, x, y, net.loss)
    trace = net.jump_back(x, y)
    assert trace.loss == value and trace.grads.keys() == wanted.keys()
    assert all(np.array_equal(trace.grads[name], grad) for name, grad in wanted.items())
    for jump in trace:
        if jump.behind is not None:
            assert np.array_equal(jump.message_in, jump.behind.message_out)
        if jump.source is not None:
            assert np.array_equal(jump.input, jump.source.output)
        if jump.factor is not None and jump.kind != "loss":
            assert np.array_equal(jump.message_in * jump.factor, jump.message_out)


def bits(cache):
    """All arrays in a cache, as bytes."""
    if isinstance(cache, np.ndarray):
        return [cache.tobytes()]
    parts = cache if isinstance(cache, (tuple, list)) else getattr(cache, "arrays", ())
    return [each for part in parts for each in bits(part)]


@pytest.mark.parametrize("row", LAYERS)
def test_looking_changes_nothing(row):
    net = network(row)
    x, y = samples(net, 4)
    net.fit(x, y, epochs=2, batch_size=2, verbose=0)
    net.forward(x, training=True)
    twin = copy.deepcopy(net)
    caches = [(layer, layer.cache, bits(layer.cache)) for layer in net._everyone()]
    trace = net.jump_back(x, y)
    str(trace), trace.next(), [str(trace.explain(name, (0,) * grad.ndim)) for name, grad in trace.grads.items()]
    for layer, cache, kept in caches:
        assert layer.cache is cache and bits(cache) == kept
        assert not {"messages", "outputs"} & vars(layer).keys()
    for name in ("params", "grads", "state"):
        assert np.array_equal(getattr(net.packed, name), getattr(twin.packed, name), equal_nan=True)
    net.backward(np.ones_like(y))  # the forward of before is still fresh
    for each in (net, twin):
        each.fit(x, y, epochs=2, batch_size=2, verbose=0)
    assert np.array_equal(net.packed.params, twin.packed.params)
    slots = net.optimizer._vectors, twin.optimizer._vectors
    assert all(np.array_equal(slots[0][name], slots[1][name]) for name in slots[0])


def test_an_unbuilt_network_stays_unbuilt_and_starts_where_it_would():
    net = Sequential([Dense(3), Sigmoid(), Dense(2)], seed=1)
    trace = net.jump_back(np.ones((1, 4)), np.ones((1, 2)), MSELoss)
    assert net.packed is None
    net.build((4,))
    assert np.array_equal(trace[-1].params["kernel"], net.layers[0].params.kernel)


def test_what_a_trace_holds_is_its_own():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    kept = copy.deepcopy([jump.message_out for jump in trace]), copy.deepcopy(trace.grads)
    net.compile(Adam(0.1), "mse")
    net.fit(x, y, verbose=0)
    trace.explain("dense/kernel", (0, 0), depth=3)
    x[:] = 0
    assert all(np.array_equal(a, jump.message_out) for a, jump in zip(kept[0], trace, strict=True))
    assert all(np.array_equal(trace.grads[name], grad) for name, grad in kept[1].items())
    assert trace["x"].any()


def test_dropout_shows_the_mask_of_the_next_training_step():
    net = Sequential([Input((5,)), Dense(64), Dropout(0.5), Dense(2)], seed=1)
    jump = net.jump_back(np.ones((1, 5)), np.ones((1, 2)), "mse")[2]
    assert jump.kind == "Dropout" and set(np.unique(jump.factor)) == {0, 2}
    net.forward(np.ones((1, 5)), training=True)
    assert np.array_equal(net.layers[1].cache, jump.factor)


def test_a_jump_prints_what_is_held_before_and_after():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    assert repr(trace[2]) == (
        "Over the weights of dense_2: kernelᵀ\n"
        "  you hold                             (1, 4)  0.043419 0.0030863 0.00018657 0.0059013\n"
        "  leaves the gradient of W3            (5, 4)  0.040272 0.0028627 0.00017305 0.0054736 0.037805 0.0026873 …\n"
        "  leaves the gradient of B3              (4,)  0.043419 0.0030863 0.00018657 0.0059013\n"
        "  error_grad_upto_H2                   (1, 5)  0.0059982 0.012931 0.017246 0.034527 0.030901"
    )


def test_stepping():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    with pytest.raises(UsageError, match=r"no jump before the first one; trace\.next\(\)"):
        trace.back()
    assert [trace.next() for _ in trace] == list(trace) == list(trace.jumps)
    with pytest.raises(UsageError, match=r"the last of 7 jumps; trace\.back\(\)"):
        trace.next()
    assert trace.back() is trace[5] and trace.back() is trace[-3] and trace.next() is trace[5]
    assert trace[1:3] == trace.jumps[1:3] and len(trace) == 7


def test_errors_say_what_there_is():
    net, x, y = tutorial()
    with pytest.raises(UsageError, match=r"jump_back needs a loss: jump_back\(x, y, loss='mse'\)"):
        net.jump_back(x, y)
    trace = net.jump_back(x, y, "mse")
    with pytest.raises(ArgumentValueError, match=r"no array 'error_grad_upto_h2'; did you mean 'error_grad_upto_H2'"):
        trace["error_grad_upto_h2"]
    with pytest.raises(ArgumentValueError, match=r"no parameter 'dense_9/kernel'.*there are dense_2/kernel"):
        trace.explain("dense_9/kernel", (0, 0))
    for index in ((3, 5), (5, 0), (0,), 0, (-1, 0)):
        with pytest.raises(ArgumentValueError, match=r"dense_2/kernel has shape \(5, 4\), so it has no entry"):
            trace.explain("dense_2/kernel", index)
    with pytest.raises(IndexError):
        trace[7]


@pytest.mark.parametrize("row", LAYERS)
def test_the_table_fits_100_columns(row):
    net = network(row)
    trace = net.jump_back(*samples(net, 3))
    lines = str(trace).splitlines()
    assert max(map(len, lines)) <= 100
    assert lines.index("") == 2 + len(trace) + sum(len(jump.grads) for jump in trace)
    assert "loss of" in lines[0] and lines[2].startswith("  0 ")


def test_the_table_says_what_each_jump_sends_back():
    net, x, y = tutorial()
    text = str(net.jump_back(x, y, "mse"))
    assert "4 dense_1, weights         @ kernelᵀ: error_grad_upto_H1  (1, 3)" in text
    assert "⊙ σ(z) (1 - σ(z))" in text
    assert "\nn: 4, entries of ŷ: 1 of the batch times 4 outputs\n" in text and text.endswith(COUNTING)
    assert "gradient of W2                 (3, 5)" in text


def test_the_table_tells_the_parameters_of_a_layer_deep_inside_apart():
    block = Residual([Chain([Dense(3, name="a_rather_long_name"), BatchNormalization(name="another_rather_long_name")])])
    net = Sequential([Input((3,)), block, Dense(2)], dtype="float64", seed=1)
    lines = str(net.jump_back(np.ones((2, 3)), np.ones((2, 2)), "mse")).splitlines()
    named = [line[:60].strip() for line in lines if "gradient of" in line]
    ends = "kernel", "bias", "gamma", "beta", "W1", "B1"
    assert len(named) == len(set(named)) == 6 and all(line.endswith(ends) for line in named)


def test_numbers_that_are_none_are_shown_without_a_warning():
    net = Sequential([Input((3,)), Dense(2, kernel_initializer="ones"), LeakyReLU(0.1)], dtype="float64")
    x = np.full((1, 3), 1e308)
    trace = net.jump_back(x, np.zeros((1, 2)), "mse")
    assert "inf" in str(trace) or "nan" in str(trace)
    assert "inf" in str(trace.explain("dense/kernel", (0, 0), depth=2))
