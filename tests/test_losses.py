"""Losses: their formulas, what they refuse, and how samples become one number."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from minifw import (
    ArgumentTypeError,
    ArgumentValueError,
    Dense,
    Input,
    Loss,
    MSELoss,
    Sequential,
    ShapeError,
    SparseCategoricalCrossentropyLoss,
    UsageError,
    losses,
    ops,
)
from minifw.config import resolve

TORCH = dict(np.load(Path(__file__).parent / "reference" / "torch.npz"))
BOTH = [MSELoss, SparseCategoricalCrossentropyLoss]


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
    assert MSELoss().forward(np.array([[0.5]]), np.array([[1]])) == 0.25


def test_huge_predictions_make_a_huge_loss_without_a_warning():
    for shape in ((2, 2), (2,), (20, 20), (2000, 2)):
        loss = MSELoss()
        assert loss.forward(np.zeros(shape, np.float32), np.full(shape, 1e38, np.float32)) > 1e75
        assert loss.forward(np.zeros(shape), np.full(shape, 1e300)) == np.inf


@pytest.mark.parametrize("bad", [["a"], [b"a"], [None], np.array(["2020-01-01"], "M8[D]")])
def test_targets_that_are_no_numbers_are_refused(bad):
    with pytest.raises(ArgumentTypeError, match="y_true"):
        MSELoss().forward(bad, np.zeros((1, 1)))


def test_complex_and_masked_targets_are_refused():
    with pytest.raises(ArgumentValueError, match="complex"):
        MSELoss().forward(np.array([[1j]]), np.zeros((1, 1)))
    with pytest.raises(ArgumentTypeError, match="fill or drop"):
        MSELoss().forward(np.ma.masked_array([[1.0]], mask=[[True]]), np.zeros((1, 1)))


@pytest.mark.parametrize("shape", [(32, 10), (4096, 1), (1, 4096), (100_000, 1), (10, 10_000)])
def test_a_float32_mean_errs_by_at_most_4_eps_whatever_its_size(shape):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y_pred = np.full(shape, rng.uniform(0.1, 1), np.float32)  # equal terms: all roundings go the same way
        true = np.square(y_pred.astype(np.float64)).mean()
        value = MSELoss().forward(np.zeros(shape, np.float32), y_pred)
        assert abs(value - true) <= 4 * np.finfo(np.float32).eps * true


# -- reduction and weights


VALUES = np.array([1.0, 4.0, 9.0])  # of errors 1, 2, 3
WEIGHTS = np.array([0.5, 0.0, 2.0])


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", 14 / 3, 18.5 / 3),
        ("mean", 14 / 3, 18.5 / 3),
        ("sum", 14, 18.5),
        ("mean_with_sample_weight", 14 / 3, 18.5 / 2.5),
    ],
)
def test_reductions_divide_as_in_keras(reduction, plain, weighted):
    y, y_pred = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])
    loss = MSELoss(reduction=reduction)
    assert loss.forward(y, y_pred) == pytest.approx(plain)
    assert np.allclose(loss.backward()[:, 0], [2, 4, 6] * np.array(plain / 14))
    for weights in (WEIGHTS, WEIGHTS[:, np.newaxis], list(WEIGHTS)):
        assert loss.forward(y, y_pred, weights) == pytest.approx(weighted)
        assert np.allclose(loss.backward()[:, 0], np.array([1, 0, 12]) * (weighted / 18.5))


@pytest.mark.parametrize("reduction", ["none", None])
def test_without_a_reduction_each_sample_keeps_its_value_and_weighs_1_in_the_gradient(reduction):
    y, y_pred = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])
    loss = MSELoss(reduction=reduction)
    assert np.array_equal(loss.forward(y, y_pred), VALUES)
    assert np.array_equal(loss.backward()[:, 0], [2, 4, 6])
    assert np.array_equal(loss.forward(y, y_pred, WEIGHTS), VALUES * WEIGHTS)
    assert np.array_equal(loss.backward()[:, 0], [1, 0, 12])


def test_several_values_a_sample_are_averaged_and_may_be_weighted_one_by_one():
    rng = np.random.default_rng(0)
    y, y_pred, weights = np.zeros((2, 3, 4)), rng.normal(size=(2, 3, 4)), rng.uniform(size=(2, 3))
    values = np.square(y_pred).mean(-1)
    assert MSELoss().forward(y, y_pred) == pytest.approx(values.mean())
    assert np.allclose(MSELoss(reduction="none").forward(y, y_pred), values.mean(1))
    assert MSELoss().forward(y, y_pred, weights) == pytest.approx((values * weights).mean())
    assert MSELoss(reduction="mean_with_sample_weight").forward(y, y_pred, weights) == pytest.approx(
        (values * weights).sum() / weights.sum()
    )


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_weights_that_sum_to_0_give_a_loss_and_a_gradient_of_0(reduction):
    loss = MSELoss(reduction=reduction)
    assert loss.forward(np.zeros((2, 2)), np.ones((2, 2)), [0.0, 0.0]) == 0
    assert np.array_equal(loss.backward(), np.zeros((2, 2)))


@pytest.mark.parametrize("bad", [[1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_negative_and_infinite_weights_are_refused(bad):
    with pytest.raises(ArgumentValueError, match="sample_weight must be finite and at least 0"):
        MSELoss().forward(np.zeros((2, 1)), np.zeros((2, 1)), bad)


@pytest.mark.parametrize("shape", [(3,), (1,), (), (2, 2), (1, 2), (2, 1, 1)])
def test_weights_of_another_shape_are_refused_and_both_shapes_given(shape):
    with pytest.raises(ShapeError) as caught:
        MSELoss().forward(np.zeros((2, 4)), np.zeros((2, 4)), np.ones(shape))
    assert str(shape) in str(caught.value)
    assert "(2,)" in str(caught.value)


@pytest.mark.parametrize("make", BOTH)
def test_backward_before_forward_is_a_usage_error(make):
    with pytest.raises(UsageError, match=r"backward\(\) needs a forward"):
        make().backward()


def test_unknown_reductions_and_arguments_are_refused_with_a_hint():
    with pytest.raises(ArgumentValueError, match="'mean'"):
        MSELoss(reduction="meen")
    with pytest.raises(ArgumentTypeError, match="from_logits"):
        SparseCategoricalCrossentropyLoss(from_logit=True)
    with pytest.raises(ArgumentTypeError, match="dtype"):
        MSELoss(dtype="float32")


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error", "MeanSquaredError", "MSELoss"])
def test_keras_names_mean_the_same_class(name):
    assert type(resolve("loss", name)) is MSELoss
    assert losses.MeanSquaredError is MSELoss
    assert losses.SparseCategoricalCrossentropy is type(resolve("loss", "sparse_categorical_crossentropy"))


def test_a_loss_of_ones_own_needs_two_methods():
    class Cubed(Loss, registered=False):
        def values(self, y_true, y_pred):
            return (np.abs(y_pred - y_true) ** 3).mean(axis=-1)

        def slopes(self, y_true, y_pred):
            return 3 * np.square(y_pred - y_true) * np.sign(y_pred - y_true) / y_pred.shape[-1]

    loss = Cubed()
    assert loss.forward([[0.0, 0.0]], np.array([[1.0, -2.0]])) == 4.5
    assert np.array_equal(loss.backward(), [[1.5, -6.0]])


# -- sparse categorical cross-entropy


@pytest.mark.parametrize(("name", "from_logits"), [("logits", True), ("shares", False)])
def test_sparse_cross_entropy_agrees_with_torch(name, from_logits):
    loss, each = (SparseCategoricalCrossentropyLoss(from_logits, reduction=r) for r in ("mean", "none"))
    y, y_pred = TORCH["labels"], TORCH[name]
    assert loss.forward(y, y_pred) == pytest.approx(float(TORCH[f"{name}_mean"]), rel=1e-12)
    assert np.allclose(loss.backward(), TORCH[f"{name}_grad"], rtol=1e-12, atol=1e-15)
    assert np.allclose(each.forward(y[:, np.newaxis], y_pred), TORCH[f"{name}_values"], rtol=1e-12, atol=0)


def test_rows_that_do_not_sum_to_1_are_normalized():
    p = np.array([[0.2, 0.3, 0.5]])
    loss = SparseCategoricalCrossentropyLoss()
    assert loss.forward([2], p * 7) == pytest.approx(-np.log(0.5))
    assert np.allclose(loss.backward(), np.array([[1, 1, 1 - 1 / 0.5]]) / 7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_0_and_1_are_clipped_and_have_no_slope_there(dtype):
    loss = SparseCategoricalCrossentropyLoss(reduction="none")
    values = loss.forward([0, 1], np.array([[0, 1], [0, 1]], dtype))
    assert values[0] == pytest.approx(16.118, abs=1e-3)
    assert values[1] == pytest.approx(1e-7, rel=0.3)
    assert np.array_equal(loss.backward(), np.zeros((2, 2)))


def test_a_row_of_zeros_is_nan_without_a_warning():
    loss = SparseCategoricalCrossentropyLoss()
    assert np.isnan(loss.forward([0], np.zeros((1, 3))))


def test_far_scores_are_exact():
    scores = np.array([[1e4, 0.0, -1e4]] * 3)
    loss = SparseCategoricalCrossentropyLoss(from_logits=True, reduction="none")
    assert np.array_equal(loss.forward([0, 1, 2], scores), [0, 1e4, 2e4])
    assert np.array_equal(loss.backward(), [[0, 0, 0], [1, -1, 0], [1, 0, -1]])


def test_a_probability_near_1_keeps_its_small_loss():
    loss = SparseCategoricalCrossentropyLoss(from_logits=True)
    assert loss.forward([0], np.array([[40.0, 0.0]])) == pytest.approx(np.exp(-40.0), rel=1e-12)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize(("labels", "lowest", "highest"), [([0, 3], 0, 3), ([-1, 2], -1, 2)])
def test_labels_out_of_range_are_refused_with_the_range_and_the_number_of_classes(labels, lowest, highest, from_logits):
    with pytest.raises(ArgumentValueError) as caught:
        SparseCategoricalCrossentropyLoss(from_logits).forward(labels, np.full((2, 3), 0.3))
    assert "0 to 2 for 3 outputs" in str(caught.value)
    assert f"got {lowest} to {highest}" in str(caught.value)


@pytest.mark.parametrize(("label", "shown"), [(0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_labels_that_are_no_whole_numbers_are_refused(label, shown):
    with pytest.raises(ArgumentValueError, match=f"wanted whole numbers, got {shown}"):
        SparseCategoricalCrossentropyLoss().forward([label], np.full((1, 3), 0.3))


@pytest.mark.parametrize("labels", [[1, 2], [1.0, 2.0], np.array([1, 2], np.uint8), [[1], [2]], np.array([1, 2], ">i4")])
def test_labels_of_any_whole_kind_are_welcome(labels):
    p = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    assert SparseCategoricalCrossentropyLoss().forward(labels, p) == pytest.approx(-np.log([0.5, 0.7]).mean())


def test_one_hot_rows_are_recognized():
    with pytest.raises(ShapeError, match=r"one-hot.*argmax"):
        SparseCategoricalCrossentropyLoss().forward(np.eye(3), np.full((3, 3), 0.3))


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 2), (1, 3)])
def test_labels_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError):
        SparseCategoricalCrossentropyLoss().forward(np.zeros(shape, int), np.full((3, 5), 0.2))


def test_predictions_without_a_class_axis_are_refused():
    with pytest.raises(ShapeError, match=r"must be \(n, classes\)"):
        SparseCategoricalCrossentropyLoss().forward([0, 1], np.array([0.5, 0.5]))


def test_a_million_classes_need_no_one_hot_rows():
    y_pred = np.full((2, 1_000_000), 1e-6, np.float32)
    loss = SparseCategoricalCrossentropyLoss()
    tracemalloc.start()
    try:
        loss.forward([3, 999_999], y_pred)
        at_forward = tracemalloc.get_traced_memory()[1]
        loss.backward()
        at_backward = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert at_forward < 0.1 * y_pred.nbytes
    assert at_backward < 2.1 * y_pred.nbytes


def test_a_new_classifier_starts_near_the_logarithm_of_the_number_of_classes():
    net = Sequential([Input((64,)), Dense(32, activation="relu"), Dense(10, activation="softmax")], seed=1)
    rng = np.random.default_rng(0)
    value = SparseCategoricalCrossentropyLoss().forward(rng.integers(0, 10, 512), net(rng.uniform(size=(512, 64)) / 4))
    assert value == pytest.approx(np.log(10), rel=0.1)


def test_the_loss_on_scores_equals_the_loss_on_their_softmax():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 4, 6), rng.normal(size=(6, 4))
    one = SparseCategoricalCrossentropyLoss(from_logits=True).forward(labels, scores)
    two = SparseCategoricalCrossentropyLoss().forward(labels, ops.softmax(scores))
    assert one == pytest.approx(two, rel=1e-12)


# -- in training


def test_a_short_last_batch_counts_by_its_samples():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse")
    whole = np.square(net.predict(x) - y).mean()
    assert net.evaluate(x, y, batch_size=2, verbose=0) == pytest.approx(whole, rel=1e-12)
    net.optimizer.learning_rate = 0.0
    assert net.fit(x, y, batch_size=2, verbose=0).history["loss"][0] == pytest.approx(whole, rel=1e-12)


def test_lengths_that_differ_are_given_all_three():
    net = Sequential([Input((3,)), Dense(1)], seed=1)
    net.compile("sgd", "mse")
    with pytest.raises(ArgumentValueError, match=r"x has 5, y has 4, sample_weight has 3"):
        net.fit(np.zeros((5, 3)), np.zeros((4, 1)), sample_weight=np.ones(3), verbose=0)


def test_weights_of_0_over_all_the_data_are_refused():
    net = Sequential([Input((3,)), Dense(1)], seed=1)
    net.compile("sgd", "mse")
    for verb in (net.fit, net.evaluate):
        with pytest.raises(ArgumentValueError, match="0 for all 4 samples"):
            verb(np.zeros((4, 3)), np.zeros((4, 1)), sample_weight=np.zeros(4), verbose=0)


def test_one_class_alone_can_be_fitted():
    net = Sequential([Input((2,)), Dense(3, activation="softmax")], seed=1)
    net.compile("sgd", "sparse_categorical_crossentropy")
    assert np.isfinite(net.fit(np.ones((4, 2)), np.zeros(4), verbose=0).history["loss"][0])
