"""An optimizer of one's own: named slots and one method."""

import math

import numpy as np
import pytest
from builders import descend, fill, three_layers

from minifw import Optimizer


class Heavy(Optimizer, registered=False):
    slots = ("speed",)

    def update(self, param, grad, slots, coefficients, scratch):
        (speed,) = slots
        speed *= 0.5
        speed += grad
        param -= coefficients[0] * speed


class Adaptive(Optimizer, registered=False):
    slots = {"total": 0.1, "count": 2.0}  # noqa: RUF012

    def __init__(self, rate=0.5):
        self.rate = rate
        self.learning_rate = rate

    def coefficients(self, step, learning_rate):
        return learning_rate, step

    def update(self, param, grad, slots, coefficients, scratch):
        total, count = slots
        total += grad * grad
        count += 1
        param -= coefficients[0] * grad / np.sqrt(total) / coefficients[1]


def test_ones_own_optimizer_needs_one_method_and_names_its_slots():
    w = descend(Heavy(learning_rate=0.1), np.ones(2), [[1.0, 2.0], [1.0, 2.0]])
    assert np.allclose(w, 1 - 0.1 * np.array([1.0, 2.0]) * 2.5)


def test_ones_own_optimizer_has_the_common_tail_and_works_in_a_network():
    net, optimizer = three_layers(), Heavy(learning_rate=0.1, clipvalue=0.1, weight_decay=0.1)
    fill(net, 0)
    start, grads = net.packed.params.copy(), net.packed.grads.copy()
    optimizer.step(net.params_and_grads())
    assert np.allclose(net.packed.params, start * 0.99 - 0.1 * np.clip(grads, -0.1, 0.1))


def test_slots_may_have_first_values_and_the_constructor_need_not_call_its_parents():
    optimizer = Adaptive()
    w = descend(optimizer, np.zeros(1), [[2.0]])
    assert w[0] == pytest.approx(-0.5 * 2 / math.sqrt(4.1))
    assert {name: slot[0] for name, slot in optimizer._vectors.items()} == pytest.approx({"total": 4.1, "count": 3.0})


def test_an_optimizer_without_update_says_what_to_write():
    class Empty(Optimizer, registered=False):
        pass

    with pytest.raises(NotImplementedError, match="Empty must write update"):
        Empty().step([(np.zeros(1), np.zeros(1))])
