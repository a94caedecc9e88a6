"""What all optimizers have in common: decay, clipping, accumulation, averages and constraints, in this order."""

import numpy as np
import pytest
from builders import descend, fill, three_layers

from minifw import SGD, Adam, MaxNorm, NonNeg


def test_decay_is_decoupled_and_scaled_by_the_rate():
    w = np.array([2.0, -4.0])
    Adam(0.1, weight_decay=0.5).step([(w, np.zeros(2))])
    assert np.allclose(w, np.array([2.0, -4.0]) * (1 - 0.05))


def test_clipnorm_shortens_each_parameter_by_itself():
    net, optimizer = three_layers(), SGD(1.0, clipnorm=1.0)
    fill(net, 0)
    net.packed.grads[:] *= 0.5
    start, grads = [p.copy() for p, _ in net.params_and_grads()], [g.copy() for _, g in net.params_and_grads()]
    optimizer.step(net.params_and_grads())
    assert any(np.linalg.norm(g) < 1 for g in grads)
    assert any(np.linalg.norm(g) > 1 for g in grads)
    for (p, g), before, grad in zip(net.params_and_grads(), start, grads, strict=True):
        assert np.allclose(before - p, grad / max(np.linalg.norm(grad), 1.0))
        assert np.array_equal(g, grad)


def test_global_clipnorm_shortens_all_parameters_together():
    w, v = np.zeros(2), np.zeros((1, 2))
    SGD(1.0, global_clipnorm=1.0).step([(w, np.array([3.0, 0.0])), (v, np.array([[0.0, 4.0]]))])
    assert np.allclose(w, [-0.6, 0])
    assert np.allclose(v, [[0, -0.8]])


def test_clipvalue_bounds_each_entry():
    w = np.zeros(3)
    SGD(1.0, clipvalue=0.5).step([(w, np.array([3.0, -0.2, -9.0]))])
    assert np.allclose(w, [-0.5, 0.2, 0.5])


@pytest.mark.parametrize("option", ["clipnorm", "global_clipnorm"])
@pytest.mark.parametrize(("dtype", "size"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_norms_do_not_overflow(option, dtype, size):
    w = np.zeros(2, dtype)
    SGD(1.0, **{option: 5.0}).step([(w, np.array([3 * size, 4 * size], dtype))])
    assert np.allclose(w, [-3, -4])


def test_short_gradients_are_not_touched_by_clipping():
    g = np.array([0.3, 0.4])
    for option in ("clipnorm", "global_clipnorm", "clipvalue"):
        w = np.zeros(2)
        SGD(1.0, **{option: 1.0}).step([(w, g)])
        assert np.array_equal(w, -g)


def test_accumulated_gradients_make_one_update_with_their_mean():
    grads = np.random.default_rng(0).normal(size=(12, 4))
    w = descend(Adam(0.1, gradient_accumulation_steps=3), np.ones(4), grads)
    assert np.allclose(w, descend(Adam(0.1), np.ones(4), grads.reshape(4, 3, 4).mean(1)), rtol=1e-12, atol=0)


def test_an_accumulating_call_changes_no_parameter_and_no_gradient():
    net = three_layers(kernel_constraint=MaxNorm(0.1))
    optimizer = SGD(0.1, momentum=0.9, gradient_accumulation_steps=2, weight_decay=0.1, use_ema=True)
    fill(net, 0)
    params, grads = net.packed.params.copy(), net.packed.grads.copy()
    optimizer.step(net.params_and_grads())
    assert np.array_equal(net.packed.params, params)
    assert np.array_equal(net.packed.grads, grads)
    assert optimizer.iterations == 0
    optimizer.step(net.params_and_grads())
    assert not np.array_equal(net.packed.params, params)
    assert optimizer.iterations == 1


def test_schedules_count_calls_while_bias_correction_counts_updates():
    asked = []

    class Watching(Adam, registered=False):
        def coefficients(self, step, learning_rate):
            asked.append((step, learning_rate))
            return super().coefficients(step, learning_rate)

    optimizer = Watching(lambda step: step / 10, gradient_accumulation_steps=2)
    descend(optimizer, np.ones(2), np.ones((7, 2)))
    assert asked == [(1, 0.1), (2, 0.3), (3, 0.5)]
    assert (optimizer.iterations, optimizer.learning_rate) == (3, 0.7)


def test_clipping_sees_the_mean_and_not_the_sum():
    w = descend(SGD(1.0, clipvalue=1.0, gradient_accumulation_steps=2), np.zeros(1), [[4.0], [-3.0]])
    assert w[0] == -0.5


def test_the_moving_average_takes_the_place_of_the_parameters_when_finalized():
    w, average, g = np.array([1.0]), None, np.array([1.0])
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.8)
    plain = 1.0
    for _ in range(5):
        optimizer.step([(w, g)])
        plain -= 0.1
        average = plain if average is None else 0.8 * average + 0.2 * plain
        assert w[0] == pytest.approx(plain)
    optimizer.finalize([(w, g)])
    assert w[0] == pytest.approx(average)


def test_the_moving_average_overwrites_the_parameters_every_few_updates():
    w, g, plain, average = np.array([1.0]), np.array([1.0]), 1.0, None
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3)
    for step in range(1, 8):
        optimizer.step([(w, g)])
        plain -= 0.1
        average = plain if average is None else 0.8 * average + 0.2 * plain
        plain = average if step % 3 == 0 else plain
        assert w[0] == pytest.approx(plain)


def test_finalizing_before_any_update_changes_nothing():
    net = three_layers()
    kept = net.packed.params.copy()
    SGD(use_ema=True).finalize(net.params_and_grads())
    assert np.array_equal(net.packed.params, kept)


def test_a_layer_thawed_after_the_last_update_has_no_average_and_keeps_its_values():
    net, optimizer = three_layers(), SGD(0.1, use_ema=True)
    net.layers[0].trainable = False
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    net.layers[0].trainable = True
    kept = net.layers[0].get_weights()
    optimizer.finalize(net.params_and_grads())
    assert np.isfinite(net.packed.params).all()
    assert np.array_equal(net.layers[0].params.kernel, kept[0])


def test_fit_finalizes_the_average():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    plain, averaged = three_layers(), three_layers()
    plain.compile(SGD(0.1), "mse")
    averaged.compile(SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    start = plain.packed.params.copy()
    steps = []
    for _ in range(3):
        plain.fit(x, y, batch_size=8, shuffle=False, verbose=0)
        steps.append(plain.packed.params.copy())
    averaged.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    wanted = 0.5 * (0.5 * steps[0] + 0.5 * steps[1]) + 0.5 * steps[2]
    assert not np.array_equal(start, wanted)
    assert np.allclose(averaged.packed.params, wanted, rtol=1e-12, atol=1e-15)


def test_constraints_come_after_the_update_and_the_average():
    net = three_layers(kernel_constraint=MaxNorm(0.5), bias_constraint=NonNeg())
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=1)
    kernel, bias = net.layers[0].params.kernel, net.layers[0].params.bias
    average = None
    for seed in range(3):
        fill(net, seed)
        moved = kernel - 0.1 * net.layers[0].grads.kernel
        average = moved if average is None else 0.5 * average + 0.5 * moved
        optimizer.step(net.params_and_grads())
        assert np.allclose(kernel, MaxNorm(0.5).project(average))
        assert (bias >= 0).all()


def test_frozen_parameters_are_not_constrained():
    net = three_layers(kernel_constraint=MaxNorm(0.01))
    net.layers[0].trainable = False
    kept = net.layers[0].params.kernel.copy()
    fill(net, 0)
    SGD(0.1).step(net.params_and_grads())
    assert np.array_equal(net.layers[0].params.kernel, kept)
