"""Sums down many rows, along them and of all, and the layers that form them: an error that does not grow with the number."""

import math

import numpy as np
import pytest

import minifw as mf
from minifw import L1, L2
from minifw.engine import reductions
from minifw.engine.reductions import added, sums_between, sums_down
from minifw.engine.tuning import BLOCK_ROWS
from minifw.inspect.checks import in_float64

MANY = 1_000_000


def errors(found, wanted):
    """How far float32 numbers are from the right ones, in eps."""
    return np.abs(found / np.asarray(wanted, np.float64) - 1).max() / np.finfo(np.float32).eps


@pytest.mark.parametrize("columns", [1, 8, *(pytest.param(n, marks=pytest.mark.campaign) for n in (2, 5))])
@pytest.mark.parametrize("by", [None, (MANY,), (MANY, None)])
def test_a_sum_of_a_million_rows_is_exact_to_150_eps(columns, by):
    rows = np.full((MANY, columns), 0.1, np.float32)
    factor = np.float32(0.7)
    by = None if by is None else np.full([columns if size is None else size for size in by], factor)
    wanted = MANY * float(np.float32(0.1)) * (1 if by is None else float(factor))
    assert errors(sums_down(rows, by=by), wanted) <= 150


@pytest.mark.parametrize("n", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS, BLOCK_ROWS**2 + 7])
def test_sums_of_few_and_of_many_rows_are_those_of_numpy(n):
    rng = np.random.default_rng(n)
    rows, others, factors, out = rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.normal(size=n), np.empty(3)
    assert np.allclose(sums_down(rows, out), rows.sum(axis=0)) and np.array_equal(out, sums_down(rows))
    assert np.allclose(sums_down(rows, by=factors), factors @ rows)
    assert np.allclose(sums_down(rows, by=others), (rows * others).sum(axis=0))
    assert np.allclose(sums_down(np.stack([rows, others])), [rows.sum(axis=0), others.sum(axis=0)])
    assert np.allclose(sums_down(rows[::-1, ::2]), rows[:, ::2].sum(axis=0))


def test_parts_are_added_pair_by_pair():
    assert added(iter([np.arange(3)])).tolist() == [0, 1, 2]
    for n in range(1, 40):
        parts = np.repeat(np.arange(n), 2).reshape(n, 2)
        assert added(iter(parts)).tolist() == [n * (n - 1) // 2] * 2
        assert (parts == np.arange(n)[:, np.newaxis]).all()


def test_sums_between_places_are_those_of_numpy():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(5000, 2))
    for first in ([0], [0, 1, 2, 4000], [0, 511, 512, 513, 1024, 4999], np.arange(0, 5000, 3)):
        assert np.allclose(sums_between(rows, np.array(first)), np.add.reduceat(rows, first, axis=0))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 7, 31, 32, 46, 103, 127, 287, 509, 1024, 1039, 5001])
def test_sums_over_rows_err_by_at_most_4_eps_whatever_their_width(width, dtype):
    c = np.random.default_rng(0).uniform(0.1, 1, 200).astype(dtype)  # equal terms: all roundings go the same way
    array = np.repeat(c[:, np.newaxis], width, axis=1)
    allowed = 4 * np.finfo(dtype).eps
    for found, mean in (
        (reductions.row_sums(array), c.astype(np.longdouble)),
        (reductions.row_sums(array[:2]), c[:2].astype(np.longdouble)),
        (reductions.row_dots(array, array), c.astype(np.longdouble) ** 2),
    ):
        assert (np.abs(found - mean * width) <= allowed * mean * width).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 64, 65, 127, 4095, 16_385, 999_983])
def test_sums_of_all_err_by_at_most_4_eps_of_their_terms(size, dtype):
    rng, allowed = np.random.default_rng(0), 4 * np.finfo(dtype).eps
    for array in (np.full(size, rng.uniform(0.1, 1)), np.sort(rng.random(size)), rng.normal(size=size)):
        exact = array.astype(dtype).astype(np.float64)
        total, terms, squares = (math.fsum(a.tolist()) for a in (exact, np.abs(exact), exact**2))
        assert abs(reductions.total(array.astype(dtype)) - total) <= allowed * terms
        assert abs(reductions.squares(array.astype(dtype)) - squares) <= allowed * squares
        assert abs(L1(1.0)(array.astype(dtype)) - terms) <= allowed * terms
        assert abs(L2(1.0)(array.astype(dtype)) - squares) <= allowed * squares


def test_sums_of_infinities_are_those_of_numpy():
    big = np.finfo(float).max
    with np.errstate(over="ignore", invalid="ignore"):
        assert reductions.total(np.array([big, big])) == reductions.squares(np.full(9000, 1e308)) == np.inf
        assert np.isnan([reductions.total(np.array(pair)) for pair in ([np.inf, -np.inf], [np.nan, 1.0])]).all()


@pytest.mark.parametrize(
    ("layer", "shape", "n"),
    [
        (mf.Dense(2), (2,), MANY),
        (mf.Conv1D(2, 1), (MANY, 1), 1),
        (mf.Conv2D(2, 1), (1000, 100, 1), 10),
        (mf.PReLU("ones"), (2,), MANY),
        (mf.LayerNormalization(), (2,), MANY),
        (mf.RMSNormalization(), (2,), MANY),
        (mf.BatchNormalization(), (2,), MANY),
        (mf.Embedding(1, 2), (MANY,), 1),
        pytest.param(mf.Dense(2), (MANY, 1), 1, marks=pytest.mark.campaign),
        pytest.param(mf.Conv2D(3, 1, groups=3), (1000, 100, 3), 10, marks=pytest.mark.campaign),
        pytest.param(mf.PReLU("ones", shared_axes=1), (MANY, 2), 1, marks=pytest.mark.campaign),
        pytest.param(mf.PReLU("ones", shared_axes=(1, 3)), (1000, 2, 100), 10, marks=pytest.mark.campaign),
        pytest.param(mf.BatchNormalization(1), (2, 1000), 1000, marks=pytest.mark.campaign),
    ],
    ids=repr,
)
def test_gradients_of_what_is_added_to_or_multiplies_all_rows_are_exact_to_150_eps(layer, shape, n):
    x = np.zeros((n, *shape), np.int64) if layer.input_kind == "index" else np.full((n, *shape), -0.3, np.float32)
    if isinstance(layer, mf.LayerNormalization):
        x[:, 0] = 0.1  # equal values have no deviation
    layer(x)
    exact = in_float64(layer, shape)
    for each in (layer, exact):
        y = each.forward(x.astype(np.float64) if each is exact and x.dtype.kind == "f" else x)
        each.backward(np.full(y.shape, np.float32(0.1), y.dtype))
    names = set(vars(layer.grads)) - {"kernel"}
    assert names and all(errors(getattr(layer.grads, name), getattr(exact.grads, name)) <= 150 for name in names)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (mf.GlobalAveragePooling1D(), (MANY, 2)),
        (mf.GlobalAveragePooling2D(), (1000, 1000, 1)),
        (mf.GlobalAveragePooling2D(), (1000, 100, 8)),
        (mf.AveragePooling1D(3000), (3000, 2)),
    ],
    ids=repr,
)
def test_means_of_many_places_are_exact_to_150_eps(layer, shape):
    assert errors(layer(np.full((1, *shape), 0.1, np.float32)), np.float32(0.1)) <= 150


def test_the_statistics_of_a_large_batch_are_exact_to_150_eps():
    layer = mf.BatchNormalization(momentum=0)
    x = np.full((MANY, 2), 0.1, np.float32)
    x[::2] = 0.3
    layer(x, training=True)
    assert errors(layer.state.moving_mean, x.mean(axis=0, dtype=np.float64)) <= 150
    assert errors(layer.state.moving_variance, x.var(axis=0, dtype=np.float64)) <= 150
