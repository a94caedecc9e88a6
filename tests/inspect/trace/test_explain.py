"""Why a gradient is what it is: the printed factors are the numbers, to the last bit where one sample went through."""

import math
import re

import numpy as np
import pytest
from trace_networks import LAYERS, network, samples, tutorial

from minifw import Dense, Input, LeakyReLU, ReLU, Sequential, Sigmoid, Tanh


def messages(explanation):
    """All messages that the paths begin with."""
    return [factor.opened for path in explanation.paths for factor in path.factors if factor.opened]


def close(explanation, relative=1e-12):
    """Whether the sum over the paths is the number, measured by what is summed."""
    size = sum(abs(path.product) for path in explanation.paths)
    return abs(explanation.total - explanation.value) <= relative * max(size, 1e-300)


def printed(explanation):
    """The factors in the printed text, and what stands behind the last equals sign."""
    line = next(line for line in str(explanation).splitlines()[2:] if line.startswith("  = "))
    factors, product = line.removeprefix("  = ").rsplit(" = ", 1)
    return [float(number) for number in factors.split(" × ")], float(product)


def check_bit_for_bit(trace, name, index):
    explanation = trace.explain(name, index)
    factors, product = printed(explanation)
    assert math.prod(factors[1:], start=factors[0]) == product == trace.grads[name][index]
    assert len(explanation.paths) == 1 and explanation.value == trace.grads[name][index]
    for message in messages(explanation):
        assert close(message) and message.value == explanation.factors[0].value


def test_every_weight_and_bias_of_the_tutorial_network_is_its_printed_product_bit_for_bit():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    for name, grad in trace.grads.items():
        for index in np.ndindex(grad.shape):
            check_bit_for_bit(trace, name, index)


@pytest.mark.parametrize("seed", range(10))
def test_weights_of_random_networks_are_their_printed_products_bit_for_bit(seed):
    rng = np.random.default_rng(seed)
    layers = []
    for _ in range(rng.integers(1, 5)):
        kinds = [[], [Sigmoid()], [Tanh()], [LeakyReLU(0.1)], [ReLU()], [Tanh(), LeakyReLU(0.2)]]
        layers += [Dense(int(rng.integers(1, 600))), *kinds[rng.integers(len(kinds))]]
    net = Sequential([Input((int(rng.integers(1, 300)),)), *layers], dtype="float64", seed=seed)
    x, y = samples(net, 1, seed)
    trace = net.jump_back(x, y, "mse")
    for name, grad in trace.grads.items():
        for _ in range(5):
            check_bit_for_bit(trace, name, tuple(int(rng.integers(size)) for size in grad.shape))


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("row", LAYERS)
def test_any_layer_and_any_batch_to_1e12_as_deep_as_the_network_goes(row, n):
    net = network(row)
    trace = net.jump_back(*samples(net, n))
    for name, grad in trace.grads.items():
        for index in {tuple(int(i) for i in np.unravel_index(k, grad.shape)) for k in (0, grad.size // 2, grad.size - 1)}:
            level = [trace.explain(name, index)]
            while level:
                assert all(close(each) for each in level)
                level = list({message.name: message for each in level for message in messages(each)}.values())


def test_float32_is_explained_in_float32():
    net = network("activations", "float32")
    trace = net.jump_back(*samples(net, 1))
    explanation = trace.explain("dense/kernel", (0, 0))
    assert explanation.total == trace.grads["dense/kernel"][0, 0] and explanation.total.dtype == np.float32


def test_an_explanation_reads_as_the_tutorial_does():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    assert str(trace.explain("dense_2/kernel", (3, 1))) == (
        "gradient of W3₄₂, dense_2/kernel[3, 1]: 0.0026473823467579273\n"
        "  = [2 (ŷ - y) / n at O_OL₂] × [σ(z) (1 - σ(z)) at I_OL₂] × O_H2₄\n"
        "  = 0.03327858557627633 × 0.09274241000748505 × 0.8577750935733377 = 0.0026473823467579273\n"
        "    [2 (ŷ - y) / n at O_OL₂] of O_OL₂ = 0.8965571711525526, y₂ = 0.83\n"
        "    [σ(z) (1 - σ(z)) at I_OL₂] of I_OL₂ = 2.1595429807121964\n"
        "\n"
        "y: the target: the truth; ŷ: the prediction: what the last layer gives; z: what went into this layer; "
        "σ: the sigmoid, 1 / (1 + exp(-z)); n: 4, entries of ŷ: 1 of the batch times 4 outputs\n"
        "Names count from 1: W2₃₂. Python's index tuples, in brackets, count from 0: [2, 1]."
    )
    text = str(trace.explain("dense_1/kernel", (2, 1)))
    assert "= error_grad_upto_H2₂ × [σ(z) (1 - σ(z)) at I_H2₂] × O_H1₃\n" in text
    assert "\n\nerror_grad_upto_H2₂: 0.0129309098120635" in text
    assert "+ [2 (ŷ - y) / n at O_OL₂] × [σ(z) (1 - σ(z)) at I_OL₂] × W3₂₂\n" in text
    assert str(trace.explain("dense/bias", 1)).startswith("gradient of B1₂, dense/bias[1]: 0.0045971061588610")


def test_an_explanation_opens_as_deep_as_asked_and_each_message_once():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    opened = [re.findall("^error_grad_upto_H[12].", str(trace.explain("dense/bias", 0, depth)), re.M) for depth in range(4)]
    two = ["error_grad_upto_H1", *["error_grad_upto_H2"] * 5]
    assert [[name[:18] for name in names] for names in opened] == [[], two[:1], two, two]
    assert len(set(opened[3])) == 6


def test_of_many_paths_the_largest_are_printed_and_the_rest_is_summed():
    net = Sequential([Input((3,)), Dense(100), Tanh(), Dense(50), Tanh(), Dense(1)], dtype="float64", seed=1)
    trace = net.jump_back(*samples(net, 1), "mse")
    explanation = trace.explain("dense/kernel", (0, 0))
    block = str(explanation).split("\n\n")[1]
    (message,) = messages(explanation)
    assert block.count("error_grad_upto_H2") == 12 and len(message.paths) == 50
    rest = float(re.search(r"\+ 38 smaller paths, together (.*)", block)[1])
    largest = sorted(message.paths, key=lambda path: abs(path.product))[-12:]
    assert rest == pytest.approx(message.value - sum(path.product for path in largest), rel=1e-2)


def test_a_batch_is_a_sum_over_its_samples():
    net, x, y = tutorial()
    x, y = np.concatenate([x, x / 2]), np.concatenate([y, y / 2])
    explanation = net.jump_back(x, y, "mse").explain("dense_2/kernel", (3, 1))
    assert len(explanation.paths) == 2
    assert "[2 (ŷ - y) / n at O_OL₂ of sample 1] × [σ(z) (1 - σ(z)) at I_OL₂ of sample 1]" in str(explanation)


def test_a_penalty_is_a_path_of_its_own():
    net = Sequential([Input((2,)), Dense(1, kernel_regularizer="l2")], dtype="float64", seed=1)
    trace = net.jump_back(np.ones((1, 2)), np.ones((1, 1)), "mse")
    explanation = trace.explain("dense/kernel", (1, 0))
    assert [len(path.factors) for path in explanation.paths] == [2, 1]
    assert explanation.total == trace.grads["dense/kernel"][1, 0]
    assert "+ [d L2() / d kernel]" in str(explanation)


def test_a_layer_of_ones_own_is_asked_for_its_derivatives():
    net = network("own layers")
    trace = net.jump_back(*samples(net, 2))
    text = str(trace.explain("scale/gain", 1, depth=3))
    assert "∂ scale/gain[1]" in text and "∂ out of swish" in text and "[3 z² at " in text
