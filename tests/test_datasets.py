"""Data sets made from a seed: their shape, their mathematics, and that they are what they are there for."""

import numpy as np
import pytest

import minifw
from minifw import Adam, ArgumentTypeError, ArgumentValueError, Dense, Input, Sequential, datasets
from minifw.datasets import moons, spirals, xor

ALL = [xor, moons, spirals]
each = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


@each
@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_samples_and_labels(make, n):
    x, y = make(n)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((n, 2), np.float64, (n,), np.int64)
    assert set(y) <= {0, 1} and np.isfinite(x).all()


@each
def test_a_seed_gives_the_same_every_time_and_touches_nothing_global(make):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again, other = make(50, seed=3), make(50, seed=3), make(50, seed=4)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert np.array_equal(make(50)[0], make(50)[0]) and not np.array_equal(make(50, seed=None)[0], make(50, seed=None)[0])
    assert np.array_equal(np.random.get_state()[1], before)


@each
def test_noise_has_its_deviation_and_moves_no_place(make):
    still, moved = make(5000, noise=0.0, seed=1)[0], make(5000, noise=0.3, seed=1)[0]
    assert (moved - still).std() == pytest.approx(0.3, rel=0.03) and abs((moved - still).mean()) < 0.01


@each
def test_any_part_holds_all_classes_alike(make):
    _, y = make(400)
    assert all(np.bincount(y[part]).tolist() == [40, 40] for part in (slice(0, 80), slice(320, 400)))


def test_xor_is_the_exclusive_or():
    x, y = xor(8, noise=0.0)
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] * 2 and y.tolist() == [0, 1, 1, 0] * 2
    x, y = xor(400, noise=0.1)
    assert np.array_equal(np.logical_xor(*(x.T > 0.5)), y)


def test_moons_are_half_circles():
    x, y = moons(500, noise=0.0)
    upper, lower = x[y == 0], x[y == 1]
    assert np.allclose(np.hypot(*upper.T), 1) and (upper[:, 1] >= 0).all()
    assert np.allclose(np.hypot(*(lower - [1, 0.5]).T), 1) and (lower[:, 1] <= 0.5).all()


@pytest.mark.parametrize(("classes", "turns"), [(2, 1.5), (3, 1.0), (1, 0.0), (5, 2.25)])
def test_spirals_are_arms_turned_against_each_other(classes, turns):
    x, y = spirals(300, noise=0.0, classes=classes, turns=turns)
    r = np.hypot(*x.T)
    assert (r < 1).all() and set(y) == set(range(classes))
    angle = 2 * np.pi * (turns * r + y / classes)
    assert np.allclose(x, np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1))


@pytest.mark.parametrize(
    ("make", "epochs", "line"), [(xor, 30, 0.8), (moons, 40, 0.95), (spirals, 60, 0.8)], ids=["xor", "moons", "spirals"]
)
def test_a_network_solves_what_a_line_does_not(make, epochs, line):
    x, y = make()
    for hidden, least, most in ((0, 0, line), (32, 0.97, 1)):
        layers = [Dense(hidden, "relu"), Dense(hidden, "relu")] if hidden else []
        net = Sequential([Input((2,)), *layers, Dense(2, "softmax")], seed=1)
        net.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
        net.fit(x, y, epochs=epochs, batch_size=50, verbose=0)
        assert least <= net.evaluate(x, y, verbose=0)[1] <= most


BAD = [
    *((make, "n", bad) for make in ALL for bad in (0, -1, 2.0, "4", None, True)),
    *((make, "noise", bad) for make in ALL for bad in (-0.1, float("nan"), "0", None)),
    *((make, "seed", bad) for make in ALL for bad in (-1, 0.5, np.random.default_rng(0))),
    *((spirals, "classes", bad) for bad in (0, 2.0, True)),
    *((spirals, "turns", bad) for bad in (-1, float("inf"), "1")),
]


@pytest.mark.parametrize(("make", "name", "bad"), BAD)
def test_bad_arguments_are_refused(make, name, bad):
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=rf"^{make.__name__}: {name} must be"):
        make(**{name: bad})


def test_they_are_names_of_their_module_only():
    assert minifw.datasets is datasets and not {make.__name__ for make in ALL} & set(vars(minifw))
