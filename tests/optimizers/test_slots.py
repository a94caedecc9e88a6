"""Whose parameters an optimizer's slots belong to: through freezing, multipliers, copies and added layers."""

import copy
import pickle

import numpy as np
import pytest
from builders import fill, three_layers

from minifw import SGD, Adam, Dense, ExponentialDecay, RMSprop, UsageError
from minifw.config import registered

EVERY = [
    *(cls(ExponentialDecay(0.1, 2, 0.9), clipnorm=1.0) for cls in registered("optimizer")),
    SGD(0.1, momentum=0.9, gradient_accumulation_steps=2),
    Adam(0.1, amsgrad=True, use_ema=True, ema_overwrite_frequency=2),
    RMSprop(0.1, momentum=0.9, centered=True, weight_decay=0.1),
]
every_optimizer = pytest.mark.parametrize("optimizer", EVERY, ids=repr)
both_ways = pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))], ids=["copy", "pickle"]
)


@every_optimizer
def test_freezing_and_thawing_leave_every_other_slots_bits_alone(optimizer):
    net, optimizer = three_layers(), copy.deepcopy(optimizer)
    for seed in range(4):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
    first = slice(0, net.layers[0].count_params())
    before = {name: slot.copy() for name, slot in optimizer._vectors.items()}
    params = net.packed.params.copy()
    net.layers[0].trainable = False
    for seed in (9, 10):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
    assert np.array_equal(net.packed.params[first], params[first])
    assert not np.array_equal(net.packed.params[first.stop :], params[first.stop :])
    for name, slot in optimizer._vectors.items():
        assert np.array_equal(slot[first], before[name][first])
        assert not np.array_equal(slot[first.stop :], before[name][first.stop :])
    net.layers[0].trainable = True
    net.layers[1].trainable = False
    between = slice(first.stop, first.stop + net.layers[1].count_params())
    before = {name: slot.copy() for name, slot in optimizer._vectors.items()}
    for seed in (11, 12):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
    assert not np.array_equal(net.packed.params[first], params[first])
    for name, slot in optimizer._vectors.items():
        assert np.array_equal(slot[between], before[name][between])


@pytest.mark.parametrize(
    ("make", "later"), [(SGD, {"momentum": 0.9}), (Adam, {"amsgrad": True}), (RMSprop, {"centered": True, "momentum": 0.5})]
)
def test_slots_are_those_of_the_first_step(make, later):
    plain, changed = make(0.1), make(0.1)
    w, v = np.ones(3), np.ones(3)
    for seed in range(4):
        grad = np.random.default_rng(seed).normal(size=3)
        plain.step([(w, grad)])
        changed.step([(v, grad)])
        vars(changed).update(later)
    assert np.array_equal(w, v)


def test_a_network_with_nothing_to_train_is_left_alone():
    net = three_layers()
    net.trainable = False
    kept = net.packed.params.copy()
    fill(net, 0)
    optimizer = Adam(clipnorm=1.0, use_ema=True)
    optimizer.step(net.params_and_grads())
    assert np.array_equal(net.packed.params, kept)
    assert optimizer.iterations == 1


def test_a_multiplier_scales_the_rate_and_the_decay_of_its_layer():
    plain, scaled = three_layers(), three_layers()
    scaled.layers[1].learning_rate_multiplier = 0.5
    scaled.layers[2].learning_rate_multiplier = 0.0
    start = plain.packed.params.copy()
    for net in (plain, scaled):
        fill(net, 0)
        SGD(0.1, weight_decay=0.3).step(net.params_and_grads())
    change, other = plain.packed.params - start, scaled.packed.params - start
    a, b = np.cumsum([layer.count_params() for layer in plain.layers])[:2]
    assert np.allclose(other[:a], change[:a])
    assert np.allclose(other[a:b], change[a:b] / 2)
    assert np.array_equal(other[b:], np.zeros(start.size - b))


@pytest.mark.parametrize("cls", [*registered("optimizer")])
def test_a_multiplier_is_a_rate_of_its_own(cls):
    net, optimizer, half = three_layers(), cls(0.1), cls(0.05)
    net.layers[0].learning_rate_multiplier = 0.5
    kernel = net.layers[0].params.kernel.copy()
    for seed in range(5):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
        half.step([(kernel, net.layers[0].grads.kernel)])
    assert np.allclose(net.layers[0].params.kernel, kernel, rtol=1e-14, atol=1e-16)


def test_one_optimizer_for_two_networks_is_a_usage_error():
    one, two, optimizer = three_layers(), three_layers(), SGD()
    fill(one, 0)
    fill(two, 0)
    optimizer.step(one.params_and_grads())
    kept = two.packed.params.copy()
    with pytest.raises(UsageError, match=r"belongs to the network of its first step.*copy.deepcopy"):
        optimizer.step(two.params_and_grads())
    assert np.array_equal(two.packed.params, kept)
    with pytest.raises(UsageError, match="belongs to a network"):
        optimizer.step([(np.zeros(1), np.zeros(1))])


def test_an_optimizer_of_a_plain_list_refuses_a_network():
    net, optimizer = three_layers(), SGD()
    fill(net, 0)
    optimizer.step([(np.zeros(1), np.zeros(1))])
    with pytest.raises(UsageError, match="belongs to the list of pairs"):
        optimizer.step(net.params_and_grads())


@both_ways
@every_optimizer
def test_network_and_optimizer_copied_together_go_on_together_bit_for_bit(optimizer, copied):
    net, optimizer = three_layers(), copy.deepcopy(optimizer)
    for seed in range(3):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
    twin, its = copied((net, optimizer))
    for one, other in ((net, optimizer), (twin, its)):
        for seed in range(3, 6):
            fill(one, seed)
            other.step(one.params_and_grads())
        other.finalize(one.params_and_grads())
    assert np.array_equal(net.packed.params, twin.packed.params)
    assert its._calls == optimizer._calls == 6
    assert all(np.array_equal(slot, its._vectors[name]) for name, slot in optimizer._vectors.items())
    with pytest.raises(UsageError):
        its.step(net.params_and_grads())


def test_an_optimizer_copied_alone_goes_on_with_its_network_or_a_copy_of_that():
    net, optimizer = three_layers(), SGD(0.1, momentum=0.9)
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    copied, twin = copy.deepcopy(optimizer), copy.deepcopy(net)
    for one, it in ((net, optimizer), (twin, copied)):
        fill(one, 1)
        it.step(one.params_and_grads())
    assert np.array_equal(net.packed.params, twin.packed.params)
    with pytest.raises(UsageError, match="network of its first step"):
        copy.deepcopy(optimizer).step(three_layers().params_and_grads())


def test_pairs_from_before_a_change_are_refused():
    net, optimizer = three_layers(), SGD(0.1)
    fill(net, 0)
    pairs = net.params_and_grads()
    optimizer.step(pairs)
    before = net.get_weights()
    net.layers[0].trainable = False
    with pytest.raises(UsageError, match=r"call net\.params_and_grads\(\) again"):
        optimizer.step(pairs)
    assert all(np.array_equal(a, b) for a, b in zip(before, net.get_weights(), strict=True))
    optimizer.step(net.params_and_grads())


def test_a_copy_of_a_lists_optimizer_starts_anew_with_a_network_of_another_size():
    optimizer = Adam(0.1)
    optimizer.step([(np.zeros(3), np.ones(3))])
    net = three_layers()
    fill(net, 0)
    start = net.packed.params.copy()
    copied = copy.deepcopy(optimizer)
    copied.step(net.params_and_grads())
    assert (optimizer.iterations, copied.iterations) == (1, 1)
    assert np.allclose(start - net.packed.params, 0.1 * np.sign(net.packed.grads), rtol=1e-4)  # Adam's first step


def test_an_added_layer_starts_slots_and_counts_anew():
    net, optimizer = three_layers(), Adam(0.1)
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    net.add(Dense(1))
    fill(net, 0)
    start = net.packed.params.copy()
    optimizer.step(net.params_and_grads())
    assert optimizer.iterations == 1
    assert np.allclose(start - net.packed.params, 0.1 * np.sign(net.packed.grads), rtol=1e-4)  # Adam's first step
