"""Optimizers find the bottom of valleys, and bear numbers at the edge."""

import copy

import numpy as np
import pytest
from builders import descend

from minifw import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, ExponentialDecay, Lion, Nadam, RMSprop
from minifw.config import registered


def descended(optimizer, start, grads):
    return descend(copy.deepcopy(optimizer), start, grads)


# -- valleys


PARABOLA = [SGD(0.1), SGD(0.02, momentum=0.9), Adam(0.1), Adam(0.1, amsgrad=True), AdamW(0.1), RMSprop(0.02), Adagrad(1.0)]
PARABOLA += [Adadelta(10.0), Adamax(0.1), Nadam(0.1), Lion(ExponentialDecay(0.1, 100, 0.3))]
SLOWLY = ExponentialDecay(0.01, 1000, 0.3)
ROSENBROCK = [SGD(1e-3, momentum=0.9, nesterov=True), Adam(0.02), AdamW(0.02), RMSprop(SLOWLY), Adagrad(1.0)]
ROSENBROCK += [Adadelta(0.3, rho=0.5), Adamax(0.02), Nadam(0.02), Lion(SLOWLY)]


def test_every_optimizer_has_its_valleys():
    assert {*map(type, PARABOLA)} == {*map(type, ROSENBROCK)} == set(registered("optimizer"))


@pytest.mark.parametrize("optimizer", PARABOLA, ids=repr)
def test_optimizer_finds_the_bottom_of_a_parabola(optimizer):
    w, optimizer = np.array([3.0, -2.0]), copy.deepcopy(optimizer)
    for _ in range(500):
        optimizer.step([(w, 2 * w * [1, 4])])
    assert np.abs(w).max() < 0.02


@pytest.mark.parametrize("optimizer", ROSENBROCK, ids=repr)
def test_optimizer_finds_the_end_of_rosenbrocks_valley(optimizer):
    w, optimizer = np.array([-1.2, 1.0]), copy.deepcopy(optimizer)
    for _ in range(5000):
        a, b = w.tolist()
        optimizer.step([(w, np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]))])
    assert np.allclose(w, 1, atol=0.05)


# -- numbers at the edge


EDGES = [
    *(cls(0.1) for cls in registered("optimizer")),
    SGD(0.1, momentum=0.9, nesterov=True),
    Adam(0.1, amsgrad=True, epsilon=0),
    RMSprop(0.1, momentum=0.9, centered=True),
    RMSprop(0.1, epsilon=0),
    Adagrad(0.1, initial_accumulator_value=0, epsilon=0),
    Adadelta(1.0, epsilon=0),
    Adamax(0.1, epsilon=0),
    Nadam(0.1, epsilon=0),
]
every_edge = pytest.mark.parametrize("optimizer", EDGES, ids=repr)


@every_edge
@pytest.mark.parametrize(
    ("dtype", "size"),
    [(np.float64, s) for s in (0, 1e-320, 1e-200, 1e-30, 1e30, 1e100, 1e300)]
    + [(np.float32, s) for s in (0, 1e-44, 1e-30, 1e15, 1e30)],
)
def test_tiny_and_huge_gradients_give_finite_parameters(dtype, size, optimizer):
    grads = (np.random.default_rng(0).normal(size=(50, 3)) * size).astype(dtype)
    assert np.isfinite(descended(optimizer, np.ones(3, dtype), grads)).all()


@every_edge
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_that_are_no_numbers_warn_of_nothing_and_stay_where_they_are(dtype, optimizer):
    grads = np.tile(np.array([np.inf, -np.inf, np.nan, np.finfo(dtype).max, 0.0, 0.5], dtype), (4, 1))
    w = descended(optimizer, np.ones(6, dtype), grads)
    assert np.array_equal(w[4:], descended(optimizer, np.ones(2, dtype), grads[:, 4:]))
    assert w[4] == (1 if not optimizer.weight_decay else pytest.approx((1 - 0.1 * 0.004) ** 4))


@pytest.mark.parametrize(
    "options",
    [
        {"clipnorm": 1.0},
        {"global_clipnorm": 1.0},
        {"clipvalue": 1.0},
        {"weight_decay": 1e30},
        {"use_ema": True, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2},
    ],
    ids=str,
)
def test_the_common_arguments_warn_of_nothing_either(options):
    largest = np.finfo(np.float32).max
    descended(SGD(10.0, **options), np.ones(4, np.float32), np.full((6, 4), [np.inf, -np.inf, np.nan, largest], np.float32))
    descended(SGD(10.0, **options), np.ones(2, np.float32), np.full((6, 2), [largest, -largest], np.float32))


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_centered_rmsprop_survives_a_gradient_that_never_changes(dtype, size):
    grads = np.full((600, 1), size, dtype) / 3
    assert np.isfinite(descended(RMSprop(0.001, centered=True), np.ones(1, dtype), grads)).all()


@every_edge
def test_the_ten_millionth_step_is_finite(optimizer):
    optimizer, w = copy.deepcopy(optimizer), np.ones(2)
    optimizer.iterations = 10_000_000
    optimizer.step([(w, np.full(2, 0.5))])
    assert np.isfinite(w).all()
    assert (w <= 1).all()


@every_edge
def test_a_gradient_of_0_leaves_the_bits_alone(optimizer):
    if not optimizer.weight_decay:
        w = np.random.default_rng(0).normal(size=5)
        assert np.array_equal(descended(optimizer, w, np.zeros((3, 5))), w)


def test_bias_corrections_keep_their_digits_when_beta_is_near_1():
    for cls in (Adam, Adamax):
        w = descended(cls(0.1, 0.9999999, 0.99999999, epsilon=0.0), np.zeros(1), [[2.0]])
        assert w[0] == pytest.approx(-0.1, rel=1e-7)


def test_decay_keeps_its_digits_in_float32():
    start = np.linspace(1, 2, 1000, dtype=np.float32)
    w = descended(SGD(1e-3, weight_decay=1e-3), start, np.zeros((1000, 1000)))
    assert np.mean(w / start) == pytest.approx((1 - 1e-6) ** 1000, abs=3e-6)


def test_the_average_of_what_never_moves_is_that():
    optimizer = SGD(0.0, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=1)
    assert descended(optimizer, np.ones(1, np.float32), np.zeros((1000, 1))) == 1
