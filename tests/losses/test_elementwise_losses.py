"""Losses that look at one entry at a time: their bends, their limits, their labels, and large batches."""

import numpy as np
import pytest

import minifw as mf
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError

ALL = [
    mf.MSELoss,
    mf.MAELoss,
    mf.HuberLoss,
    mf.LogCoshLoss,
    mf.QuantileLoss,
    mf.PoissonLoss,
    mf.HingeLoss,
    mf.KLDivergenceLoss,
]
INF = np.inf


def each(loss, y_true, y_pred):
    """Return the values and slopes of single outputs."""
    vars(loss)["reduction"] = "none"
    values = loss.forward(np.array(y_true)[:, np.newaxis], np.array(y_pred)[:, np.newaxis])
    return values.tolist(), loss.backward()[:, 0].tolist()


# -- bends and limits


def test_where_the_prediction_is_exact_there_is_no_slope():
    for loss in (mf.MSELoss(), mf.MAELoss(), mf.HuberLoss(), mf.LogCoshLoss(), mf.QuantileLoss()):
        assert each(loss, [0.5, -0.0], [0.5, 0.0]) == ([0, 0], [0, 0])


def test_huber_is_a_parabola_up_to_delta_and_a_straight_line_beyond():
    assert each(mf.HuberLoss(2.0), [0.0] * 5, [-3.0, -2.0, 1.0, 2.0, 4.0]) == ([4, 2, 0.5, 2, 6], [-2, -2, 1, 2, 2])


def test_half_the_absolute_error_is_the_loss_of_the_median():
    y, y_pred = np.random.default_rng(0).normal(size=(2, 5, 3))
    median, absolute = mf.QuantileLoss(), mf.MAELoss()
    assert median.forward(y, y_pred) == pytest.approx(absolute.forward(y, y_pred) / 2, rel=1e-15)
    assert np.array_equal(median.backward(), absolute.backward() / 2)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_best_constant_is_the_quantile(quantile):
    y = np.random.default_rng(0).exponential(size=(1001, 1))
    loss = mf.QuantileLoss(quantile)
    found = [loss.forward(y, np.full_like(y, c)) for c in y[:, 0]]
    assert y[int(np.argmin(found)), 0] == pytest.approx(np.quantile(y, quantile), rel=1e-12)


def test_extreme_quantiles_keep_their_small_slope():
    assert each(mf.QuantileLoss(1e-6), np.float32([5, 0]), np.float32([0, 5]))[1] == [
        -np.float32(1e-6),
        np.float32(1 - 1e-6),
    ]


@pytest.mark.parametrize("error", [1e-3, 1e-5, 1e-7])
def test_log_cosh_keeps_small_errors_apart_from_0(error):
    value = mf.LogCoshLoss().forward(np.zeros((1, 1), np.float32), np.array([[error]], np.float32))
    assert value == pytest.approx(error**2 / 2, rel=1e-6 / error, abs=0)
    assert value >= 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "y", "values", "slopes"),
    [
        (mf.MSELoss(), 0.0, [INF, INF], [INF, -INF]),
        (mf.MAELoss(), 0.0, [INF, INF], [1, -1]),
        (mf.HuberLoss(2.0), 0.0, [INF, INF], [2, -2]),
        (mf.LogCoshLoss(), 0.0, [INF, INF], [1, -1]),
        (mf.QuantileLoss(0.25), 0.0, [INF, INF], [0.75, -0.25]),
        (mf.HingeLoss(), 1.0, [0, INF], [0, -1]),
        (mf.HingeLoss(), -1.0, [INF, 0], [1, 0]),
        (mf.KLDivergenceLoss(), 1.0, [0, -np.log(1e-7)], [0, 0]),
    ],
    ids=repr,
)
def test_infinite_predictions_have_their_limits_without_a_warning(loss, y, values, slopes, dtype):
    found = each(loss, np.full(2, y, dtype), np.array([INF, -INF], dtype))
    assert found[0] == pytest.approx(values, rel=1e-6)
    assert found[1] == slopes


def test_counts_have_a_loss_down_to_an_expectation_of_0_and_up_to_infinity():
    values, slopes = each(mf.PoissonLoss(), [2.0, 2.0, 0.0, 0.0], [0.0, INF, 0.0, INF])
    assert values == pytest.approx([-2 * np.log(1e-7), INF, 0, INF])
    assert slopes == pytest.approx([1 - 2e7, 1, 1, 1])


@pytest.mark.parametrize("cls", ALL)
def test_no_prediction_warns_and_no_nan_is_lost(cls):
    far = np.array([[-INF, -3e38, -1e-45, 0.0, 1e-45, 1.0, 3e38, INF, np.nan]], np.float32).T
    loss = cls(reduction="none")
    for y in (-3e38, -1.0, 0.0, 1.0, 3e38):
        values = loss.forward(np.full_like(far, y), far)
        loss.backward()
        assert np.isnan(values[-1])


# -- labels and arguments


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [False, True, True, False], [-1, 1, 1, -1]])
def test_hinge_reads_0_and_1_as_minus_1_and_1(labels):
    loss, y_pred = mf.HingeLoss(), np.array([[0.5], [0.5], [2.0], [-3.0]])
    assert loss.forward(labels, y_pred) == (1.5 + 0.5) / 4
    assert np.array_equal(loss.backward() * 4, [[1], [-1], [0], [0]])


def test_shares_of_kl_are_clipped_and_have_no_slope_there():
    loss = mf.KLDivergenceLoss()
    assert loss.forward([[1.0, 0.0]], np.array([[0.0, 1.5]])) == pytest.approx(-np.log(1e-7) + 1e-7 * np.log(1e-7))
    assert not loss.backward().any()


@pytest.mark.parametrize(
    ("make", "name", "interval"), [(mf.HuberLoss, "delta", "(0, inf)"), (mf.QuantileLoss, "quantile", "(0, 1)")]
)
def test_arguments_have_their_range(make, name, interval):
    for bad in (0, -1.0, np.nan, np.inf):
        with pytest.raises(ArgumentValueError) as caught:
            make(bad)
        assert str(caught.value) == f"{make.__name__}: {name} must be in {interval}, got {bad!r}"
    with pytest.raises(ArgumentTypeError, match=f"{make.__name__}: {name} must be a number"):
        make("0.5")
    assert repr(make(0.25)) == f"{make.__name__}({name}=0.25)"


# -- large batches


@pytest.mark.parametrize("shape", [(70_000, 1), (9000, 10), (700, 100), (70, 1000), (3, 40_000), (300, 20, 17)])
@pytest.mark.parametrize("cls", ALL)
def test_a_large_batch_is_calculated_in_blocks_that_are_right_to_4_eps(cls, shape):
    rng = np.random.default_rng(0)
    y, y_pred = rng.uniform(0.1, 0.9, (2, *shape)).astype(np.float32)
    weights = rng.uniform(size=len(y)).astype(np.float32)
    loss, exact = cls(reduction="none"), cls(reduction="none")
    values = loss.forward(y, y_pred, weights)
    wanted = exact.forward(y, y_pred.astype(np.float64), weights)
    sizes = np.abs(wanted) + (
        np.abs(y * np.log(y)).sum(-1).reshape(len(y), -1).mean(-1) if cls is mf.KLDivergenceLoss else 0
    )
    assert np.abs(values - wanted).max() <= 4 * np.finfo(np.float32).eps * sizes.max()
    assert np.allclose(loss.backward(), exact.backward(), rtol=1e-5, atol=1e-6 * np.abs(exact.backward()).max())


def test_a_loss_of_ones_own_needs_a_value_and_a_slope_of_each_entry():
    class Fourth(mf.ElementwiseLoss, registered=False):
        def each(self, y_true, y_pred):
            return (y_pred - y_true) ** 4

        def slope(self, y_true, y_pred):
            return 4 * (y_pred - y_true) ** 3

    loss = Fourth()
    assert loss.forward([[0.0, 0.0], [1.0, 1.0]], np.array([[1.0, 2.0], [1.0, 0.0]]), [1.0, 2.0]) == (8.5 + 1.0) / 2
    assert np.array_equal(loss.backward(), [[1, 8], [0, -2]])


@pytest.mark.parametrize("method", ["each", "slope"])
@pytest.mark.parametrize("bad", [np.ones(3), 1.0, [[1.0] * 3] * 4, None])
def test_what_a_loss_of_ones_own_says_of_each_entry_must_have_the_shape_of_the_predictions(method, bad):
    own = {"each": lambda self, y, p: p * 1.0, "slope": lambda self, y, p: p * 1.0, method: lambda self, y, p: bad}
    loss = type("Own", (mf.ElementwiseLoss,), own, registered=False)()
    with pytest.raises(ShapeError, match=rf"Own: {method}\(y_true, y_pred\) must return .* shape \(4, 3\), got "):
        loss.forward(np.zeros((4, 3)), np.ones((4, 3)))
        loss.backward()
    with pytest.raises(NotImplementedError, match="must write each"):
        mf.ElementwiseLoss().forward([[1.0]], np.array([[1.0]]))
    with pytest.raises(NotImplementedError, match="must write slope"):
        mf.ElementwiseLoss().slopes(np.ones((1, 1)), np.ones((1, 1)))
