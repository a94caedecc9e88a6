"""ReLU, leaky ReLU, sigmoid and tanh as functions: limits, shapes, buffers and large arrays."""

from pathlib import Path

import numpy as np
import pytest

from minifw import ops

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


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@pytest.mark.parametrize("dtype", DTYPES)
def test_large_arrays_hold_the_same_numbers_as_small_ones(name, dtype):
    x = REFERENCE[f"x_{np.dtype(dtype)}"]
    many = np.tile(x, 40)
    assert np.allclose(ONE_ARGUMENT[name](many), np.tile(ONE_ARGUMENT[name](x), 40), rtol=4 * np.finfo(dtype).eps, atol=0)
