"""The pure functions of the core and the layers above them; how exact activations are stands in test_activations.py."""

import copy
from pathlib import Path

import numpy as np
import pytest

from minifw import Dropout, LeakyReLU, ReLU, Sigmoid, Tanh, ops

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "ops.npz"))
DTYPES = [np.float32, np.float64]
ONE_ARGUMENT = {
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "leaky_0.1": lambda x: ops.leaky_relu(x, 0.1),
    "leaky_0.3": lambda x: ops.leaky_relu(x, 0.3),
    "relu": ops.relu,
    "relu6": lambda x: ops.relu(x, 6.0, 0.1, 1.0),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_relu_is_exact(dtype):
    x = REFERENCE[f"x_{np.dtype(dtype)}"]
    assert np.array_equal(ops.relu(x), np.where(x > 0, x, 0))


def test_sigmoid_keeps_the_small_probability_that_the_naive_float32_form_loses():
    assert ops.sigmoid(np.float32([-88.8]))[0] == pytest.approx(2.7e-39, rel=0.02)
    assert ops.sigmoid(np.float32([-104.0]))[0] == 0
    assert ops.sigmoid(np.array([-745.0]))[0] > 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("sigmoid", (0, 1)),
        ("tanh", (-1, 1)),
        ("relu", (0, np.inf)),
        ("leaky_0.1", (-np.inf, np.inf)),
        ("relu6", (-np.inf, 6)),
    ],
)
def test_infinities_go_to_the_limits_and_nan_stays_nan(name, limits, dtype):
    y = ONE_ARGUMENT[name](np.array([-np.inf, np.inf, np.nan, -1e4, 1e4], dtype))
    assert tuple(y[:2]) == limits
    assert np.isnan(y[2])
    assert y.dtype == dtype


def test_a_leaky_relu_of_slope_0_has_no_nan_at_infinity():
    assert np.array_equal(ops.leaky_relu(np.array([-np.inf, np.inf]), 0.0), [0, np.inf])
    assert np.isnan(ops.leaky_relu(np.array([np.nan]), 0.0)[0])


@pytest.mark.parametrize("slope", [-2.0, -0.5, 0.0, 0.1, 1.0, 2.0])
def test_leaky_relu_takes_a_slope_of_either_sign_and_any_size(slope):
    x = np.array([-3.0, -0.0, 0.0, 4.0])
    assert np.array_equal(ops.leaky_relu(x, slope), [slope * -3.0, 0, 0, 4])


def test_a_steep_leaky_relu_of_a_huge_positive_number_is_that_number_without_a_warning():
    assert ops.leaky_relu(np.array([1.7e308]), 2.0)[0] == 1.7e308


def test_relu_follows_its_formula():
    x = np.array([-3.0, 0.5, 1.0, 2.0, 9.0])
    assert np.array_equal(ops.relu(x, max_value=6.0, negative_slope=0.5, threshold=1.0), [-2, -0.25, 0, 2, 6])
    assert np.array_equal(ops.relu(x, threshold=1.0), [0, 0, 0, 2, 9])


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3)])
def test_any_shape_is_welcome(name, shape):
    assert np.shape(ONE_ARGUMENT[name](np.zeros(shape))) == shape


@pytest.mark.parametrize("function", [ops.sigmoid, ops.tanh, ops.leaky_relu])
def test_the_result_goes_into_out_and_the_argument_is_left_alone(function):
    x = np.linspace(-2, 2, 5)
    kept, out = x.copy(), np.empty(5)
    assert function(x, out=out) is out
    assert np.array_equal(x, kept)
    assert np.array_equal(out, function(x))


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


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@pytest.mark.parametrize("dtype", DTYPES)
def test_large_arrays_hold_the_same_numbers_as_small_ones(name, dtype):
    x = REFERENCE[f"x_{np.dtype(dtype)}"]
    many = np.tile(x, 40)
    assert np.allclose(ONE_ARGUMENT[name](many), np.tile(ONE_ARGUMENT[name](x), 40), rtol=4 * np.finfo(dtype).eps, atol=0)


# -- the layers above them


@pytest.mark.parametrize("rows", [1, 5000])
@pytest.mark.parametrize(
    ("layer", "slope"),
    [
        (ReLU(), 0),
        (ReLU(negative_slope=0.2), 0.2),
        (LeakyReLU(0.1), 0.1),
        (LeakyReLU(0), 0),
        (LeakyReLU(-0.5), -0.5),
        (LeakyReLU(2), 2),
    ],
)
def test_the_slope_at_0_and_minus_0_is_that_of_the_negative_side(layer, slope, rows):
    layer(np.tile([0.0, -0.0, -1.0, 1.0, 5e-324, -5e-324], (rows, 1)))
    assert np.array_equal(layer.backward(np.ones((rows, 6)))[-1], [slope, slope, slope, 1, 1, slope])


@pytest.mark.parametrize("layer", [Sigmoid(), Tanh()])
def test_saturated_activations_have_no_slope_and_no_nan(layer):
    for dtype, least in ((np.float32, 1e-38), (np.float64, 1e-307)):
        layer = copy.deepcopy(layer)
        slopes = layer(np.array([[-np.inf, -1e4, 1e4, np.inf]], dtype)) * 0 + layer.backward(np.ones((1, 4), dtype))
        assert slopes.dtype == dtype and (np.abs(slopes) <= least).all()


def test_slopes_err_by_at_most_4_eps_of_the_terms_of_their_formula():
    x = np.linspace(-30, 30, 601)[np.newaxis]
    for layer, wanted in ((Sigmoid(), 1 / (4 * np.cosh(x / 2) ** 2)), (Tanh(), 1 / np.cosh(x) ** 2)):
        y = layer(x)
        terms = y + y * y if isinstance(layer, Sigmoid) else 1 + y * y
        assert (np.abs(layer.backward(np.ones_like(x)) - wanted) <= 4 * np.finfo(float).eps * terms).all()


def test_a_dropout_of_0_and_any_dropout_in_inference_is_the_identity():
    x = np.random.default_rng(0).normal(size=(3, 4))
    assert np.array_equal(Dropout(0)(x, training=True), x)
    assert np.array_equal(Dropout(0.9)(x), x)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_expectation(rate):
    y = Dropout(rate, seed=1)(np.ones((500, 200)), training=True)
    assert set(np.unique(y)) == {0.0, 1 / (1 - rate)}
    assert abs(y.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / y.size)
    assert abs((y == 0).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / y.size)


def test_a_dropout_rate_near_1_has_a_finite_scale():
    y = Dropout(1 - 1e-6, seed=1)(np.ones((100, 100), np.float32), training=True)
    assert y.dtype == np.float32
    assert np.isfinite(y).all()


def test_one_draw_of_dropout_spreads_over_axes_of_1():
    y = Dropout(0.5, noise_shape=[None, 1, 4], seed=1)(np.ones((6, 3, 4)), training=True)
    assert np.array_equal(y, np.repeat(y[:, :1], 3, axis=1))
    assert len(np.unique(y[:, 0], axis=0)) > 1
    y = Dropout(0.5, noise_shape=(1, 8), seed=1)(np.ones((6, 8)), training=True)
    assert np.array_equal(y, np.repeat(y[:1], 6, axis=0))
