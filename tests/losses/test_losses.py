"""Losses: the mean squared error, what all of them refuse, and what they are called."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minifw import losses
from minifw.config import registered, resolve
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.losses import LambdaLoss, Loss, MAELoss, MSELoss, SparseCategoricalCrossentropyLoss

NAMES = {  # Keras' name, its class name, other strings
    "BinaryCrossentropyLoss": ("binary_crossentropy", "BinaryCrossentropy", "bce", "BCE"),
    "CategoricalCrossentropyLoss": ("categorical_crossentropy", "CategoricalCrossentropy"),
    "CosineSimilarityLoss": ("cosine_similarity", "CosineSimilarity"),
    "HingeLoss": ("hinge", "Hinge"),
    "HuberLoss": ("huber_loss", "Huber", "huber"),
    "KLDivergenceLoss": ("kl_divergence", "KLDivergence", "kld", "KLD"),
    "LogCoshLoss": ("log_cosh", "LogCosh", "logcosh"),
    "MAELoss": ("mean_absolute_error", "MeanAbsoluteError", "mae", "MAE"),
    "MAPELoss": ("mean_absolute_percentage_error", "MeanAbsolutePercentageError", "mape", "MAPE"),
    "MSELoss": ("mean_squared_error", "MeanSquaredError", "mse", "MSE"),
    "MSLELoss": ("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", "msle", "MSLE"),
    "PoissonLoss": ("poisson", "Poisson"),
    "QuantileLoss": ("quantile",),
    "SparseCategoricalCrossentropyLoss": ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
    "SquaredHingeLoss": ("squared_hinge", "SquaredHinge"),
}
OF_A_NAME = [cls for cls in registered("loss") if cls is not LambdaLoss]
"""All but the one that is made of two functions."""


def test_mse_and_its_gradient_have_the_tutorials_factors():
    y = np.array([[0.21, 0.83, 0.87, 0.75]])
    y_pred = np.array([[0.832375528015357, 0.8965571711525526, 0.8733739654904961, 0.9290470429834102]])
    loss = MSELoss()
    assert loss.forward(y, y_pred) == pytest.approx(0.1059625955371147, rel=1e-14)
    assert np.allclose(loss.backward(), -2 * (y - y_pred) / 4, rtol=1e-15, atol=0)


def test_mse_divides_by_all_entries_of_the_batch():
    y, y_pred = np.zeros((3, 2)), np.arange(6.0).reshape(3, 2)
    loss = MSELoss()
    assert loss.forward(y, y_pred) == pytest.approx((y_pred**2).sum() / 6)
    assert np.allclose(loss.backward(), 2 * y_pred / 6)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (4, 3, 1)), ((4, 3, 1), (4, 3))]
)
def test_a_trailing_axis_of_one_is_reconciled_and_never_broadcast(true_shape, pred_shape):
    rng = np.random.default_rng(0)
    y, y_pred = rng.normal(size=true_shape), rng.normal(size=pred_shape)
    loss = MSELoss()
    assert loss.forward(y, y_pred) == pytest.approx(np.square(y.ravel() - y_pred.ravel()).mean())
    error_grad = loss.backward()
    assert error_grad.shape == pred_shape
    assert np.allclose(error_grad.ravel(), 2 * (y_pred.ravel() - y.ravel()) / y.size)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [((4, 2), (4, 3)), ((1, 4), (4, 1)), ((3,), (4,)), ((4,), (4, 4)), ((1, 3), (4, 3)), ((12,), (4, 3))],
)
def test_any_other_mismatch_is_an_error_that_gives_both_shapes(true_shape, pred_shape):
    with pytest.raises(ShapeError) as caught:
        MSELoss().forward(np.zeros(true_shape), np.zeros(pred_shape))
    assert str(true_shape) in str(caught.value)
    assert str(pred_shape) in str(caught.value)
    assert "nothing is broadcast" in str(caught.value)
    assert (caught.value.expected, caught.value.received) == (pred_shape, true_shape)


def test_whole_numbers_and_truth_values_are_cast_to_the_predictions_dtype():
    y_pred = np.array([[0.5], [0.5]], np.float32)
    for y in ([[1], [0]], np.array([[True], [False]]), np.array([[1], [0]], np.uint8)):
        loss = MSELoss()
        assert loss.forward(y, y_pred) == 0.25
        assert loss.backward().dtype == np.float32


def test_float64_targets_do_not_make_the_gradient_float64():
    loss = MSELoss()
    loss.forward(np.zeros((2, 3)), np.ones((2, 3), np.float32))
    assert loss.backward().dtype == np.float32


def test_predictions_that_are_a_list_are_an_array():
    assert MSELoss().forward(np.array([[0.5]]), [[1.0]]) == 0.25


def test_whole_numbers_as_predictions_do_not_truncate_the_targets():
    with pytest.warns(UserWarning, match=r"as if they were swapped: the targets come first, \(y_true, y_pred\)"):
        assert MSELoss().forward(np.array([[0.5]]), np.array([[1]])) == 0.25


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2,), (20, 20), (2000, 2)])
def test_huge_predictions_make_a_huge_loss_without_a_warning(shape):
    loss = MSELoss()
    assert loss.forward(np.zeros(shape, np.float32), np.full(shape, 1e38, np.float32)) > 1e75
    assert loss.forward(np.zeros(shape), np.full(shape, 1e300)) == np.inf
    for huge, dtype in ((3e38, np.float32), (1.7e308, np.float64), (np.inf, np.float32)):
        assert loss.forward(np.full(shape, -huge, dtype), np.full(shape, huge, dtype)) == np.inf
        assert np.array_equal(loss.backward(), np.full(shape, np.inf))
    assert np.isnan(loss.forward(np.full(shape, np.inf), np.full(shape, np.inf)))


def test_losses_are_silent_in_several_threads_at_once():
    y, huge = np.full((4, 4), -3e38, np.float32), np.full((4, 4), 3e38, np.float32)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: MSELoss().forward(y, huge), range(200))) == {np.inf}


@pytest.mark.parametrize("bad", [["a"], [b"a"], [None], np.array(["2020-01-01"], "M8[D]")])
def test_targets_that_are_no_numbers_are_refused(bad):
    with pytest.raises(ArgumentTypeError, match="y_true"):
        MSELoss().forward(bad, np.zeros((1, 1)))


def test_complex_and_masked_targets_are_refused():
    with pytest.raises(ArgumentValueError, match="complex"):
        MSELoss().forward(np.array([[1j]]), np.zeros((1, 1)))
    with pytest.raises(ArgumentTypeError, match="fill or drop"):
        MSELoss().forward(np.ma.masked_array([[1.0]], mask=[[True]]), np.zeros((1, 1)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(32, 1), (1, 46), (32, 10), (9, 127), (4096, 1), (1, 4096), (100_000, 1), (10, 10_000)])
def test_a_mean_errs_by_at_most_4_eps_whatever_its_size(shape, dtype):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y_pred = np.full(shape, rng.uniform(0.1, 1), dtype)  # equal terms: all roundings go the same way
        true = y_pred.astype(np.longdouble).flat[0] ** 2
        for options, weights in (({}, None), ({"reduction": "mean_with_sample_weight"}, np.ones(len(y_pred)))):
            value = MSELoss(**options).forward(np.zeros(shape, dtype), y_pred, weights)
            assert abs(value - true) <= 4 * np.finfo(dtype).eps * true


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "u2", "i4", "u8", "f2", "g", ">f4", ">f8", ">i4", list])
@pytest.mark.parametrize("cls", OF_A_NAME)
def test_whatever_the_dtype_a_loss_is_calculated_in_float32_or_float64(cls, dtype):
    y, y_pred = np.array([[0, 1], [1, 1]]), np.array([[1, 1], [1, 0]])
    if cls is SparseCategoricalCrossentropyLoss:
        y = y[:, 0]
    wanted, found, kind = cls(), cls(), np.dtype(np.float32 if dtype in ("f2", ">f4") else np.float64)
    given = (y.tolist(), y_pred.tolist()) if dtype is list else (y.astype(dtype), y_pred.astype(dtype))
    assert found.forward(*given) == wanted.forward(y.astype(kind), y_pred.astype(kind))
    slope = found.backward()
    assert slope.dtype == kind and slope.dtype.isnative and np.array_equal(slope, wanted.backward())


def test_small_integers_do_not_wrap():
    a, b = np.random.default_rng(0).integers(0, 256, (2, 40, 50), np.uint8)
    error = b.astype(float) - a
    assert MSELoss().forward(a, b) == pytest.approx(np.square(error).mean())
    loss = MAELoss()
    assert loss.forward(a, b) == pytest.approx(np.abs(error).mean())
    assert np.array_equal(loss.backward(), np.sign(error) / error.size)


# -- names and arguments


@pytest.mark.parametrize("cls", OF_A_NAME)
def test_backward_before_forward_is_a_usage_error(cls):
    with pytest.raises(UsageError, match=rf"{cls.__name__}: backward\(\) needs a forward"):
        cls().backward()


def test_unknown_reductions_and_arguments_are_refused_with_a_hint():
    with pytest.raises(ArgumentValueError, match="'mean'"):
        MSELoss(reduction="meen")
    with pytest.raises(ArgumentTypeError, match="from_logits"):
        SparseCategoricalCrossentropyLoss(from_logit=True)
    with pytest.raises(ArgumentTypeError, match="dtype"):
        MSELoss(dtype="float32")


@pytest.mark.parametrize("cls", OF_A_NAME)
def test_keras_names_mean_the_same_class(cls):
    own, *others = NAMES[cls.__name__]
    for name in (cls.__name__, own, *others):
        assert type(resolve("loss", name)) is cls
    assert cls().name == own
    assert getattr(losses, others[0] if others else cls.__name__) is getattr(losses, cls.__name__) is cls


def test_a_name_of_its_own_is_written_down_and_keras_name_is_not():
    assert repr(MSELoss()) == "MSELoss()" and MSELoss().config()["name"] is None
    assert repr(MSELoss(name="mine")) == "MSELoss(name='mine')" and MSELoss(name="mine").name == "mine"


def test_a_loss_of_ones_own_is_named_after_its_class():
    class MyFirstLoss(Loss, registered=False):
        pass

    assert MyFirstLoss().name == "my_first_loss"


@pytest.mark.parametrize("cls", OF_A_NAME)
@pytest.mark.parametrize("n", [4, 4000])
def test_a_loss_that_inherits_and_writes_values_and_slopes_anew_is_used(cls, n):
    class Half(cls, registered=False):
        def values(self, y_true, y_pred):
            return super().values(y_true, y_pred) / 2

        def slopes(self, y_true, y_pred):
            return super().slopes(y_true, y_pred) / 2

    half, whole = Half(), cls()
    y = np.ones(n, int) if whole.target_kind == "index" else np.full((n, 2), 0.5)
    assert half.forward(y, np.full((n, 2), 0.7)) == pytest.approx(whole.forward(y, np.full((n, 2), 0.7)) / 2, rel=1e-14)
    assert np.allclose(half.backward(), whole.backward() / 2, rtol=1e-14)


def test_predictions_without_an_axis_of_outputs_have_one_output_in_a_loss_of_ones_own_too():
    class Cubed(Loss, registered=False):
        def values(self, y_true, y_pred):
            return ((y_pred - y_true) ** 3).mean(axis=-1)

        def slopes(self, y_true, y_pred):
            return 3 * (y_pred - y_true) ** 2 / y_pred.shape[-1]

    loss = Cubed()
    assert loss.forward([0.0, 0.0], np.array([1.0, 3.0]), [1.0, 2.0]) == 27.5
    assert np.array_equal(loss.backward(), [1.5, 27])


@pytest.mark.parametrize("shape", [(8, 1), (100, 1), (2000, 1), (1, 2000), (2000, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_mean_of_float32_is_finite_where_only_the_sum_overflows(shape, weighted):
    far = np.full(shape, 1.4e19, np.float32)
    found = MSELoss().forward(np.zeros(shape, np.float32), far, np.ones(len(far)) if weighted else None)
    assert found == pytest.approx(1.96e38, rel=1e-6)
    assert resolve("loss", "mae").forward(np.zeros(shape, np.float32), far * np.float32(1e19)) == pytest.approx(
        1.4e38, rel=1e-6
    )


def test_a_loss_of_ones_own_needs_two_methods():
    class Cubed(Loss, registered=False):
        def values(self, y_true, y_pred):
            return (np.abs(y_pred - y_true) ** 3).mean(axis=-1)

        def slopes(self, y_true, y_pred):
            return 3 * np.square(y_pred - y_true) * np.sign(y_pred - y_true) / y_pred.shape[-1]

    loss = Cubed()
    assert loss.forward([[0.0, 0.0]], np.array([[1.0, -2.0]])) == 4.5
    assert np.array_equal(loss.backward(), [[1.5, -6.0]])


# -- a loss of one's own


@pytest.mark.parametrize("bad", [np.ones(3), np.float64(1.0), 1.0, [1.0] * 4, None])
@pytest.mark.parametrize("method, shape", [("values", r"\(4,\) or more axes behind it"), ("slopes", r"\(4, 3\)")])
def test_what_a_loss_of_ones_own_returns_must_have_its_shape(method, shape, bad):
    own = {"values": lambda self, y, p: p.sum(-1), "slopes": lambda self, y, p: p, method: lambda self, y, p: bad}
    loss = type("Own", (Loss,), own, registered=False)()
    with pytest.raises(ShapeError, match=rf"Own: {method}\(y_true, y_pred\) must return an array of shape {shape}, got "):
        loss.forward(np.zeros((4, 3)), np.ones((4, 3)))
        loss.backward()


def test_whole_values_of_a_loss_of_ones_own_may_be_weighted_by_fractions():
    class Wrong(Loss, registered=False):
        def values(self, y_true, y_pred):
            return (np.round(y_pred) != y_true).sum(axis=-1)

    assert Wrong().forward(np.zeros((2, 2)), np.ones((2, 2)), [0.5, 0.25]) == 0.75
