"""What metrics refuse, and what they say: labels, shapes, weights and arguments. A refused batch changes nothing."""

import numpy as np
import pytest

import minifw as mf
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError


@pytest.mark.parametrize("metric", [mf.SparseCategoricalAccuracy(), mf.SparseTopKCategoricalAccuracy(), mf.Accuracy()])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "class numbers must be 0 to 2 for 3 outputs, got 0 to 3"),
        ([-1, 2], "class numbers must be 0 to 2 for 3 outputs, got -1 to 2"),
        ([0.5, 1], "wanted whole numbers, got 0.5"),
        ([np.nan, 1], "wanted whole numbers, got nan"),
    ],
)
def test_labels_that_are_no_class_are_refused(metric, labels, message):
    with pytest.raises(ArgumentValueError, match=message):
        metric.update_state(labels, np.ones((2, 3)))
    assert metric.result() == 0.0


@pytest.mark.parametrize("metric", [mf.TruePositives(), mf.Precision(), mf.AUC(), mf.F1Score()])
@pytest.mark.parametrize("target", [-1.0, 2.0, np.nan])
def test_binary_targets_outside_0_and_1_are_refused(metric, target):
    with pytest.raises(ArgumentValueError, match=f"{type(metric).__name__}: targets must be between 0 and 1, got"):
        metric.update_state([[1.0], [target]], [[0.5], [0.5]])
    assert metric.result() == 0.0


@pytest.mark.parametrize(
    ("metric", "true_shape", "pred_shape", "message"),
    [
        (
            mf.Precision(),
            (4,),
            (4, 3),
            r"y_true has shape \(4,\), .*\(4, 3\).*class numbers, use a sparse metric or",
        ),
        (mf.SparseCategoricalAccuracy(), (4, 3), (4, 3), r"one-hot rows: use y_true.argmax\(axis=-1\)"),
        (mf.CategoricalAccuracy(), (4, 2), (4, 3), "nothing is broadcast"),
        (mf.CategoricalAccuracy(), (4,), (4,), r"predictions must be \(n, classes\), got \(4,\)"),
        (mf.Precision(top_k=1), (4,), (4,), r"top_k and class_id need predictions \(n, classes\), got \(4,\)"),
        (mf.F1Score(), (4,), (4,), r"predictions must be \(n, outputs\), got \(4,\); for one output pass"),
        (mf.R2Score(), (4, 2, 2), (4, 2, 2), r"predictions must be \(n, outputs\), got \(4, 2, 2\)"),
        (mf.AUC(multi_label=True), (4,), (4,), r"predictions must be \(n, labels\), got \(4,\)"),
        (mf.AUC(multi_label=True, num_labels=2), (4, 3), (4, 3), r"predictions must be \(n, 2\), got \(4, 3\)"),
        (mf.AUC(label_weights=[1, 2]), (4, 3), (4, 3), r"predictions must be \(n, 2\), got \(4, 3\)"),
        (mf.MeanSquaredError(), (), (), r"predictions must be \(n, ...\), got \(\)"),
        (mf.Accuracy(), (), (), r"predictions must be \(n, ...\), got \(\)"),
        (mf.BinaryAccuracy(), (2, 0), (2, 0), r"predictions must be \(n, ...\), got \(2, 0\)"),
    ],
)
def test_shapes_are_refused_with_the_way_out(metric, true_shape, pred_shape, message):
    with pytest.raises(ShapeError, match=message):
        metric.update_state(np.ones(true_shape), np.ones(pred_shape))
    assert np.all(metric.result() == 0) or isinstance(metric, mf.R2Score)


@pytest.mark.parametrize("make", [mf.F1Score, mf.R2Score, lambda: mf.AUC(multi_label=True)])
def test_another_width_is_refused_until_the_reset(make):
    metric = make()
    metric.update_state(np.eye(3), np.eye(3))
    before = metric.result()
    with pytest.raises(ShapeError, match=r"predictions \(2, 1\) give sums .*; call reset_state\(\) before data of"):
        metric.update_state(np.ones((2, 1)), np.ones((2, 1)))
    assert np.array_equal(metric.result(), before)
    metric.reset_state()
    metric.update_state(np.ones((2, 1)), np.ones((2, 1)))


@pytest.mark.parametrize("make", [mf.MeanSquaredError, mf.CategoricalAccuracy, mf.Precision, mf.AUC, mf.F1Score, mf.R2Score])
@pytest.mark.parametrize("weights", [[1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [1.0, 1.0], np.ones((3, 2))])
def test_bad_weights_change_nothing(make, weights):
    metric = make()
    metric.update_state(np.eye(3), np.eye(3) * 0.9)
    before = metric.result()
    with pytest.raises(ValueError, match="sample_weight"):
        metric.update_state(np.eye(3), np.eye(3)[::-1], weights)
    assert np.array_equal(metric.result(), before)


@pytest.mark.parametrize("bad", ["abc", np.ma.masked_array([1.0], [True]), np.array([1j]), None])
def test_what_holds_no_numbers_is_refused(bad):
    for arguments in ((bad, [1.0]), ([1.0], bad)):
        with pytest.raises((ArgumentTypeError, ArgumentValueError), match="MeanSquaredError: y_"):
            mf.MeanSquaredError().update_state(*arguments)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: mf.Precision(1.5), ArgumentValueError, r"Precision: thresholds must be in \[0, 1\], got 1.5"),
        (lambda: mf.Recall([0.5, "0.7"]), ArgumentTypeError, r"Recall: thresholds must be a number in \[0, 1\]"),
        (lambda: mf.TruePositives([]), ArgumentValueError, "thresholds must hold at least one number"),
        (lambda: mf.Precision(top_k=0), ArgumentValueError, "top_k must be in"),
        (lambda: mf.Precision(top_k=2.0), ArgumentTypeError, "top_k must be an integer"),
        (lambda: mf.Precision(class_id=-1), ArgumentValueError, "class_id must be in"),
        (lambda: mf.Precision(class_id=3)(np.eye(3), np.eye(3)), ArgumentValueError, "class_id must be below .* 3, got 3"),
        (lambda: mf.TopKCategoricalAccuracy(k=0), ArgumentValueError, "k must be in"),
        (lambda: mf.F1Score("mean"), ArgumentValueError, "average must be one of None, 'micro', 'macro', 'weighted'"),
        (lambda: mf.F1Score(threshold=0.0), ArgumentValueError, r"threshold must be in \(0, 1\]"),
        (lambda: mf.R2Score("mean"), ArgumentValueError, "class_aggregation must be one of"),
        (lambda: mf.R2Score(num_regressors=-1), ArgumentValueError, "num_regressors must be in"),
        (lambda: mf.AUC(1), ArgumentValueError, "num_thresholds must be in"),
        (lambda: mf.AUC(curve="roc"), ArgumentValueError, "curve must be one of 'ROC', 'PR', got 'roc'"),
        (lambda: mf.AUC(summation_method="left"), ArgumentValueError, "summation_method must be one of"),
        (lambda: mf.AUC(thresholds=0.5), ArgumentTypeError, "AUC: thresholds must be a list"),
        (lambda: mf.AUC(num_labels=3), ArgumentValueError, "num_labels=3 means nothing without multi_label=True"),
        (lambda: mf.AUC(label_weights=[-1.0]), ArgumentValueError, "label_weights must be in"),
        (lambda: mf.AUC(dtype="float32"), ArgumentTypeError, "'dtype' is an argument of Keras that has no meaning here"),
        (lambda: mf.BinaryAccuracy(0.7), ArgumentTypeError, "BinaryAccuracy: name must be a string, got 0.7"),
        (lambda: mf.MeanSquaredError(nam="x"), ArgumentTypeError, "has no argument 'nam'; did you mean 'name'"),
    ],
)
def test_bad_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
