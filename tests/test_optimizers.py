"""Optimizers: Keras' formulas, the common tail of options, and whom an optimizer belongs to."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest

from minifw import (
    SGD,
    Adam,
    ArgumentTypeError,
    ArgumentValueError,
    Dense,
    Input,
    MaxNorm,
    MSELoss,
    NonNeg,
    Optimizer,
    RMSprop,
    Sequential,
    ShapeError,
    UsageError,
)
from minifw.config import registered
from minifw.schedules import ExponentialDecay

TORCH = dict(np.load(Path(__file__).parent / "reference" / "torch.npz"))
STEPS = 100


def network(dtype="float64", **options):
    """Return a small built network of three layers."""
    return Sequential([Input((3,)), Dense(4, **options), Dense(3), Dense(2)], dtype=dtype, seed=5)


def fill(net, seed):
    """Give the network gradients."""
    net.packed.grads[:] = np.random.default_rng(seed).normal(size=net.packed.grads.size)


def descend(optimizer, start, grads):
    """Return the parameters after the optimizer has seen these gradients."""
    w, g = start.copy(), np.empty_like(start)
    for g[...] in grads:
        optimizer.step([(w, g)])
    return w


# -- formulas, as plain loops


def sgd(w, grads, lr=0.01, mu=0.0, nesterov=False):
    m = np.zeros_like(w)
    for g in grads:
        m = mu * m - lr * g
        w = w + mu * m - lr * g if nesterov else w + m
    return w


def adam(w, grads, lr=0.001, b1=0.9, b2=0.999, eps=1e-7, amsgrad=False):
    m, v, h = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(grads, 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        h = np.maximum(h, v)
        w = w - lr * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(h if amsgrad else v) + eps)
    return w


def rmsprop(w, grads, lr=0.001, rho=0.9, mu=0.0, eps=1e-7, centered=False):
    v, a, b = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    for g in grads:
        v, a = rho * v + (1 - rho) * g * g, rho * a + (1 - rho) * g
        u = lr * g / np.sqrt(v - a * a + eps if centered else v + eps)
        b = mu * b + u
        w = w - b
    return w


FORMULAS = {
    "SGD": (lambda: SGD(0.05), lambda w, g: sgd(w, g, 0.05)),
    "SGD, momentum": (lambda: SGD(0.05, momentum=0.9), lambda w, g: sgd(w, g, 0.05, 0.9)),
    "SGD, Nesterov": (lambda: SGD(0.05, 0.9, nesterov=True), lambda w, g: sgd(w, g, 0.05, 0.9, True)),
    "Adam": (lambda: Adam(0.02), lambda w, g: adam(w, g, 0.02)),
    "Adam, amsgrad": (lambda: Adam(0.02, amsgrad=True), lambda w, g: adam(w, g, 0.02, amsgrad=True)),
    "Adam, betas": (lambda: Adam(0.02, 0.5, 0.9, 1e-3), lambda w, g: adam(w, g, 0.02, 0.5, 0.9, 1e-3)),
    "Adam, betas of 0": (lambda: Adam(0.02, 0.0, 0.0), lambda w, g: adam(w, g, 0.02, 0.0, 0.0)),
    "RMSprop": (lambda: RMSprop(0.02), lambda w, g: rmsprop(w, g, 0.02)),
    "RMSprop, rho": (lambda: RMSprop(0.02, 0.5, epsilon=1e-2), lambda w, g: rmsprop(w, g, 0.02, 0.5, 0.0, 1e-2)),
    "RMSprop, momentum": (lambda: RMSprop(0.02, momentum=0.8), lambda w, g: rmsprop(w, g, 0.02, mu=0.8)),
    "RMSprop, centered": (lambda: RMSprop(0.02, centered=True), lambda w, g: rmsprop(w, g, 0.02, centered=True)),
    "RMSprop, all": (
        lambda: RMSprop(0.02, 0.8, 0.7, 1e-5, centered=True),
        lambda w, g: rmsprop(w, g, 0.02, 0.8, 0.7, 1e-5, True),
    ),
}


def test_every_registered_optimizer_has_a_formula():
    assert {type(make()) for make, _ in FORMULAS.values()} == set(registered("optimizer"))


@pytest.mark.parametrize("name", FORMULAS)
def test_optimizer_equals_its_formula_over_100_steps(name):
    make, formula = FORMULAS[name]
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(STEPS, 4, 3))
    assert np.allclose(descend(make(), start, grads), formula(start, grads), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_network_is_updated_like_a_plain_list(name):
    make, formula = FORMULAS[name]
    net, optimizer = network(), make()
    start = net.packed.params.copy()
    grads = np.random.default_rng(1).normal(size=(STEPS, start.size))
    for net.packed.grads[:] in grads:
        optimizer.step(net.params_and_grads())
    assert np.allclose(net.packed.params, formula(start, grads), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_float32_stays_float32_and_near_float64(name):
    make, formula = FORMULAS[name]
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(STEPS, 4, 3))
    optimizer = make()
    w = descend(optimizer, start.astype(np.float32), grads.astype(np.float32))
    assert w.dtype == np.float32
    assert np.allclose(w, formula(start, grads), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", FORMULAS)
def test_vectors_longer_than_a_block_are_updated_like_short_ones(name):
    make, _ = FORMULAS[name]
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=70_001), rng.normal(size=(3, 70_001))
    parts = [slice(at, at + 10_000) for at in range(0, 70_001, 10_000)]
    wanted = np.concatenate([descend(make(), start[part], grads[:, part]) for part in parts])
    assert np.array_equal(descend(make(), start, grads), wanted)


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("sgd", SGD(0.01)),
        ("sgd_momentum", SGD(0.01, momentum=0.9)),
        ("sgd_nesterov", SGD(0.01, momentum=0.9, nesterov=True)),
        ("sgd_decay", SGD(0.01, weight_decay=0.1)),
        ("adam", Adam(0.01, epsilon=1e-30)),
        ("adam_amsgrad", Adam(0.01, epsilon=1e-30, amsgrad=True)),
        ("adam_decay", Adam(0.01, epsilon=1e-30, weight_decay=0.1)),
    ],
)
def test_optimizer_agrees_with_torch(name, optimizer):
    w = descend(copy.deepcopy(optimizer), TORCH["start"], TORCH["grads"])
    assert np.allclose(w, TORCH[name], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.02, momentum=0.9), Adam(0.1), Adam(0.1, amsgrad=True), RMSprop(0.02)])
def test_optimizer_finds_the_bottom_of_a_parabola(optimizer):
    w, optimizer = np.array([3.0, -2.0]), copy.deepcopy(optimizer)
    for _ in range(500):
        optimizer.step([(w, 2 * w * [1, 4])])
    assert np.abs(w).max() < 0.02


@pytest.mark.parametrize(
    "optimizer", [SGD(1e-3, momentum=0.9, nesterov=True), Adam(0.02), RMSprop(ExponentialDecay(0.01, 1000, 0.3))]
)
def test_optimizer_finds_the_end_of_rosenbrocks_valley(optimizer):
    w, optimizer = np.array([-1.2, 1.0]), copy.deepcopy(optimizer)
    for _ in range(5000):
        a, b = w
        optimizer.step([(w, np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]))])
    assert np.allclose(w, 1, atol=0.05)


# -- numbers at the edge


EDGES = [SGD(0.1, momentum=0.9), Adam(0.1), Adam(0.1, amsgrad=True), RMSprop(0.1), RMSprop(0.1, momentum=0.9)]


@pytest.mark.parametrize("optimizer", [*EDGES, RMSprop(0.1, centered=True)])
@pytest.mark.parametrize(
    ("dtype", "size"),
    [(np.float64, s) for s in (0, 1e-30, 1e-200, 1e30, 1e100)] + [(np.float32, s) for s in (0, 1e-30, 1e15)],
)
def test_tiny_and_huge_gradients_give_finite_parameters(dtype, size, optimizer):
    grads = (np.random.default_rng(0).normal(size=(50, 3)) * size).astype(dtype)
    assert np.isfinite(descend(copy.deepcopy(optimizer), np.ones(3, dtype), grads)).all()


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_centered_rmsprop_survives_a_gradient_that_never_changes(dtype, size):
    w = np.ones(1, dtype)
    optimizer = RMSprop(0.001, centered=True)
    for _ in range(600):
        optimizer.step([(w, np.full(1, size, dtype) / 3)])
    assert np.isfinite(w).all()


@pytest.mark.parametrize("optimizer", EDGES)
def test_the_ten_millionth_step_is_finite(optimizer):
    optimizer = copy.deepcopy(optimizer)
    w = np.ones(2)
    optimizer.iterations = optimizer.updates = 10_000_000
    optimizer.step([(w, np.full(2, 0.5))])
    assert np.isfinite(w).all()
    assert (w < 1).all()


def test_a_gradient_of_0_leaves_the_bits_alone():
    w = np.random.default_rng(0).normal(size=5)
    kept = w.copy()
    SGD(0.1).step([(w, np.zeros(5))])
    assert np.array_equal(w, kept)


def test_adams_bias_correction_keeps_its_digits_when_beta_is_near_1():
    w = descend(Adam(0.1, 0.9999999, 0.99999999, epsilon=0.0), np.zeros(1), [[2.0]])
    assert w[0] == pytest.approx(-0.1, rel=1e-7)


# -- the common tail


def test_decay_is_decoupled_and_scaled_by_the_rate():
    w = np.array([2.0, -4.0])
    Adam(0.1, weight_decay=0.5).step([(w, np.zeros(2))])
    assert np.allclose(w, np.array([2.0, -4.0]) * (1 - 0.05))


def test_clipnorm_shortens_each_parameter_by_itself():
    net, optimizer = network(), SGD(1.0, clipnorm=1.0)
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
    net = network(kernel_constraint=MaxNorm(0.1))
    optimizer = SGD(0.1, momentum=0.9, gradient_accumulation_steps=2, weight_decay=0.1, use_ema=True)
    fill(net, 0)
    params, grads = net.packed.params.copy(), net.packed.grads.copy()
    optimizer.step(net.params_and_grads())
    assert np.array_equal(net.packed.params, params)
    assert np.array_equal(net.packed.grads, grads)
    assert (optimizer.iterations, optimizer.updates) == (1, 0)
    optimizer.step(net.params_and_grads())
    assert not np.array_equal(net.packed.params, params)
    assert (optimizer.iterations, optimizer.updates) == (2, 1)


def test_schedules_count_calls_while_bias_correction_counts_updates():
    asked = []

    class Watching(Adam, registered=False):
        def coefficients(self, step, learning_rate):
            asked.append((step, learning_rate))
            return super().coefficients(step, learning_rate)

    descend(Watching(lambda step: step / 10, gradient_accumulation_steps=2), np.ones(2), np.ones((6, 2)))
    assert asked == [(1, 0.1), (2, 0.3), (3, 0.5)]


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
    net = network()
    kept = net.packed.params.copy()
    SGD(use_ema=True).finalize(net.params_and_grads())
    assert np.array_equal(net.packed.params, kept)


def test_a_layer_thawed_after_the_last_update_has_no_average_and_keeps_its_values():
    net, optimizer = network(), SGD(0.1, use_ema=True)
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
    plain, averaged = network(), network()
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
    net = network(kernel_constraint=MaxNorm(0.5), bias_constraint=NonNeg())
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
    net = network(kernel_constraint=MaxNorm(0.01))
    net.layers[0].trainable = False
    kept = net.layers[0].params.kernel.copy()
    fill(net, 0)
    SGD(0.1).step(net.params_and_grads())
    assert np.array_equal(net.layers[0].params.kernel, kept)


# -- the learning rate


def test_a_schedule_sees_the_iterations_before_they_are_counted():
    seen = []
    optimizer = SGD(lambda step: seen.append(step) or 0.1)
    descend(optimizer, np.ones(1), np.ones((3, 1)))
    assert seen == [0, 1, 2]
    assert optimizer.iterations == 3


def test_the_learning_rate_reads_as_the_float_of_the_next_step():
    assert float(SGD(0.5).learning_rate) == 0.5
    optimizer = SGD(ExponentialDecay(1.0, 1, 0.5))
    assert float(optimizer.learning_rate) == 1.0
    descend(optimizer, np.ones(1), np.ones((2, 1)))
    assert float(optimizer.learning_rate) == 0.25


def test_the_learning_rate_can_be_assigned_between_steps():
    w, optimizer = np.zeros(1), SGD(1.0)
    optimizer.step([(w, np.ones(1))])
    optimizer.learning_rate = 0.25
    optimizer.step([(w, np.ones(1))])
    assert w[0] == -1.25
    optimizer.learning_rate = lambda step: 2.0
    optimizer.step([(w, np.ones(1))])
    assert w[0] == -3.25


def test_a_number_cannot_replace_a_schedule_but_another_schedule_can():
    optimizer = SGD(ExponentialDecay(1.0, 1, 0.5))
    with pytest.raises(ArgumentTypeError, match="assign another schedule"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = ExponentialDecay(2.0, 1, 0.5)
    assert optimizer.learning_rate == 2.0


@pytest.mark.parametrize("optimizer", [SGD(0.0), Adam(0.0)])
def test_a_rate_of_0_is_legal_and_changes_nothing(optimizer):
    assert np.array_equal(descend(copy.deepcopy(optimizer), np.ones(2), np.ones((2, 2))), [1, 1])


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), np.float64(-1)])
@pytest.mark.parametrize("make", [SGD, Adam, RMSprop])
def test_a_learning_rate_out_of_range_is_refused(make, bad):
    with pytest.raises(ArgumentValueError, match=rf"{make.__name__}: learning_rate must be in \[0, inf\), got"):
        make(bad)
    optimizer = make()
    with pytest.raises(ArgumentValueError):
        optimizer.learning_rate = bad


@pytest.mark.parametrize("bad", ["0.1", True, None, [0.1], np.array(0.1), np.array([0.1]), ExponentialDecay])
def test_a_learning_rate_that_is_no_number_is_refused(bad):
    with pytest.raises(ArgumentTypeError, match=r"SGD: learning_rate must be a number"):
        SGD(bad)


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ArgumentValueError), (-1.0, ArgumentValueError), ("1", ArgumentTypeError)]
)
def test_a_schedule_that_goes_wrong_is_named_with_its_step_before_anything_is_written(value, error):
    def schedule(step):
        return 0.1 if step < 2 else value

    w, optimizer = np.ones(2), SGD(schedule)
    for _ in range(2):
        optimizer.step([(w, np.ones(2))])
    kept = w.copy()
    with pytest.raises(error, match=r"schedule .* gave .* at step 2"):
        optimizer.step([(w, np.ones(2))])
    assert np.array_equal(w, kept)
    assert optimizer.iterations == 2


@pytest.mark.parametrize(
    ("make", "name", "bad", "interval"),
    [
        (Adam, "beta_1", 1.0, "[0, 1)"),
        (Adam, "beta_1", -0.1, "[0, 1)"),
        (Adam, "beta_2", 1, "[0, 1)"),
        (Adam, "beta_2", float("nan"), "[0, 1)"),
        (Adam, "epsilon", -1e-9, "[0, inf)"),
        (RMSprop, "rho", 1.0, "[0, 1)"),
        (RMSprop, "momentum", -0.1, "[0, 1)"),
        (RMSprop, "epsilon", float("nan"), "[0, inf)"),
        (SGD, "momentum", 1.0, "[0, 1)"),
        (SGD, "momentum", float("nan"), "[0, 1)"),
        (SGD, "weight_decay", -0.1, "[0, inf)"),
        (SGD, "weight_decay", float("nan"), "[0, inf)"),
        (SGD, "clipnorm", 0, "(0, inf)"),
        (SGD, "clipvalue", -1.0, "(0, inf)"),
        (SGD, "global_clipnorm", float("nan"), "(0, inf)"),
        (SGD, "ema_momentum", 1.5, "[0, 1]"),
        (SGD, "ema_overwrite_frequency", 0, "[1, inf)"),
        (SGD, "gradient_accumulation_steps", 1, "[2, inf)"),
    ],
)
def test_hyperparameters_out_of_range_are_refused_with_class_name_value_and_range(make, name, bad, interval):
    with pytest.raises(ArgumentValueError) as caught:
        make(**{name: bad})
    assert str(caught.value) == f"{make.__name__}: {name} must be in {interval}, got {bad!r}"


@pytest.mark.parametrize("name", ["momentum", "weight_decay", "clipnorm", "ema_momentum", "ema_overwrite_frequency"])
@pytest.mark.parametrize("bad", ["1", True, [0.5]])
def test_hyperparameters_of_another_type_are_refused(name, bad):
    with pytest.raises(ArgumentTypeError, match=f"SGD: {name} must be an? "):
        SGD(**{name: bad})


@pytest.mark.parametrize("name", ["nesterov", "use_ema"])
def test_flags_must_be_true_or_false(name):
    with pytest.raises(ArgumentTypeError, match=f"SGD: {name} must be True or False, got 1"):
        SGD(**{name: 1})


def test_legal_edges_are_accepted():
    Adam(0, beta_1=0, beta_2=0, epsilon=0, weight_decay=0)
    RMSprop(np.float32(0.1), rho=0, momentum=0, epsilon=0)
    SGD(1, ema_momentum=1, gradient_accumulation_steps=2)


def test_only_one_way_to_clip_may_be_given():
    with pytest.raises(ArgumentValueError, match="only one of clipnorm, clipvalue, global_clipnorm"):
        SGD(clipnorm=1.0, clipvalue=1.0)


def test_unknown_and_foreign_arguments_are_refused():
    with pytest.raises(ArgumentTypeError, match="'momentum'"):
        SGD(momentun=0.9)
    with pytest.raises(ArgumentTypeError, match="float16"):
        Adam(loss_scale_factor=2.0)


# -- which parameters


def test_freezing_and_thawing_leave_every_other_slots_bits_alone():
    net, optimizer = network(), Adam(0.1, amsgrad=True)
    for seed in range(3):
        fill(net, seed)
        optimizer.step(net.params_and_grads())
    first = slice(0, net.layers[0].count_params())
    before = {name: slot.copy() for name, slot in optimizer._vectors.items()}
    params = net.packed.params.copy()
    net.layers[0].trainable = False
    fill(net, 9)
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
    optimizer.step(net.params_and_grads())
    assert not np.array_equal(net.packed.params[first], params[first])
    for name, slot in optimizer._vectors.items():
        assert np.array_equal(slot[between], before[name][between])


def test_a_network_with_nothing_to_train_is_left_alone():
    net = network()
    net.trainable = False
    kept = net.packed.params.copy()
    fill(net, 0)
    optimizer = Adam(clipnorm=1.0, use_ema=True)
    optimizer.step(net.params_and_grads())
    assert np.array_equal(net.packed.params, kept)
    assert optimizer.iterations == 1


def test_a_multiplier_scales_the_rate_and_the_decay_of_its_layer():
    plain, scaled = network(), network()
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


def test_a_plain_list_must_keep_its_order():
    a, b = np.zeros(3), np.zeros(3)
    g = np.ones(3)
    optimizer = SGD(0.1)
    optimizer.step([(a, g), (b, g)])
    for other in ([(b, g), (a, g)], [(a, g)], [(a, g), (b, g), (np.zeros(3), g)], [(a, g), (b.copy(), g)]):
        with pytest.raises(ArgumentValueError, match="same parameters in the same order"):
            optimizer.step(other)
    optimizer.step([(a, g.copy()), (b, 2 * g)])
    assert np.allclose(b, -0.3)
    assert optimizer.iterations == 2


def test_a_generator_of_pairs_is_as_good_as_a_list():
    w = np.zeros(2)
    SGD(1.0).step((w, np.ones(2)) for _ in range(1))
    assert np.array_equal(w, [-1, -1])


def test_duplicates_and_shared_memory_are_refused():
    w, g = np.zeros(4), np.ones(4)
    with pytest.raises(ArgumentValueError, match="pair 1 is the same parameter as pair 0"):
        SGD().step([(w, g), (w, g)])
    with pytest.raises(ArgumentValueError, match="pair 1 is the same parameter as pair 0"):
        SGD().step([(w, g), (w[1:3], g[:2])])
    with pytest.raises(ArgumentValueError, match="same memory"):
        SGD().step([(w, w)])
    assert np.array_equal(w, np.zeros(4))


def test_a_gradient_that_is_another_pairs_parameter_is_refused():
    a, b = np.ones(3), np.full(3, 2.0)
    with pytest.raises(ArgumentValueError):
        SGD(0.5).step([(a, b), (b, a)])


def test_columns_of_one_matrix_are_different_parameters():
    matrix = np.zeros((3, 2))
    SGD(1.0).step([(matrix[:, 0], np.ones(3)), (matrix[:, 1], np.full(3, 2.0))])
    assert np.array_equal(matrix, [[-1, -2]] * 3)


def test_read_only_parameters_are_refused():
    w = np.zeros(3)
    w.flags.writeable = False
    with pytest.raises(ArgumentValueError, match="pair 0: the parameter is read-only"):
        SGD().step([(w, np.ones(3))])


def test_pairs_that_are_none_are_refused():
    for bad in ([np.zeros(3)], [(np.zeros(3),)], [([0.0], [1.0])], [(np.zeros(3), None)]):
        with pytest.raises(ArgumentTypeError, match=r"pair 0 must be \(param, grad\)"):
            SGD().step(bad)
    with pytest.raises(ArgumentTypeError, match="float32 or float64, both alike"):
        SGD().step([(np.zeros(3), np.zeros(3, np.float32))])
    with pytest.raises(ArgumentTypeError, match="float32 or float64"):
        SGD().step([(np.zeros(3, int), np.zeros(3, int))])
    with pytest.raises(ShapeError, match="pair 0"):
        SGD().step([(np.zeros(3), np.zeros((3, 1)))])


@pytest.mark.parametrize(
    "make", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.1, clipnorm=1.0), lambda: RMSprop(0.1, use_ema=True)]
)
def test_parameters_in_any_memory_are_updated_in_place(make):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 6)), rng.normal(size=(10, 4, 6))
    wanted = descend(make(), start, grads)
    for w in (np.asfortranarray(start), np.repeat(start, 2, axis=1)[:, ::2], np.flip(start.copy())[::-1, ::-1].T.copy().T):
        optimizer = make()
        for g in grads:
            optimizer.step([(w, np.asfortranarray(g))])
        assert np.allclose(w, wanted, rtol=1e-13, atol=0)


def test_gradients_of_zero_dimensions_and_of_no_entries_are_legal():
    scalar, empty = np.array(1.0), np.empty((0, 3))
    Adam(0.1, clipnorm=1.0).step([(scalar, np.array(2.0)), (empty, np.empty((0, 3)))])
    assert scalar == pytest.approx(0.9)


@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.1}, {"clipvalue": 0.1}, {"global_clipnorm": 0.1}, {"use_ema": True}])
def test_gradients_are_only_read(options):
    net = network()
    fill(net, 0)
    kept = net.packed.grads.copy()
    Adam(weight_decay=0.1, gradient_accumulation_steps=None, **options).step(net.params_and_grads())
    assert np.array_equal(net.packed.grads, kept)


# -- belonging


def test_one_optimizer_for_two_networks_is_a_usage_error():
    one, two, optimizer = network(), network(), SGD()
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
    net, optimizer = network(), SGD()
    fill(net, 0)
    optimizer.step([(np.zeros(1), np.zeros(1))])
    with pytest.raises(UsageError, match="belongs to the list of pairs"):
        optimizer.step(net.params_and_grads())


def test_network_and_optimizer_copied_together_go_on_together():
    net, optimizer = network(), Adam(0.1, use_ema=True, clipnorm=1.0)
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    twin, copied = copy.deepcopy((net, optimizer))
    for one, other in ((net, optimizer), (twin, copied)):
        fill(one, 1)
        other.step(one.params_and_grads())
        other.finalize(one.params_and_grads())
    assert np.array_equal(net.packed.params, twin.packed.params)
    assert copied.iterations == optimizer.iterations == 2
    with pytest.raises(UsageError):
        copied.step(net.params_and_grads())


def test_an_optimizer_copied_alone_goes_on_with_its_network_or_a_copy_of_that():
    net, optimizer = network(), SGD(0.1, momentum=0.9)
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    copied, twin = copy.deepcopy(optimizer), copy.deepcopy(net)
    for one, it in ((net, optimizer), (twin, copied)):
        fill(one, 1)
        it.step(one.params_and_grads())
    assert np.array_equal(net.packed.params, twin.packed.params)
    with pytest.raises(UsageError, match="network of its first step"):
        copy.deepcopy(optimizer).step(network().params_and_grads())


def test_pairs_from_before_a_change_are_refused():
    net, optimizer = network(), SGD(0.1)
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
    net = network()
    fill(net, 0)
    start = net.packed.params.copy()
    copied = copy.deepcopy(optimizer)
    copied.step(net.params_and_grads())
    assert (optimizer.iterations, copied.iterations) == (1, 1)
    assert np.allclose(net.packed.params, adam(start, [net.packed.grads], 0.1), rtol=1e-12)


def test_an_added_layer_starts_slots_and_counts_anew():
    net, optimizer = network(), Adam(0.1)
    fill(net, 0)
    optimizer.step(net.params_and_grads())
    net.add(Dense(1))
    fill(net, 0)
    start = net.packed.params.copy()
    optimizer.step(net.params_and_grads())
    assert optimizer.iterations == 1
    assert np.allclose(net.packed.params, adam(start, [net.packed.grads], 0.1), rtol=1e-12)


# -- an optimizer of one's own


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
    net, optimizer = network(), Heavy(learning_rate=0.1, clipvalue=0.1, weight_decay=0.1)
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


@pytest.mark.parametrize("name", FORMULAS)
def test_config_makes_the_same_optimizer_again(name):
    optimizer = FORMULAS[name][0]()
    again = type(optimizer).from_config(optimizer.config())
    assert again.config() == optimizer.config()
    assert repr(again) == repr(optimizer)


def test_a_schedule_survives_the_config():
    optimizer = SGD(ExponentialDecay(0.5, 10, 0.9), weight_decay=0.1)
    again = SGD.from_config(optimizer.config())
    assert again.learning_rate == 0.5
    assert repr(again) == repr(optimizer)


def test_the_loop_by_hand_and_fit_give_the_same_bits():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)
    one, two = network("float32"), network("float32")
    loss, optimizer = MSELoss(), Adam(0.01)
    for _ in range(5):
        for part in (slice(0, 5), slice(5, 8)):
            loss.forward(y[part], one.forward(x[part], training=True))
            one.backward(loss.backward())
            optimizer.step(one.params_and_grads())
    two.compile(Adam(0.01), MSELoss())
    two.fit(x, y, batch_size=5, epochs=5, shuffle=False, verbose=0)
    assert np.array_equal(one.packed.params, two.packed.params)
