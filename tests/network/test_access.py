"""Weights are read under Keras' names: as views onto the network's vector."""

import copy

import numpy as np
import pytest

from minifw import (
    BatchNormalization,
    Conv1D,
    Dense,
    Embedding,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    Param,
    PReLU,
    Sequential,
    UsageError,
)
from minifw.errors import UndeclaredError


class Scale(Layer):
    def build(self, input_shape):
        self.built = True  # as Keras' layers do
        return {"gain": Param(input_shape, "ones"), "weights": Param(input_shape), "calls": Param((1,), trainable=False)}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain, self.grads.weights = (error_grad * self.cache).sum(axis=0), 0 * self.params.weights
        return error_grad * self.params.gain


@pytest.fixture
def net():
    return Sequential([Input((4,)), Dense(3), BatchNormalization(), Dense(2, trainable=False)], dtype="float64", seed=1)


def test_an_array_is_read_by_its_name_and_is_a_view_onto_the_network(net):
    dense, norm, _ = net.layers
    assert dense.kernel is dense.params.kernel and norm.moving_variance is norm.state.moving_variance
    dense.kernel[...] = 7.0
    dense.bias -= 2.0
    assert (net.packed.params[:15] == [7.0] * 12 + [-2.0] * 3).all()
    twin = copy.deepcopy(net)
    twin.layers[0].kernel[...] = 0.0
    assert dense.kernel.min() == 7.0 and np.shares_memory(twin.layers[0].kernel, twin.packed.params)


@pytest.mark.parametrize(
    ("layer", "shape", "names"),
    [
        (Conv1D(2, 3), (5, 4), "kernel bias"),
        (Embedding(5, 3), (2,), "embeddings"),
        (LayerNormalization(), (4,), "gamma beta"),
        (PReLU(), (4,), "alpha"),
        (Scale(), (4,), "gain calls"),
    ],
)
def test_every_class_shows_what_it_declares(layer, shape, names):
    layer(np.ones((2, *shape), int if isinstance(layer, Embedding) else float))
    for name in names.split():
        assert getattr(layer, name) is {**vars(layer.params), **vars(layer.state)}[name]


def test_lists_are_in_the_order_of_get_weights_and_know_what_is_trained(net):
    names = [entry.name for entry in net.entries()]
    assert [id(array) for array in net.weights] == [id(array) for array in net.variables]
    assert all(map(np.array_equal, net.weights, net.get_weights())) and len(net.weights) == len(names)
    trained = [name for name in names if name.startswith(("dense/", "batch")) and "moving" not in name]
    for kind, count in (("trainable", len(trained)), ("non_trainable", len(names) - len(trained))):
        assert len(getattr(net, f"{kind}_weights")) == len(getattr(net, f"{kind}_variables")) == count
    assert net.layers[2].trainable_weights == [] and net.layers[1].non_trainable_weights[0] is net.layers[1].moving_mean
    net.layers[2].trainable = True
    assert len(net.trainable_variables) == len(trained) + 2


def test_built_and_get_config(net):
    assert net.built and net.layers[0].built and not Dense(3).built and not Sequential([Dense(3)]).built
    assert net.get_config() == net.config() and Dense(3).get_config() == Dense(3).config()


UNREADABLE = {
    "before building": (lambda: Dense(3).kernel, "its arrays: none, before the network has an Input"),
    "a list before building": (lambda: Dense(3).trainable_weights, "has no weights yet"),
    "one that was left out": (lambda: Sequential([Input((2,)), Dense(3, use_bias=False)]).layers[0].bias, "arrays: kernel$"),
    "a misspelt one": (lambda: Dense(3).kernle, "no attribute 'kernle'"),
    "of a layer without any": (lambda: Flatten().kernel, "no attribute 'kernel'"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_not_there_is_an_attribute_error_that_says_why(case):
    read, words = UNREADABLE[case]
    with pytest.raises(AttributeError, match=words):
        read()


@pytest.mark.parametrize("name", ["kernel", "weights", "trainable_variables", "built"])
def test_nothing_of_it_is_replaced(net, name):
    before = net.get_weights()
    with pytest.raises(UndeclaredError, match=rf"dense \(Dense\): {name} cannot be replaced; .*\(.*\)") as caught:
        setattr(net.layers[0], name, np.ones((4, 3)))
    assert isinstance(caught.value, UsageError) and all(map(np.array_equal, before, net.get_weights()))


def test_a_class_of_a_user_keeps_what_it_likes_under_these_names():
    layer = Scale()
    layer.kernel, layer.gain, layer.variables = "mine", 3, 4
    layer(np.ones((2, 4)))
    assert (layer.kernel, layer.gain, layer.variables, layer.built) == ("mine", 3, 4, True)
    assert len(layer.weights) == 3
