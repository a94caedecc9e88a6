"""Metrics agree with Keras after every batch, with scikit-learn where it means the same, and with plain loops."""

import copy
import itertools
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

import minifw
from minifw import AUC, Accuracy, F1Score, MeanMetricWrapper, Precision, R2Score, Recall, RootMeanSquaredError
from minifw.config import registered

KEPT = json.loads((Path(__file__).parents[1] / "reference" / "metrics.json").read_text(encoding="utf-8"))
SIZES = KEPT["sizes"]
WEIGHTS = np.array(KEPT["weights"])
DATA = {name: tuple(np.array(array) for array in arrays) for name, arrays in KEPT["data"].items()}
CASES = KEPT["cases"]


def named(case):
    arguments = ",".join(f"{key}={value}" for key, value in case["config"].items())
    return f"{case['class']}({arguments})-{case['data']}{'-weighted' * case['weighted']}"


def near(found, wanted, tolerance=1e-12):
    return np.shape(found) == np.shape(wanted) and np.allclose(found, wanted, rtol=tolerance, atol=tolerance, equal_nan=True)


def made(case):
    weights = WEIGHTS if case["weighted"] else None
    return getattr(minifw, case["class"])(**case["config"]), *DATA[case["data"]], weights


def feed(metric, y_true, y_pred, weights, sizes):
    begin = 0
    for size in sizes:
        part = slice(begin, begin + size)
        metric.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
        begin += size
        yield metric.result()


def test_every_metric_is_compared():
    assert {type(made(case)[0]) for case in CASES} | {Accuracy, MeanMetricWrapper} == set(registered("metric"))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_metric_agrees_with_keras_after_every_batch(case):
    for found, wanted in zip(feed(*made(case), SIZES), case["results"], strict=True):
        assert near(found, wanted)
        assert type(found) is (float if np.ndim(wanted) == 0 else np.ndarray)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_any_split_memory_and_float_gives_the_same(case):
    wanted = case["results"][-1]
    metric, y_true, y_pred, weights = made(case)
    for sizes in ([21], [1] * 21, [2, 19], [0, 20, 1]):
        metric.reset_state()
        assert near(list(feed(metric, y_true, y_pred, weights, sizes))[-1], wanted)
    metric.reset_state()
    metric.update_state(y_true.tolist(), np.asfortranarray(y_pred), None if weights is None else weights[:, np.newaxis])
    assert near(metric.result(), wanted)
    metric.reset_state()
    for array in (y_true, y_pred, WEIGHTS):
        array.flags.writeable = False
    metric.update_state(y_true, y_pred.astype(">f8"), weights)
    assert near(metric.result(), wanted)


@pytest.mark.parametrize("case", [case for case in CASES if not case["weighted"]], ids=named)
def test_copies_go_on_from_the_same_state_and_the_config_begins_anew(case):
    metric, y_true, y_pred, _ = made(case)
    metric.update_state(y_true[:10], y_pred[:10])
    for other in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        other.update_state(y_true[10:], y_pred[10:])
        assert near(other.result(), case["results"][-1])
    assert near(metric.result(), case["results"][1])
    again = type(metric).from_config(json.loads(json.dumps(metric.config())))
    assert repr(again) == repr(metric)
    again.update_state(y_true, y_pred)
    assert near(again.result(), case["results"][-1])
    metric.reset_state()
    assert near(metric.result(), type(metric)(**case["config"]).result())


def test_scikit_learn_agrees_where_it_means_the_same():
    scores = KEPT["sklearn"]
    binary, outputs, targets = DATA["binary"], DATA["outputs"], DATA["targets"]
    between = np.unique(binary[1])[:-1] + 0.025  # a threshold between any two predictions makes the area exact
    assert near(Accuracy()(*DATA["labels"], WEIGHTS), scores["accuracy"])
    assert near(Precision()(*binary, WEIGHTS), scores["precision"])
    assert near(Recall()(*binary, WEIGHTS), scores["recall"])
    assert near(AUC(thresholds=between.tolist())(*binary, WEIGHTS), scores["auc"])
    assert near(AUC()(*binary, WEIGHTS), scores["auc"], 1e-3)
    assert near(F1Score(threshold=0.5)(*outputs, WEIGHTS), scores["f1"], 1e-6)  # 1e-7 in each divisor
    assert near(R2Score(class_aggregation=None)(*targets, WEIGHTS), scores["r2"])
    assert near(R2Score(class_aggregation="variance_weighted_average")(*targets, WEIGHTS), scores["r2_weighted"])
    for i, wanted in enumerate(scores["rmse"]):
        assert near(RootMeanSquaredError()(targets[0][:, i], targets[1][:, i], WEIGHTS), wanted)


# -- plain loops ------------------------------------------------------------------------------------------------------


def looped(y_true, y_pred, weights, threshold):
    found = {"TruePositives": 0.0, "FalsePositives": 0.0, "FalseNegatives": 0.0, "TrueNegatives": 0.0}
    for row, (targets, predictions) in enumerate(zip(y_true, y_pred, strict=True)):
        for target, prediction in zip(targets, predictions, strict=True):
            positive = prediction > threshold
            found[("True" if positive == bool(target) else "False") + ("Positives" if positive else "Negatives")] += weights[
                row
            ]
    return found


def random_batches(seed):
    rng = np.random.default_rng(seed)
    for size in rng.integers(0, 6, 7):
        yield rng.integers(0, 2, (size, 3)), rng.integers(0, 11, (size, 3)) / 10, rng.integers(0, 5, size) / 2


def together(batches):
    return tuple(np.concatenate(arrays) for arrays in zip(*batches, strict=True))


@pytest.mark.parametrize("seed", range(10))
def test_counts_equal_a_plain_loop(seed):
    batches = list(random_batches(seed))
    thresholds = [0.5, 0.0, 0.3, 1.0, 0.3]
    wanted = [looped(*together(batches), threshold) for threshold in thresholds]
    for name in wanted[0]:
        metric = getattr(minifw, name)(thresholds)
        for batch in batches:
            metric.update_state(*batch)
        assert metric.result().tolist() == [counts[name] for counts in wanted]
    metrics = Precision(thresholds), Recall(thresholds)
    for metric, batch in itertools.product(metrics, batches):
        metric.update_state(*batch)
    for i, counts in enumerate(wanted):
        right, wrong, missed = counts["TruePositives"], counts["FalsePositives"], counts["FalseNegatives"]
        assert metrics[0].result()[i] == (right / (right + wrong) if right + wrong else 0)
        assert metrics[1].result()[i] == (right / (right + missed) if right + missed else 0)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_the_area_equals_its_formula_in_a_plain_loop(curve, seed):
    batches = list(random_batches(seed))
    metric = AUC(num_thresholds=11, curve=curve)
    for batch in batches:
        metric.update_state(*batch)
    cuts = [-1e-7, *(i / 10 for i in range(1, 10)), 1 + 1e-7]
    counts = [tuple(looped(*together(batches), cut).values()) for cut in cuts]
    area = 0.0
    for (tp0, fp0, fn0, tn0), (tp1, fp1, _, _) in itertools.pairwise(counts):
        if curve == "ROC" and tp0 + fn0 and fp0 + tn0:
            area += (fp0 - fp1) / (fp0 + tn0) * (tp0 + tp1) / 2 / (tp0 + fn0)
        elif curve == "PR" and tp0 + fp0 - tp1 - fp1 and tp0 + fn0:
            q0, q1 = tp0 + fp0, tp1 + fp1
            k = (tp0 - tp1) / (q0 - q1)
            area += k * (tp0 - tp1 + (tp1 - k * q1) * (math.log(q0 / q1) if q1 else 0)) / (tp0 + fn0)
    assert metric.result() == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_f1_and_r2_equal_a_plain_loop(seed):
    y_true, y_pred, weights = together(random_batches(seed))
    f1, r2 = F1Score(threshold=0.5)(y_true, y_pred, weights), R2Score(class_aggregation=None)(y_true, y_pred, weights)
    for i in range(3):
        counts = looped(y_true[:, [i]], y_pred[:, [i]], weights, 0.5)
        right, wrong, missed = counts["TruePositives"], counts["FalsePositives"], counts["FalseNegatives"]
        precision, recall = right / (right + wrong + 1e-7), right / (right + missed + 1e-7)
        assert f1[i] == pytest.approx(2 * precision * recall / (precision + recall + 1e-7), rel=1e-12)
        rows = list(zip(y_true[:, i].tolist(), y_pred[:, i].tolist(), weights.tolist(), strict=True))
        squares, total = sum(w * y * y for y, _, w in rows), sum(w * y for y, _, w in rows)
        residual = sum(w * (y - p) ** 2 for y, p, w in rows)
        assert r2[i] == pytest.approx(1 - residual / (squares - total**2 / sum(w for *_, w in rows)), rel=1e-12)
