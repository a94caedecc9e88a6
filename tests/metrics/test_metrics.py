"""Metrics: numbers for people, collected batch by batch."""

import numpy as np
import pytest

import minifw as mf
from minifw.config import resolve
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError

P3 = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]])
P1 = np.array([[0.9], [0.4], [0.5], [0.6]])
ROWS = {
    "binary": (mf.BinaryAccuracy, [[1], [1], [0], [0]], P1, [1, 0, 1, 0]),
    "binary, flat targets": (mf.BinaryAccuracy, [1, 1, 0, 0], P1, [1, 0, 1, 0]),
    "binary, flat predictions": (mf.BinaryAccuracy, [[1], [1], [0], [0]], P1[:, 0], [1, 0, 1, 0]),
    "binary, several outputs": (mf.BinaryAccuracy, [[1, 0], [1, 1]], np.array([[0.9, 0.9], [0.6, 0.7]]), [0.5, 1]),
    "binary, threshold": (lambda: mf.BinaryAccuracy(threshold=0.45), [1, 1, 0, 0], P1, [1, 0, 0, 0]),
    "categorical": (mf.CategoricalAccuracy, np.eye(3)[[1, 1, 2]], P3, [1, 0, 1]),
    "categorical, soft": (mf.CategoricalAccuracy, P3[:, ::-1], P3, [1, 0, 0]),
    "categorical, ties": (mf.CategoricalAccuracy, [[0, 1, 0]], [[0.2, 0.4, 0.4]], [1]),
    "sparse": (mf.SparseCategoricalAccuracy, [1, 1, 2], P3, [1, 0, 1]),
    "sparse, column": (mf.SparseCategoricalAccuracy, [[1], [1], [2]], P3, [1, 0, 1]),
    "sparse, floats": (mf.SparseCategoricalAccuracy, [1.0, 1.0, 2.0], P3, [1, 0, 1]),
    "accuracy of one axis is binary": (mf.Accuracy, [1, 1, 0, 0], P1[:, 0], [1, 0, 1, 0]),
    "accuracy of class numbers": (mf.Accuracy, [1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 1, 1]),
    "accuracy of class numbers, column": (mf.Accuracy, [[1], [2]], [[1], [3]], [1, 0]),
    "accuracy is binary": (mf.Accuracy, [1, 1, 0, 0], P1, [1, 0, 1, 0]),
    "accuracy is categorical": (mf.Accuracy, np.eye(3)[[1, 1, 2]], P3, [1, 0, 1]),
    "accuracy is sparse": (mf.Accuracy, [1, 1, 2], P3, [1, 0, 1]),
    "accuracy is sparse, column": (mf.Accuracy, [[1], [1], [2]], P3, [1, 0, 1]),
    "mse": (mf.MeanSquaredError, [[1.0, 2.0], [3.0, 4.0]], [[1.0, 4.0], [0.0, 4.0]], [2, 4.5]),
    "mse, flat targets": (mf.MeanSquaredError, [1, 2], [[2.0], [4.0]], [1, 4]),
    "mse, several values a sample": (
        mf.MeanSquaredError,
        np.zeros((2, 3, 2)),
        np.arange(12.0).reshape(2, 3, 2),
        [55 / 6, 451 / 6],
    ),
    "mae": (mf.MeanAbsoluteError, [[1.0, 2.0], [3.0, 4.0]], [[1.0, 4.0], [0.0, 4.0]], [1, 1.5]),
    "mae, flat predictions": (mf.MeanAbsoluteError, [[1], [2]], [2.0, 4.0], [1, 2]),
}


@pytest.mark.parametrize("row", ROWS)
def test_metric_is_the_mean_over_samples(row):
    make, y_true, y_pred, values = ROWS[row]
    metric = make()
    metric.update_state(y_true, y_pred)
    assert metric.result() == pytest.approx(np.mean(values))
    assert type(metric.result()) is float


@pytest.mark.parametrize("row", ROWS)
def test_weights_are_divided_by_their_sum(row):
    make, y_true, y_pred, values = ROWS[row]
    weights = np.arange(1.0, len(values) + 1)
    for shape in ((-1,), (-1, 1)):
        metric = make()
        metric.update_state(y_true, y_pred, weights.reshape(shape))
        assert metric.result() == pytest.approx(np.average(values, weights=weights))


@pytest.mark.parametrize("row", ROWS)
def test_batches_of_any_length_count_by_their_samples(row):
    make, y_true, y_pred, values = ROWS[row]
    metric, y_true, y_pred = make(), np.asarray(y_true), np.asarray(y_pred)
    if len(values) < 2:
        return
    metric.update_state(y_true[:1], y_pred[:1])
    metric.update_state(y_true[1:], y_pred[1:])
    assert metric.result() == pytest.approx(np.mean(values))
    metric.reset_state()
    assert metric.result() == 0.0


@pytest.mark.parametrize("row", ROWS)
def test_arguments_are_left_alone_and_the_config_round_trips(row):
    make, y_true, y_pred, _ = ROWS[row]
    metric, y_true, y_pred = make(), np.array(y_true), np.array(y_pred)
    kept = y_true.copy(), y_pred.copy()
    metric.update_state(y_true, y_pred)
    assert np.array_equal(y_true, kept[0])
    assert np.array_equal(y_pred, kept[1])
    again = type(metric).from_config(metric.config())
    assert again.config() == metric.config()
    assert repr(again) == repr(metric)


def test_a_metric_without_samples_or_weights_is_0():
    metric = mf.MeanSquaredError()
    assert metric.result() == 0.0
    metric.update_state([[1.0]], [[2.0]], [0.0])
    assert metric.result() == 0.0


def test_float32_differences_are_summed_in_float64():
    metric = mf.MeanSquaredError()
    metric.update_state(np.zeros((4, 1), np.float32), np.full((4, 1), 1e30, np.float32))
    assert metric.result() == pytest.approx(1e60, rel=1e-6)


@pytest.mark.parametrize("make", [mf.MeanSquaredError, mf.BinaryAccuracy, mf.CategoricalAccuracy])
@pytest.mark.parametrize(("true_shape", "pred_shape"), [((3, 2), (3, 4)), ((3,), (4,)), ((2, 3), (3, 3))])
def test_shapes_that_do_not_belong_together_are_refused_with_both(make, true_shape, pred_shape):
    with pytest.raises(ShapeError) as caught:
        make().update_state(np.zeros(true_shape), np.zeros(pred_shape))
    assert str(true_shape) in str(caught.value)
    assert str(pred_shape) in str(caught.value)


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"), [((3, 4), (12, 1)), ((3, 1), (1, 3)), ((12, 1), (3, 4)), ((12,), (3, 4, 1))]
)
def test_samples_are_never_mixed_to_make_shapes_fit(true_shape, pred_shape):
    with pytest.raises(ShapeError):
        mf.MeanSquaredError().update_state(np.zeros(true_shape), np.zeros(pred_shape))


def test_sparse_accuracy_refuses_one_hot_rows():
    with pytest.raises(ShapeError):
        mf.SparseCategoricalAccuracy().update_state(np.eye(3), P3)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 2.0], np.ones((3, 2)), 1.0])
def test_weights_of_another_shape_are_refused(weights):
    with pytest.raises(ShapeError):
        mf.MeanSquaredError().update_state(np.zeros((3, 1)), np.zeros((3, 1)), weights)


def test_negative_weights_are_refused():
    with pytest.raises(ArgumentValueError):
        mf.MeanSquaredError().update_state(np.zeros((2, 1)), np.ones((2, 1)), [1.0, -1.0])


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("accuracy", mf.Accuracy),
        ("acc", mf.Accuracy),
        ("mse", mf.MeanSquaredError),
        ("MAE", mf.MeanAbsoluteError),
        ("mean_squared_error", mf.MeanSquaredError),
        ("BinaryAccuracy", mf.BinaryAccuracy),
        ("sparse_categorical_accuracy", mf.SparseCategoricalAccuracy),
        ("top_k_categorical_accuracy", mf.TopKCategoricalAccuracy),
        ("sparse_top_k_categorical_accuracy", mf.SparseTopKCategoricalAccuracy),
        ("root_mean_squared_error", mf.RootMeanSquaredError),
        ("RootMeanSquaredError", mf.RootMeanSquaredError),
        ("auc", mf.AUC),
        ("AUC", mf.AUC),
        ("precision", mf.Precision),
        ("Recall", mf.Recall),
        ("f1_score", mf.F1Score),
        ("r2_score", mf.R2Score),
        ("true_positives", mf.TruePositives),
        ("FalseNegatives", mf.FalseNegatives),
    ],
)
def test_metrics_have_keras_names(name, cls):
    assert type(resolve("metric", name)) is cls


def test_bad_names_and_arguments_get_a_hint():
    with pytest.raises(ArgumentValueError, match="did you mean 'Accuracy'"):
        resolve("metric", "acuracy")
    with pytest.raises(ArgumentTypeError, match="'threshold'"):
        mf.BinaryAccuracy(treshold=0.5)
    with pytest.raises(ArgumentTypeError, match="threshold must be a number"):
        mf.BinaryAccuracy(threshold="0.5")


def test_a_mean_of_ones_own_needs_one_method():
    class Largest(mf.MeanMetric, registered=False):
        def values(self, y_true, y_pred):
            return np.abs(y_pred - y_true).max(axis=-1)

    metric = Largest(name="largest")
    metric.update_state([[0, 0], [0, 0]], [[1, -2], [3, 0]])
    assert metric.result() == 2.5


def test_a_metric_without_methods_says_what_to_write():
    class Empty(mf.Metric, registered=False):
        pass

    for call in (lambda m: m.update_state([0], [0]), lambda m: m.result(), lambda m: m.reset_state()):
        with pytest.raises(NotImplementedError, match="Empty must write"):
            call(Empty())


def test_a_users_class_of_a_metric_that_is_a_loss_measures_that_loss():
    class Mine(mf.metrics.BinaryCrossentropy, registered=False):
        def __init__(self, factor=2.0, name="mine"):
            self.factor = factor
            super().__init__(name, from_logits=True)

        def result(self):
            return self.factor * super().result()

    assert Mine()([[1.0]], [[0.0]]) == pytest.approx(2 * np.log(2))
