"""The cross-entropy of class numbers: what it is, which labels it takes, and which it ignores."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from minifw import ArgumentValueError, Sequential, ShapeError, SparseCategoricalCrossentropyLoss, ops
from minifw.layers import Activation, Dense, Input
from minifw.metrics import MeanMetricWrapper, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy

TORCH = dict(np.load(Path(__file__).parents[1] / "reference" / "torch.npz"))
SPARSE, RNG = SparseCategoricalCrossentropyLoss, np.random.default_rng


@pytest.mark.parametrize(("name", "from_logits"), [("logits", True), ("shares", False)])
def test_sparse_cross_entropy_agrees_with_torch(name, from_logits):
    loss, each = (SPARSE(from_logits, reduction=r) for r in ("mean", "none"))
    y, y_pred = TORCH["labels"], TORCH[name]
    assert loss.forward(y, y_pred) == pytest.approx(float(TORCH[f"{name}_mean"]), rel=1e-12)
    assert np.allclose(loss.backward(), TORCH[f"{name}_grad"], rtol=1e-12, atol=1e-15)
    assert np.allclose(each.forward(y[:, np.newaxis], y_pred), TORCH[f"{name}_values"], rtol=1e-12, atol=0)


def test_rows_that_do_not_sum_to_1_are_normalized():
    p = np.array([[0.2, 0.3, 0.5]])
    loss = SPARSE()
    assert loss.forward([2], p * 7) == pytest.approx(-np.log(0.5))
    assert np.allclose(loss.backward(), np.array([[1, 1, 1 - 1 / 0.5]]) / 7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_0_and_1_are_clipped_and_have_no_slope_there(dtype):
    loss = SPARSE(reduction="none")
    values = loss.forward([0, 1], np.array([[0, 1], [0, 1]], dtype))
    assert values[0] == pytest.approx(16.118, abs=1e-3)
    assert values[1] == pytest.approx(1e-7, rel=0.3)
    assert np.array_equal(loss.backward(), np.zeros((2, 2)))


def test_a_row_of_zeros_is_nan_without_a_warning():
    loss = SPARSE()
    assert np.isnan(loss.forward([0], np.zeros((1, 3))))


def test_far_scores_are_exact():
    scores = np.array([[1e4, 0.0, -1e4]] * 3)
    loss = SPARSE(from_logits=True, reduction="none")
    assert np.array_equal(loss.forward([0, 1, 2], scores), [0, 1e4, 2e4])
    assert np.array_equal(loss.backward(), [[0, 0, 0], [1, -1, 0], [1, 0, -1]])


def test_a_probability_near_1_keeps_its_small_loss():
    loss = SPARSE(from_logits=True)
    assert loss.forward([0], np.array([[40.0, 0.0]])) == pytest.approx(np.exp(-40.0), rel=1e-12)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize(("labels", "lowest", "highest"), [([0, 3], 0, 3), ([-1, 2], -1, 2)])
def test_labels_out_of_range_are_refused_with_the_range_and_the_number_of_classes(labels, lowest, highest, from_logits):
    with pytest.raises(ArgumentValueError) as caught:
        SPARSE(from_logits).forward(labels, np.full((2, 3), 0.3))
    assert "0 to 2 for 3 outputs" in str(caught.value)
    assert f"got {lowest} to {highest}" in str(caught.value)


@pytest.mark.parametrize(("label", "shown"), [(0.5, "0.5"), (np.nan, "nan"), (np.inf, "inf")])
def test_labels_that_are_no_whole_numbers_are_refused(label, shown):
    with pytest.raises(ArgumentValueError, match=f"wanted whole numbers, got {shown}"):
        SPARSE().forward([label], np.full((1, 3), 0.3))


@pytest.mark.parametrize("labels", [[1, 2], [1.0, 2.0], np.array([1, 2], np.uint8), [[1], [2]], np.array([1, 2], ">i4")])
def test_labels_of_any_whole_kind_are_welcome(labels):
    p = np.array([[0.2, 0.5, 0.3], [0.1, 0.2, 0.7]])
    assert SPARSE().forward(labels, p) == pytest.approx(-np.log([0.5, 0.7]).mean())


def test_one_hot_rows_are_recognized():
    with pytest.raises(ShapeError, match=r"one-hot.*argmax"):
        SPARSE().forward(np.eye(3), np.full((3, 3), 0.3))


@pytest.mark.parametrize("shape", [(2,), (4,), (3, 2), (1, 3)])
def test_labels_of_another_shape_are_refused(shape):
    with pytest.raises(ShapeError):
        SPARSE().forward(np.zeros(shape, int), np.full((3, 5), 0.2))


def test_predictions_without_a_class_axis_are_refused():
    with pytest.raises(ShapeError, match=r"must be \(n, classes\)"):
        SPARSE().forward([0, 1], np.array([0.5, 0.5]))


def test_a_million_classes_need_no_one_hot_rows():
    y_pred = np.full((2, 1_000_000), 1e-6, np.float32)
    loss = SPARSE()
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
    value = SPARSE().forward(rng.integers(0, 10, 512), net(rng.uniform(size=(512, 64)) / 4))
    assert value == pytest.approx(np.log(10), rel=0.1)


def test_the_loss_on_scores_equals_the_loss_on_their_softmax():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 4, 6), rng.normal(size=(6, 4))
    one = SPARSE(from_logits=True).forward(labels, scores)
    two = SPARSE().forward(labels, ops.softmax(scores))
    assert one == pytest.approx(two, rel=1e-12)


# -- an ignored class


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("ignored", [-1, 1, 255])
def test_an_ignored_class_counts_for_nothing_and_leaves_the_divisor(ignored, from_logits):
    labels, y_pred = np.array([0, ignored, 2, ignored]), RNG(0).uniform(0.2, 1, (4, 3))
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    loss, rest = SPARSE(from_logits, ignored), SPARSE(from_logits)
    assert loss.forward(labels, y_pred) == pytest.approx(rest.forward(labels[::2], y_pred[::2]), rel=1e-15)
    assert np.allclose(loss.backward()[::2], rest.backward(), rtol=1e-14)
    assert not loss.backward()[1::2].any()
    found = loss.forward(labels, y_pred, weights)
    assert found == pytest.approx(rest.forward(labels[::2], y_pred[::2], weights[::2]), rel=1e-15)
    loss = SPARSE(from_logits, ignored, reduction="mean_with_sample_weight")
    rest = SPARSE(from_logits, reduction="mean_with_sample_weight")
    found = loss.forward(labels, y_pred, weights)
    assert found == pytest.approx(rest.forward(labels[::2], y_pred[::2], weights[::2]), rel=1e-15)


@pytest.mark.parametrize("from_logits", [False, True])
def test_a_batch_of_the_ignored_class_alone_has_no_loss(from_logits):
    loss = SPARSE(from_logits, ignore_class=-1)
    assert loss.forward([-1, -1], np.full((2, 3), 0.5)) == 0
    assert not loss.backward().any()


def test_what_is_predicted_for_an_ignored_class_may_be_anything():
    loss = SPARSE(from_logits=True, ignore_class=2)
    assert loss.forward([0, 2], np.array([[0.0, 0.0, -np.inf], [np.nan] * 3])) == pytest.approx(np.log(2))
    assert np.allclose(loss.backward(), [[-0.5, 0.5, 0], [0, 0, 0]])


def test_other_labels_out_of_range_are_refused_beside_an_ignored_one():
    with pytest.raises(ArgumentValueError, match=r"0 to 2 for 3 outputs, got 0 to 3; number the classes from 0"):
        SPARSE(ignore_class=255).forward([0, 255, 3], np.full((3, 3), 0.3))


@pytest.mark.parametrize("ignored", [-1, 255])
@pytest.mark.parametrize(
    ("metric", "wanted"),
    [("accuracy", 0.5), (SparseCategoricalAccuracy(), 0.5), (SparseTopKCategoricalAccuracy(k=3), 0.75)],
)
def test_accuracies_let_the_class_through_that_the_compiled_loss_ignores_and_count_it_as_wrong(metric, wanted, ignored):
    net = Sequential([Input((3,)), Activation("linear")], dtype="float64")
    net.compile("sgd", SPARSE(ignore_class=ignored), metrics=[metric])
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.1, 0.2, 0.7], [0.7, 0.2, 0.1]])
    assert net.test_on_batch(shares, [0, ignored, 2, 1]) == [pytest.approx(0.7742625), wanted]
    net.compile("sgd", SPARSE(), metrics=[metric])
    with pytest.raises(ArgumentValueError, match="class numbers must be 0 to 2"):
        net.metrics.update(np.array([0, ignored, 2, 1]), shares, None)


def test_a_loss_that_ignores_a_class_does_so_as_a_metric():
    labels, shares = np.array([[0, 9], [9, 9], [1, 2]]), RNG(0).uniform(0.2, 1, (3, 2, 3))
    loss, weights = SPARSE(ignore_class=9), np.array([3.0, 2.0, 5.0])
    assert MeanMetricWrapper(loss)(labels, shares) == pytest.approx(loss.forward(labels, shares), rel=1e-12)
    assert MeanMetricWrapper(loss)(labels[1:2], shares[1:2]) == 0
    weighted = SPARSE(ignore_class=9, reduction="mean_with_sample_weight").forward(labels, shares, weights)
    assert MeanMetricWrapper(loss)(labels, shares, weights) == pytest.approx(weighted, rel=1e-12)
    metric = MeanMetricWrapper(loss)
    for row in range(3):
        metric.update_state(labels[[row]], shares[[row]])
    assert metric.result() == pytest.approx(loss.forward(labels, shares), rel=1e-12)


@pytest.mark.parametrize("label", [np.uint64(2**64 - 1), np.uint64(2**63), 1e30])
def test_a_label_beyond_int64_is_none_that_is_ignored(label):
    with pytest.raises(ArgumentValueError, match="beyond int64"):
        SPARSE(ignore_class=-1).forward(np.array([label, 0]), np.full((2, 3), 0.3))
