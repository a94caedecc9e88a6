"""Optimizers against their formulas as plain loops: in lists, in networks, in blocks and in fit."""

import numpy as np
import pytest
from builders import descend, three_layers

from minifw import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Lion, MSELoss, Nadam, RMSprop
from minifw.config import registered

STEPS = 100


# -- formulas, as plain loops


def sgd(w, grads, lr=0.01, mu=0.0, nesterov=False):
    m = 0
    for g in grads:
        m = mu * m - lr * g
        w = w + mu * m - lr * g if nesterov else w + m
    return w


def adam(w, grads, lr=0.001, b1=0.9, b2=0.999, eps=1e-7, amsgrad=False, decay=0.0):
    m = v = h = 0
    for t, g in enumerate(grads, 1):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        h = np.maximum(h, v)
        w = w - w * decay * lr
        w = w - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(h if amsgrad else v) + eps)
    return w


def rmsprop(w, grads, lr=0.001, rho=0.9, mu=0.0, eps=1e-7, centered=False):
    v = a = b = 0
    for g in grads:
        v, a = rho * v + (1 - rho) * g * g, rho * a + (1 - rho) * g
        b = mu * b + lr * g / np.sqrt(v - a * a + eps if centered else v + eps)
        w = w - b
    return w


def adagrad(w, grads, lr=0.001, s=0.1, eps=1e-7):
    for g in grads:
        s = s + g * g
        w = w - lr * g / np.sqrt(s + eps)
    return w


def adadelta(w, grads, lr=0.001, rho=0.95, eps=1e-7):
    s = d = 0
    for g in grads:
        s = rho * s + (1 - rho) * g * g
        delta = g * np.sqrt(d + eps) / np.sqrt(s + eps)
        d = rho * d + (1 - rho) * delta * delta
        w = w - lr * delta
    return w


def adamax(w, grads, lr=0.001, b1=0.9, b2=0.999, eps=1e-7):
    m = u = 0
    for t, g in enumerate(grads, 1):
        m, u = b1 * m + (1 - b1) * g, np.maximum(b2 * u, abs(g))
        w = w - lr * m / ((1 - b1**t) * (u + eps))
    return w


def nadam(w, grads, lr=0.001, b1=0.9, b2=0.999, eps=1e-7):
    m, v, product = 0, 0, 1.0
    for t, g in enumerate(grads, 1):
        now, ahead = b1 * (1 - 0.96**t / 2), b1 * (1 - 0.96 ** (t + 1) / 2)
        product *= now
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        n = ahead * m / (1 - product * ahead) + (1 - now) * g / (1 - product)
        w = w - lr * n / (np.sqrt(v / (1 - b2**t)) + eps)
    return w


def lion(w, grads, lr=0.001, b1=0.9, b2=0.99):
    m = 0
    for g in grads:
        w, m = w - lr * np.sign(b1 * m + (1 - b1) * g), b2 * m + (1 - b2) * g
    return w


FORMULAS = {
    "SGD": (lambda: SGD(0.05), lambda w, g: sgd(w, g, 0.05)),
    "SGD, momentum": (lambda: SGD(0.05, momentum=0.9), lambda w, g: sgd(w, g, 0.05, 0.9)),
    "SGD, Nesterov": (lambda: SGD(0.05, 0.9, nesterov=True), lambda w, g: sgd(w, g, 0.05, 0.9, True)),
    "Adam": (lambda: Adam(0.02), lambda w, g: adam(w, g, 0.02)),
    "Adam, amsgrad": (lambda: Adam(0.02, amsgrad=True), lambda w, g: adam(w, g, 0.02, amsgrad=True)),
    "Adam, betas": (lambda: Adam(0.02, 0.5, 0.9, 1e-3), lambda w, g: adam(w, g, 0.02, 0.5, 0.9, 1e-3)),
    "Adam, betas of 0": (lambda: Adam(0.02, 0.0, 0.0), lambda w, g: adam(w, g, 0.02, 0.0, 0.0)),
    "AdamW": (lambda: AdamW(0.02), lambda w, g: adam(w, g, 0.02, decay=0.004)),
    "AdamW, all": (
        lambda: AdamW(0.02, 0.3, 0.5, 0.9, 1e-3, amsgrad=True),
        lambda w, g: adam(w, g, 0.02, 0.5, 0.9, 1e-3, True, 0.3),
    ),
    "RMSprop": (lambda: RMSprop(0.02), lambda w, g: rmsprop(w, g, 0.02)),
    "RMSprop, rho": (lambda: RMSprop(0.02, 0.5, epsilon=1e-2), lambda w, g: rmsprop(w, g, 0.02, 0.5, 0.0, 1e-2)),
    "RMSprop, momentum": (lambda: RMSprop(0.02, momentum=0.8), lambda w, g: rmsprop(w, g, 0.02, mu=0.8)),
    "RMSprop, centered": (lambda: RMSprop(0.02, centered=True), lambda w, g: rmsprop(w, g, 0.02, centered=True)),
    "RMSprop, all": (
        lambda: RMSprop(0.02, 0.8, 0.7, 1e-5, centered=True),
        lambda w, g: rmsprop(w, g, 0.02, 0.8, 0.7, 1e-5, True),
    ),
    "Adagrad": (lambda: Adagrad(0.02), lambda w, g: adagrad(w, g, 0.02)),
    "Adagrad, all": (lambda: Adagrad(0.02, 0.0, 1e-3), lambda w, g: adagrad(w, g, 0.02, 0.0, 1e-3)),
    "Adadelta": (lambda: Adadelta(0.5), lambda w, g: adadelta(w, g, 0.5)),
    "Adadelta, all": (lambda: Adadelta(0.5, 0.5, 1e-3), lambda w, g: adadelta(w, g, 0.5, 0.5, 1e-3)),
    "Adamax": (lambda: Adamax(0.02), lambda w, g: adamax(w, g, 0.02)),
    "Adamax, all": (lambda: Adamax(0.02, 0.5, 0.9, 1e-3), lambda w, g: adamax(w, g, 0.02, 0.5, 0.9, 1e-3)),
    "Nadam": (lambda: Nadam(0.02), lambda w, g: nadam(w, g, 0.02)),
    "Nadam, all": (lambda: Nadam(0.02, 0.99, 0.9, 1e-3), lambda w, g: nadam(w, g, 0.02, 0.99, 0.9, 1e-3)),
    "Lion": (lambda: Lion(0.02), lambda w, g: lion(w, g, 0.02)),
    "Lion, all": (lambda: Lion(0.02, 0.5, 0.8), lambda w, g: lion(w, g, 0.02, 0.5, 0.8)),
}
every_formula = pytest.mark.parametrize(("make", "formula"), FORMULAS.values(), ids=FORMULAS)
every_optimizer = pytest.mark.parametrize("make", [make for make, _ in FORMULAS.values()], ids=FORMULAS)


def test_every_registered_optimizer_has_a_formula():
    assert {type(make()) for make, _ in FORMULAS.values()} == set(registered("optimizer"))


@every_formula
def test_optimizer_equals_its_formula_over_100_steps(make, formula):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(STEPS, 4, 3))
    assert np.allclose(descend(make(), start, grads), formula(start, grads), rtol=1e-12, atol=1e-14)


def test_nadams_product_is_right_at_any_step():
    grads = np.random.default_rng(0).normal(size=(1500, 2))
    wanted = nadam(np.ones(2), grads, 0.02, 0.9999, 0.9)
    assert np.allclose(descend(Nadam(0.02, 0.9999, 0.9), np.ones(2), grads), wanted, rtol=1e-12)


@every_formula
def test_a_network_is_updated_like_a_plain_list(make, formula):
    net, optimizer = three_layers(), make()
    start = net.packed.params.copy()
    grads = np.random.default_rng(1).normal(size=(STEPS, start.size))
    for net.packed.grads[:] in grads:
        optimizer.step(net.params_and_grads())
    assert np.allclose(net.packed.params, formula(start, grads), rtol=1e-12, atol=1e-14)


@every_optimizer
def test_vectors_longer_than_a_block_are_updated_like_short_ones(make):
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=70_001), rng.normal(size=(3, 70_001))
    parts = [slice(at, at + 10_000) for at in range(0, 70_001, 10_000)]
    wanted = np.concatenate([descend(make(), start[part], grads[:, part]) for part in parts])
    assert np.array_equal(descend(make(), start, grads), wanted)


def test_the_loop_by_hand_and_fit_give_the_same_bits():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)).astype(np.float32), rng.normal(size=(8, 2)).astype(np.float32)
    one, two = three_layers("float32"), three_layers("float32")
    loss, optimizer = MSELoss(), Adam(0.01)
    for _ in range(5):
        for part in (slice(0, 5), slice(5, 8)):
            loss.forward(y[part], one.forward(x[part], training=True))
            one.backward(loss.backward())
            optimizer.step(one.params_and_grads())
    two.compile(Adam(0.01), MSELoss())
    two.fit(x, y, batch_size=5, epochs=5, shuffle=False, verbose=0)
    assert np.array_equal(one.packed.params, two.packed.params)
