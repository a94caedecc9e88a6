"""The numbers of metrics: ties and thresholds, and the digits of many, far and constant values."""

import math
from fractions import Fraction

import numpy as np
import pytest

import minifw as mf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.6, 0.7, 0.9])
def test_a_prediction_at_the_threshold_is_not_above_it(threshold, dtype):
    at = np.full((1, 1), threshold, dtype)
    for metric in (mf.TruePositives(threshold), mf.BinaryAccuracy(threshold=threshold), mf.Recall(threshold)):
        assert metric([[1]], at) == 0.0
        metric.reset_state()
        assert metric([[1]], np.nextafter(at, dtype(1))) == 1.0


def test_equal_predictions_are_found_among_the_best_but_only_the_first_is_positive():
    y_true, y_pred = [[0, 0, 1]], [[0.2, 0.4, 0.4]]
    assert mf.TopKCategoricalAccuracy(k=1)(y_true, y_pred) == 1.0
    assert mf.SparseTopKCategoricalAccuracy(k=1)([2], y_pred) == 1.0
    assert mf.CategoricalAccuracy()(y_true, y_pred) == 0.0
    assert mf.Precision(top_k=1)(y_true, y_pred) == 0.0
    assert mf.Recall(top_k=2)(y_true, y_pred) == 1.0
    assert mf.F1Score()(y_true, y_pred).round(3).tolist() == [0.0, 0.0, 1.0]
    assert mf.F1Score()([[1, 1]], [[0.0, 1e-9]]).tolist() == [0.0, 0.0]


def test_a_prediction_that_is_no_number_is_above_no_threshold_and_among_no_best():
    y_pred = np.array([[np.nan, 0.2, 0.8]])
    assert mf.TruePositives()([[1, 0, 0]], y_pred) == 0.0
    assert mf.FalseNegatives()([[1, 0, 0]], y_pred) == 1.0
    assert mf.SparseTopKCategoricalAccuracy(k=2)([0], y_pred) == 0.0
    assert np.isnan(mf.RootMeanSquaredError()([[1, 0, 0]], y_pred))


def test_more_classes_than_there_are_all_count():
    assert mf.TopKCategoricalAccuracy(k=5)([[0, 1]], [[0.9, 0.1]]) == 1.0
    assert mf.Recall(top_k=5)([[1, 1]], [[0.9, 0.1]]) == 1.0


def test_millions_of_float32_values_are_summed_in_float64():
    y_pred = np.random.default_rng(0).random((1_000_000, 1), dtype=np.float32)
    y_true = np.zeros_like(y_pred)
    exact = math.fsum(y_pred[:, 0].tolist()) / 1_000_000
    metric = mf.MeanAbsoluteError()
    for part in range(0, 1_000_000, 4096):
        metric.update_state(y_true[part : part + 4096], y_pred[part : part + 4096])
    assert metric.result() == pytest.approx(exact, rel=1e-14)


def test_means_over_many_samples_keep_their_digits():
    y_pred, weights = np.full((100_001, 1), 0.1), np.full(100_001, 0.3)
    eps = np.finfo(float).eps
    for given in (None, weights):
        found = mf.MeanAbsoluteError()(np.zeros_like(y_pred), y_pred, given)
        assert abs(found - 0.1) <= 4 * eps * 0.1
    errors = mf.R2Score().sums(np.zeros_like(y_pred), y_pred, np.ones_like(y_pred))[4, 0]
    assert abs(errors - 100_001 * 0.1**2) <= 4 * eps * errors


@pytest.mark.parametrize("offset", [0, 1e6, 1e12])
def test_r2_of_targets_far_from_zero_loses_no_digits(offset):
    rng = np.random.default_rng(1)
    y_true = offset + rng.integers(-1000, 1000, (300, 1)) / 8
    y_pred = y_true + rng.integers(-500, 500, (300, 1)) / 8
    y = [Fraction(value) for value in y_true[:, 0].tolist()]
    errors = sum((a - Fraction(b)) ** 2 for a, b in zip(y, y_pred[:, 0].tolist(), strict=True))
    mean = sum(y) / 300
    exact = float(1 - errors / sum((value - mean) ** 2 for value in y))
    for size in (1, 7, 300):
        metric = mf.R2Score()
        for part in range(0, 300, size):
            metric.update_state(y_true[part : part + size], y_pred[part : part + size])
        assert metric.result() == pytest.approx(exact, rel=1e-12)


def test_r2_of_equal_targets_is_0_or_nan_if_the_predictions_are_exact():
    y_true, weights = np.full((7, 2), 0.1), np.linspace(0.1, 0.7, 7)
    y_pred = y_true + np.array([0.0, 1.0])
    metric = mf.R2Score(class_aggregation=None)
    for part in (slice(0, 3), slice(3, 7)):
        metric.update_state(y_true[part], y_pred[part], weights[part])
    assert np.array_equal(metric.result(), [np.nan, 0.0], equal_nan=True)


def test_a_target_without_weight_spoils_no_digits():
    y_true, y_pred, weights = np.array([[1e18], [1.0], [2.0], [4.0]]), np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 1, 1, 1]
    wanted = mf.R2Score()(y_true[1:], y_pred[1:])
    assert mf.R2Score()(y_true, y_pred, weights) == pytest.approx(wanted, rel=1e-14)
    metric = mf.R2Score()
    metric.update_state(y_true[:1], y_pred[:1], weights[:1])
    assert metric(y_true[1:], y_pred[1:]) == pytest.approx(wanted, rel=1e-14)
