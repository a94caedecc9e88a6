"""Metrics in compile, fit, evaluate and train_on_batch: their keys, their weights, and what the logs hold."""

import numpy as np
import pytest
from builders import network

from minifw import EpochLines, MSELoss, Sequential
from minifw.config import resolve
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from minifw.layers import Dense, Input
from minifw.metrics import BinaryAccuracy, F1Score, MeanMetricWrapper, MeanSquaredError, Precision, R2Score, SumMetric

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)), np.eye(3)[RNG.integers(0, 3, 50)]
WEIGHTS = RNG.uniform(size=50)


def dense(units=3, activation="softmax", **compiled):
    return network(Dense(units, activation), inputs=(4,), optimizer="sgd", **compiled)


def squares(y_true, y_pred):
    return (y_pred - y_true) ** 2


def batch_mean(y_true, y_pred):
    return squares(y_true, y_pred).mean()


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metrics", "weighted", "keys"),
    [
        (["accuracy"], None, ["accuracy"]),
        (["acc", "MSE", "AUC", "Precision"], None, ["acc", "MSE", "AUC", "Precision"]),
        ([MeanSquaredError, F1Score(name="f")], None, ["mean_squared_error", "f"]),
        (["mse", "mse", "mse"], None, ["mse", "mse_1", "mse_2"]),
        (["mse"], ["mse", "mse", "mae"], ["mse", "weighted_mse", "weighted_mse_1", "mae"]),
        (None, ["mse", "mse"], ["mse", "weighted_mse"]),
        (["mse", MeanSquaredError("mse_1"), "mse"], None, ["mse", "mse_1", "mse_2"]),
        ([MeanSquaredError("loss")], None, ["loss_1"]),
        (("mae",), (), ["mae"]),
        ({"out": ["mse", "accuracy"], "also": "mae"}, None, ["mae", "mse", "accuracy"]),
        ([["mse", "mae"]], None, ["mse", "mae"]),
        ([squares, lambda t, p: p], None, ["squares", "lambda"]),
        (["MSELoss", MSELoss(name="Brier score")], None, ["MSELoss", "Brier score"]),
    ],
)
def test_keys_are_those_of_keras(metrics, weighted, keys):
    net = dense(metrics=metrics, weighted_metrics=weighted)
    assert list(net.evaluate(X, Y, return_dict=True, verbose=0)) == ["loss", *keys]
    assert len(net.train_on_batch(X, Y)) == len(keys) + 1
    history = net.fit(X, Y, verbose=0, validation_split=0.2).history
    assert set(history) == {"loss", "val_loss", *keys, *(f"val_{key}" for key in keys)}


def test_a_metric_of_ones_own_without_a_name_has_the_one_of_its_class():
    class WorstOfAll(SumMetric, registered=False):
        def sums(self, y_true, y_pred, weights):
            return np.abs(y_true - y_pred).max()

        def join(self, sums, more):
            return max(sums, more)

        def value(self, sums):
            return sums

    net = dense(metrics=[WorstOfAll()])
    logs = net.evaluate(X, Y, batch_size=7, return_dict=True, verbose=0)
    assert logs["worst_of_all"] == np.abs(net.predict(X) - Y).max()


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_what_is_no_list_or_names_nothing_is_refused(argument):
    net = dense(metrics=["mae"])
    before = net.metrics
    with pytest.raises(ArgumentTypeError, match=rf"{argument} must be a list or a dict, got 'mse'; write \['mse'\]"):
        net.compile("sgd", "mse", **{argument: "mse"})
    with pytest.raises(ArgumentValueError, match="unknown metric 'acuracy'; did you mean 'Accuracy'"):
        net.compile("sgd", "mse", **{argument: ["acuracy"]})
    with pytest.raises(ArgumentTypeError, match="a metric is a name, a class or an instance of one, got 3"):
        net.compile("sgd", "mse", **{argument: [3]})
    one = BinaryAccuracy()
    with pytest.raises(ArgumentValueError, match=rf"{argument} holds BinaryAccuracy\(\) a second time; make another one"):
        net.compile("sgd", "mse", **{argument: [one, "mse", one]})
    assert net.metrics is before


# -- values -----------------------------------------------------------------------------------------------------------


def test_a_network_reports_metrics_over_all_samples_and_weighs_only_those_it_is_told_to():
    rng = np.random.default_rng(0)
    x, y, weights = rng.normal(size=(7, 3)), rng.normal(size=(7, 2)), rng.uniform(size=7)
    net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
    net.compile("sgd", "mse", metrics=["mae", "mse"], weighted_metrics=["mae"])
    logs = net.evaluate(x, y, batch_size=3, sample_weight=weights, return_dict=True, verbose=0)
    error = net.predict(x) - y
    assert logs["mae"] == pytest.approx(np.abs(error).mean())
    assert logs["mse"] == pytest.approx(np.square(error).mean())
    assert logs["weighted_mae"] == pytest.approx(np.average(np.abs(error).mean(1), weights=weights))
    assert logs["loss"] == pytest.approx((np.square(error).mean(1) * weights).mean())


def test_metrics_see_all_samples_once_however_they_are_cut():
    net = dense(metrics=["accuracy", F1Score(), R2Score(class_aggregation=None), squares, "mse"], weighted_metrics=["AUC"])
    whole = net.test_on_batch(X, Y, sample_weight=WEIGHTS)
    for size in (1, 7, 32):
        for found, wanted in zip(net.evaluate(X, Y, size, sample_weight=WEIGHTS, verbose=0), whole, strict=True):
            assert np.allclose(found, wanted, rtol=1e-12, atol=1e-14)


def test_logs_hold_numbers_and_arrays_of_their_own():
    net = dense(metrics=[F1Score(), Precision([0.2, 0.5]), "mae"])
    history = net.fit(X, Y, batch_size=16, epochs=3, verbose=0).history
    assert [value.shape for value in history["f1_score"]] == [(3,)] * 3
    assert [value.shape for value in history["precision"]] == [(2,)] * 3
    assert not np.shares_memory(history["f1_score"][0], history["f1_score"][1])
    assert all(type(value) is float for value in history["mae"])
    single = dense(1, "sigmoid", metrics=[F1Score(), R2Score(class_aggregation=None)])
    logs = single.evaluate(X, Y[:, :1], return_dict=True, verbose=0)
    assert all(type(value) is float for value in logs.values())


def test_an_array_is_printed_as_its_mean_as_in_keras(capsys):
    assert EpochLines().line(1, 0.0, {"f1_score": np.array([0.5, 0.25])}).endswith("f1_score: 0.3750")
    dense(metrics=[F1Score()]).fit(X, Y, verbose=2)
    assert " - f1_score: 0." in capsys.readouterr().out


# -- functions and losses ---------------------------------------------------------------------------------------------


def test_a_function_is_averaged_over_samples_or_counts_once_a_batch():
    net = dense(metrics=[squares, batch_mean], weighted_metrics=[squares])
    found = net.evaluate(X, Y, batch_size=40, sample_weight=WEIGHTS, return_dict=True, verbose=0)
    each = squares(Y, net.predict(X)).mean(axis=1)
    assert found["squares"] == pytest.approx(each.mean(), rel=1e-12)
    assert found["weighted_squares"] == pytest.approx(np.average(each, weights=WEIGHTS), rel=1e-12)
    assert found["batch_mean"] == pytest.approx((each[:40].mean() + each[40:].mean()) / 2, rel=1e-12)


def test_a_function_gets_targets_of_the_shape_of_its_predictions_if_there_is_one():
    assert MeanMetricWrapper(squares)([1.0, 2.0], [[1.0], [4.0]]) == 2.0
    assert MeanMetricWrapper(lambda t, p: p[np.arange(len(t)), t])([1, 0], [[0.0, 2.0], [4.0, 0.0]]) == 3.0
    with pytest.raises(ShapeError, match=r"values of predictions \(2, 3\) must be one a sample, \(2,\), got \(3,\)"):
        MeanMetricWrapper(lambda t, p: p.mean(axis=0))(np.zeros((2, 3)), np.zeros((2, 3)))
    with pytest.raises(ShapeError, match="sample_weight needs one value a sample, not one for the batch"):
        MeanMetricWrapper(batch_mean)([1.0], [1.0], [1.0])


def test_a_loss_is_its_mean_over_all_samples():
    net = dense(metrics=["sparse_categorical_crossentropy"])
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["sparse_categorical_crossentropy"])
    loss, metric = net.evaluate(X, Y.argmax(axis=1), batch_size=7, verbose=0)
    assert metric == pytest.approx(loss, rel=1e-12)


def test_a_wrapped_function_comes_back_by_name():
    metric = MeanMetricWrapper(squares)
    assert metric.config() == {"fn": "squares", "name": "squares"}
    again = MeanMetricWrapper.from_config(metric.config(), {"squares": squares})
    assert again([0.0], [2.0]) == 4.0
    with pytest.raises(ArgumentValueError, match=r"its fn is kept by name only.*custom_objects=\{'squares': \.\.\.\}"):
        MeanMetricWrapper.from_config(metric.config())
    loss = MeanMetricWrapper(MSELoss())
    assert resolve("metric", loss._written())([[0.0]], [[2.0]]) == 4.0
