"""Softmax and its logarithm as functions, and their ways back: exact to 4 eps of their terms, along any axes, and silent."""

from pathlib import Path

import numpy as np
import pytest

from minifw import ops

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "ops.npz"))
DTYPES = [np.float32, np.float64]


def test_softmax_errs_by_at_most_4_eps_times_the_distance_from_the_largest_score():
    scores, high = REFERENCE["scores"], REFERENCE["softmax"]
    low = REFERENCE["softmax_rest"] * np.spacing(high)
    for dtype in DTYPES:
        y = ops.softmax(scores.astype(dtype)).astype(np.float64)
        info = np.finfo(dtype)
        allowed = 4 * info.eps * high * (1 + scores.max(-1, keepdims=True) - scores) + float(info.smallest_subnormal)
        assert (np.abs(y - high - low) <= allowed).all()
        assert (np.abs(y.sum(-1) - 1) <= 4 * info.eps).all()


def test_log_softmax_errs_by_at_most_4_eps_times_the_terms_of_its_formula():
    scores, high = REFERENCE["scores"], REFERENCE["log_softmax"]
    low = REFERENCE["log_softmax_rest"] * np.spacing(np.abs(high))
    below = scores.max(-1, keepdims=True) - scores
    e = np.exp(-below) * (1 + below)
    np.put_along_axis(e, scores.argmax(-1)[:, np.newaxis], 0, -1)  # the largest score's own 1 is no term of log1p
    terms = below + e.sum(-1, keepdims=True)
    for dtype in DTYPES:
        y = ops.log_softmax(scores.astype(dtype)).astype(np.float64)
        allowed = 4 * np.finfo(dtype).eps * terms + float(np.finfo(dtype).smallest_subnormal)
        assert (np.abs(y - high - low) <= allowed).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_ways_back_err_by_at_most_4_eps_times_the_terms_of_their_formulas(dtype):
    scores, g = REFERENCE["scores"], REFERENCE["score_grads"]
    p, below = REFERENCE["softmax"], 1 + scores.max(-1, keepdims=True) - scores
    terms = {
        "softmax": p * below * (np.abs(g) + (p * below * np.abs(g)).sum(-1, keepdims=True)),
        "log_softmax": np.abs(g) + p * below * np.abs(g).sum(-1, keepdims=True),
    }
    for name, sizes in terms.items():
        y, back = getattr(ops, name)(scores.astype(dtype)), getattr(ops, f"{name}_gradient")
        error = np.abs(back(y, g.astype(dtype)) - REFERENCE[f"{name}_gradient"])
        assert (error <= 4 * np.finfo(dtype).eps * sizes + float(np.finfo(dtype).smallest_subnormal)).all()


def test_the_logarithm_of_a_probability_near_1_keeps_its_digits():
    assert ops.log_softmax(np.array([50.0, 0.0]))[0] == pytest.approx(-np.exp(-50.0), rel=1e-14)


def test_the_log_softmax_of_far_scores_is_exact():
    assert np.array_equal(ops.log_softmax(np.array([1e4, 0.0, -1e4])), [0, -1e4, -2e4])


@pytest.mark.parametrize("function", [ops.softmax, ops.log_softmax])
@pytest.mark.parametrize("row", [[np.inf, 0.0, 1.0], [-np.inf] * 3, [np.nan, 0.0, 1.0], [np.inf, np.inf, -np.inf]])
def test_rows_without_a_limit_become_nan_in_silence(function, row):
    y = function(np.array([row, [0.0, 0.0, 0.0]]))
    assert np.isnan(y[0]).all()
    assert np.isfinite(y[1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_score_of_minus_infinity_gets_probability_0(dtype):
    assert np.array_equal(ops.softmax(np.array([-np.inf, 1.0, 1.0], dtype)), [0, 0.5, 0.5])
    assert ops.log_softmax(np.array([-np.inf, 1.0], dtype))[0] == -np.inf


def test_the_softmax_of_scores_at_both_ends_of_the_range_is_silent():
    assert np.array_equal(ops.softmax(np.array([[3e38, -3e38]], np.float32)), [[1, 0]])


def test_the_log_softmax_of_scores_at_both_ends_of_the_range_is_silent():
    assert ops.log_softmax(np.array([[3e38, -3e38]], np.float32))[0, 0] == 0


@pytest.mark.parametrize("function", [ops.softmax, ops.log_softmax])
def test_softmax_takes_any_axis_and_no_rows(function):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    for axis in (0, 1, 2, -2):
        wanted = np.moveaxis(function(np.moveaxis(x, axis, -1)), -1, axis)
        assert np.allclose(function(x, axis), wanted, rtol=1e-14, atol=0)
        assert np.array_equal(function(x, axis, out := np.empty_like(x)), out)
    together = function(x.transpose(1, 0, 2).reshape(3, 8), -1).reshape(3, 2, 4).transpose(1, 0, 2)
    assert np.allclose(function(x, (0, -1)), together, rtol=1e-14, atol=0)
    assert function(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(("shape", "axis"), [((3, 100_000), -1), ((100_000, 3), 0), ((3, 400, 250), (1, 2))])
def test_a_long_softmax_sums_to_1(shape, axis):
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    assert np.allclose(ops.softmax(x, axis).sum(axis, dtype=np.float64), 1, rtol=0, atol=4 * np.finfo(np.float32).eps)
