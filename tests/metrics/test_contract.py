"""Every metric keeps the contract: it holds no batch, is silent, and takes any dtype, also where there is nothing."""

import pickle
import warnings

import numpy as np
import pytest

import minifw
from minifw.metrics import AUC, CosineSimilarity, F1Score, R2Score, Recall

MAKERS = [
    *(getattr(minifw, name) for name in minifw.metrics.__all__ if not name.endswith(("Metric", "Wrapper", "Mean"))),
    lambda: AUC(curve="PR"),
    lambda: AUC(multi_label=True),
    lambda: AUC(from_logits=True),
    lambda: Recall(top_k=2),
    lambda: F1Score(threshold=0.5),
]


def targets_for(metric, rows):
    return np.arange(rows) % 3 if metric.target_kind == "index" else np.eye(3)[np.arange(rows) % 3]


@pytest.mark.parametrize("make", MAKERS)
def test_no_batch_is_kept(make):
    metric, rng = make(), np.random.default_rng(0)
    sizes = []
    for rows in (10, 1000):
        metric.update_state(targets_for(metric, rows), rng.random((rows, 3)))
        sizes.append(len(pickle.dumps(metric)))
    assert abs(sizes[1] - sizes[0]) < 50


@pytest.mark.parametrize("make", MAKERS)
def test_no_batch_gives_0_and_an_empty_one_changes_nothing(make):
    metric = make()
    nothing = np.full(3, np.nan) if isinstance(metric, R2Score) else 0.0
    assert np.all(metric.result() == 0) or np.isnan(metric.result())
    metric.update_state(targets_for(metric, 0), np.zeros((0, 3)), np.zeros(0))
    assert np.allclose(metric.result(), nothing, equal_nan=True)
    metric.update_state(targets_for(metric, 4), np.eye(4, 3) + 0.25)
    before = metric.result()
    metric.update_state(targets_for(metric, 0), np.zeros((0, 3)))
    assert np.array_equal(metric.result(), before)
    metric.update_state(targets_for(metric, 4), np.full((4, 3), 0.3), np.zeros(4))
    assert np.array_equal(metric.result(), before)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e38, -1e300])
def test_no_prediction_warns(make, dtype, value):
    metric = make()
    y_pred = np.full((6, 3), 0.25)
    y_pred[2:4, 1] = y_pred[5] = value
    with np.errstate(over="ignore"):
        y_pred = y_pred.astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for weights in (None, np.arange(6)):
            metric.update_state(targets_for(metric, 6), y_pred, weights)
            result = metric.result()
    if metric.direction != "down" and not isinstance(metric, (R2Score, CosineSimilarity)):
        assert np.isfinite(result).all()


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "u4", "i8", "f2", "g", ">f4", ">i2", list])
@pytest.mark.parametrize("make", [*MAKERS, lambda: minifw.BinaryCrossentropy(from_logits=True)])
def test_whatever_the_dtype_a_metric_is_that_of_floats(make, dtype):
    y, y_pred = np.array([[0, 1], [1, 0], [0, 1]]), np.array([[1, 1], [1, 0], [1, 0]])
    if make().target_kind == "index":
        y = y[:, 0]
    given = (y.tolist(), y_pred.tolist()) if dtype is list else (y.astype(dtype), y_pred.astype(dtype))
    assert np.allclose(make()(*given), make()(y, y_pred.astype(float)), rtol=1e-6, atol=1e-6)
