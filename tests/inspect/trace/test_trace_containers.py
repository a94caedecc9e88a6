"""Traces of networks in which layers hold layers: every one of them is a jump, in the right order."""

import numpy as np
import pytest
from trace_networks import Scale, Swish

from minifw import Branches, Chain, Dense, Input, Layer, Residual, Sequential, UsageError


def test_an_activation_of_dense_is_a_jump_of_its_own():
    net = Sequential([Input((5,)), Dense(3, activation="sigmoid", name="first"), Dense(2)], dtype="float64", seed=1)
    jumps = net.jump_back(np.ones((1, 5)), np.ones((1, 2)), "mse")
    assert [(jump.name, jump.kind) for jump in jumps[2:]] == [("first/activation", "activation"), ("first", "weights")]
    assert jumps[3].behind is jumps[2] and np.array_equal(jumps[3].message_in, jumps[2].message_out)
    assert jumps[2].source is jumps[3] and (jumps[3].place_out, jumps[2].place_out) == ("I_H1", "O_H1")


def test_a_penalty_is_a_jump_of_its_own_without_a_message():
    inner = Sequential([Dense(3, kernel_regularizer="l2")])
    net = Sequential([Input((5,)), inner, Dense(2, kernel_regularizer="l1", trainable=False)], dtype="float64", seed=1)
    trace = net.jump_back(np.ones((1, 5)), np.ones((1, 2)), "mse")
    (jump,) = [jump for jump in trace if jump.kind == "penalty"]
    assert (jump.over, jump.factor_text) == ("the penalty of sequential/dense", "d L2() / d kernel")
    assert jump.message_out is None and np.array_equal(jump.grads["kernel"], 0.02 * inner.layers[0].params.kernel)


def test_a_container_that_adds_is_a_jump_behind_its_layers():
    net = Sequential([Input((4,)), Residual([Dense(4), Swish()]), Dense(2)], dtype="float64", seed=1)
    trace = net.jump_back(np.ones((2, 4)), np.ones((2, 2)), "mse")
    assert [jump.name for jump in trace[2:]] == ["residual/swish", "residual/dense", "residual"]
    swish, dense, residual = trace[2:]
    assert swish.inside and dense.inside and residual.joins and not trace[1].inside
    assert residual.behind is swish.behind is trace[1] and dense.behind is swish
    assert np.array_equal(residual.message_out, residual.message_in + dense.message_out)
    assert (dense.number, trace[1].number, dense.place_out) == (0, 1, "out of residual/dense")


def test_a_container_may_hand_on_parts_of_its_message():
    net = Sequential([Input((4,)), Branches([Dense(3), Scale()]), Dense(2)], dtype="float64", seed=1)
    trace = net.jump_back(np.ones((2, 4)), np.ones((2, 2)), "mse")
    jumps = {jump.name: jump for jump in trace}
    assert jumps["branches/dense"].behind is jumps["branches/scale"].behind is None
    assert np.array_equal(jumps["branches/dense"].message_in, jumps["branches"].message_in[:, :3])
    assert np.array_equal(jumps["branches/scale"].input, trace["x"])


class Both(Layer, registered=False):
    """A composite of a user's, which says nothing of how it is looked at."""

    def __init__(self, **options):
        self.first, self.second = Dense(3), Swish()
        super().__init__(**options)

    def children(self, input_shape=None):
        return [("first", self.first, input_shape), ("second", self.second, (3,))]

    def output_shape(self, input_shape):
        return (3,)

    def forward(self, x, training=False):
        return self.second.forward(self.first.forward(x, training), training)

    def backward(self, error_grad):
        return self.first.backward(self.second.backward(error_grad))


def test_a_composite_of_ones_own_is_opened_without_another_line():
    net = Sequential([Input((4,)), Both(), Dense(2)], dtype="float64", seed=1)
    trace = net.jump_back(np.ones((2, 4)), np.ones((2, 2)), "mse")
    assert [jump.name for jump in trace] == ["MSELoss", "dense", "both/second", "both/first"]
    for jump, behind in zip(trace[1:], trace, strict=False):
        assert jump.behind is behind and np.array_equal(jump.message_in, behind.message_out)
    assert trace[2].source is trace[3] and np.array_equal(trace[3].input, trace["x"])


def test_a_network_in_which_nothing_happens_has_nothing_to_jump_over():
    with pytest.raises(UsageError, match="no layer does anything, so there is nothing to jump over"):
        Sequential([Input((4,)), Chain([])]).jump_back(np.ones((2, 4)), np.ones((2, 4)), "mse")
