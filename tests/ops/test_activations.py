"""Activations as functions: as exact as DESIGN section 7 says over the whole range, and silent."""

from pathlib import Path

import numpy as np
import pytest

from minifw import ops

REFERENCE = dict(np.load(Path(__file__).parents[1] / "reference" / "ops.npz"))
DTYPES = [np.float32, np.float64]
WITH_SLOPE = {
    "elu": ops.elu,
    "elu_0.3": lambda x, **rooms: ops.elu(x, 0.3, **rooms),
    "selu": ops.selu,
    "gelu": ops.gelu,
    "gelu_tanh": lambda x, **rooms: ops.gelu(x, True, **rooms),
    "silu": ops.silu,
    "mish": ops.mish,
    "softplus": ops.softplus,
    "softsign": ops.softsign,
}
FUNCTIONS = {
    **WITH_SLOPE,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "leaky_0.1": lambda x: ops.leaky_relu(x, 0.1),
    "leaky_0.3": lambda x: ops.leaky_relu(x, 0.3),
}
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=["float32", "float64"])
every_function = pytest.mark.parametrize("name", WITH_SLOPE)


def error_of(y, key):
    """Return how far `y` is from a reference, which is kept as the nearest double and the rest in its last place."""
    high, rest = REFERENCE[key], REFERENCE[f"{key}_rest"].astype(float)
    unit = np.spacing(np.minimum(np.abs(high), np.finfo(float).max / 2))
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.abs((y.astype(np.float64) - high) - rest * unit)
        return np.where(y == high.astype(y.dtype), 0, found), high  # the nearest number, or beyond the largest


# -- how exact --------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_are_within_4_ulp_of_the_true_value_over_the_whole_range(name, dtype):
    x = REFERENCE[f"x_{np.dtype(dtype)}"]
    y = FUNCTIONS[name](x)
    assert y.dtype == dtype and len(x) > 400
    error, high = error_of(y, f"{name}_{np.dtype(dtype)}")
    ulp = np.spacing(np.minimum(np.abs(high), np.finfo(dtype).max / 2).astype(dtype)).astype(np.float64)
    far = (x < -5) & name.startswith("gelu") & (dtype is np.float64)
    allowed = np.where(far, 16, 4) * ulp
    assert (error <= allowed).all(), x[error > allowed]


@every_dtype
@every_function
def test_slopes_err_by_at_most_4_eps_times_the_terms_of_their_formula(name, dtype):
    x = REFERENCE[f"x_{np.dtype(dtype)}"]
    slope = np.empty_like(x)
    WITH_SLOPE[name](x, slope=slope)
    key = f"{name}_{np.dtype(dtype)}_slope"
    info = np.finfo(dtype)
    allowed = 4 * info.eps * REFERENCE[f"{key}_terms"] + 4 * float(info.smallest_subnormal)
    error, _ = error_of(slope, key)
    assert (error <= allowed).all(), x[error > allowed]


@every_dtype
@pytest.mark.parametrize(
    ("name", "limits", "slopes"),
    [
        ("elu", (-1, np.inf), (0, 1)),
        ("elu_0.3", (-0.3, np.inf), (0, 1)),
        ("selu", (-1.7580993408473766, np.inf), (0, 1.0507009873554805)),
        ("gelu", (0, np.inf), (0, 1)),
        ("gelu_tanh", (0, np.inf), (0, 1)),
        ("silu", (0, np.inf), (0, 1)),
        ("mish", (0, np.inf), (0, 1)),
        ("softplus", (0, np.inf), (0, 1)),
        ("softsign", (-1, 1), (0, 0)),
    ],
)
def test_infinities_go_to_the_limits_and_nan_stays_nan(name, limits, slopes, dtype):
    for ends in ([-np.inf, np.inf], [-np.inf, np.inf, -1e4, 1e4, 3e38, -3e38]):
        x = np.array([*ends, np.nan], dtype)
        slope = np.empty_like(x)
        y = WITH_SLOPE[name](x, slope=slope)
        assert np.allclose(y[:2], limits, rtol=np.finfo(dtype).eps) and np.isnan(y[-1])
        assert np.allclose(slope[:2], slopes, rtol=np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
        assert np.isfinite(slope[:-1]).all() and not np.isnan(y[:-1]).any()


@every_dtype
def test_what_an_entry_becomes_does_not_depend_on_its_neighbours(dtype):
    x = np.linspace(-4, 4, 33, dtype=dtype)
    for name, function in WITH_SLOPE.items():
        for end in (np.inf, -np.inf, np.nan, -100, 800):
            assert np.array_equal(function(np.append(x, dtype(end)))[:-1], function(x)), name


def test_near_zero_and_far_out_nothing_is_lost():
    assert ops.elu(np.array([-1e-12]))[0] == pytest.approx(-1e-12, rel=1e-11)
    assert ops.softplus(np.array([-40.0]))[0] == pytest.approx(np.exp(-40.0), rel=1e-15)
    assert ops.softplus(np.array([37.0]))[0] == 37.0 and ops.softplus(np.float32([16.7]))[0] == np.float32(16.7)
    assert ops.gelu(np.array([-38.0]))[0] == pytest.approx(-1.0984e-314, rel=1e-3)
    assert ops.silu(np.float32([-100.0]))[0] == pytest.approx(-3.72e-42, rel=1e-3)


@every_function
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
def test_any_shape_is_welcome(name, shape):
    for number in (-0.5, -800.0):
        x, slope = np.full(shape, number), np.empty(shape)
        y, one, one_slope = WITH_SLOPE[name](x, slope=slope), np.array([number]), np.empty(1)
        assert np.shape(y) == shape
        assert (y == WITH_SLOPE[name](one, slope=one_slope)).all() and (slope == one_slope).all()


@every_function
def test_results_go_into_out_and_slope_and_the_argument_is_left_alone(name):
    x = np.linspace(-200, 200, 5)
    kept, out, slope = x.copy(), np.empty(5), np.empty(5)
    assert WITH_SLOPE[name](x, out=out, slope=slope) is out
    assert np.array_equal(x, kept) and np.array_equal(out, WITH_SLOPE[name](x))
