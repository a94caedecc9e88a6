"""Makes metrics.json: Keras' metrics after each batch, and scikit-learn's scores (needs keras, jax and scikit-learn)."""

import json
import os
from pathlib import Path

import numpy as np

SIZES = (1, 9, 0, 4, 7)
COUNTS = ("TruePositives", "FalsePositives", "FalseNegatives", "TrueNegatives")


def data(rng):
    """Return small data sets with ties: `{name: (y_true, y_pred)}`; scores from a coarse grid, 0, 0.5 and 1 among them."""
    n = sum(SIZES)
    grid = rng.integers(0, 21, (n, 1)) / 20
    shares = rng.integers(0, 6, (n, 4)) / 5
    labels = rng.integers(0, 4, n)
    wide = rng.normal(size=(n, 7)).round(1)
    targets = np.concatenate([rng.normal(1, 3, (n, 2)).round(2), np.full((n, 1), 7.25)], axis=1)
    return {
        "binary": ((rng.random((n, 1)) < 0.3 + 0.5 * grid).astype(float), grid),
        "positives": (np.ones((n, 1)), grid),
        "negatives": (np.zeros((n, 1)), grid),
        "classes": (np.eye(4)[labels], shares),
        "labels": (labels, shares),
        "soft": (np.eye(4)[labels], shares + 0.2),
        "soft_labels": (labels, shares + 0.2),
        "seven": (rng.integers(0, 7, n), wide),
        "seven_hot": (np.eye(7)[rng.integers(0, 7, n)], wide),
        "outputs": (rng.integers(0, 2, (n, 3)).astype(float), rng.integers(0, 21, (n, 3)) / 20),
        "scores": (rng.integers(0, 2, (n, 1)).astype(float), rng.normal(size=(n, 1)).round(2)),
        "targets": (targets[:, :2], (targets[:, :2] + rng.normal(size=(n, 2))).round(2)),
        "one_target": (targets[:, :1], (targets[:, :1] + rng.normal(size=(n, 1))).round(2)),
        "constant": (targets[:, 1:], (targets[:, 1:] + rng.normal(size=(n, 2))).round(2)),
    }


def rows():
    """Yield `(class, arguments, data)` of each case."""
    for name in ("BinaryAccuracy", "MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError"):
        yield name, {}, "outputs"
    yield "BinaryAccuracy", {"threshold": 0.25}, "binary"
    yield "CategoricalAccuracy", {}, "classes"
    yield "SparseCategoricalAccuracy", {}, "labels"
    for k in (1, 2, 5):
        yield "TopKCategoricalAccuracy", {"k": k}, "seven_hot"
        yield "SparseTopKCategoricalAccuracy", {"k": k}, "seven"
    yield "BinaryCrossentropy", {}, "outputs"
    yield "BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "scores"
    yield "CategoricalCrossentropy", {"label_smoothing": 0.1}, "soft"
    yield "CategoricalCrossentropy", {"from_logits": True}, "seven_hot"
    yield "SparseCategoricalCrossentropy", {}, "soft_labels"
    yield "SparseCategoricalCrossentropy", {"from_logits": True}, "seven"
    for name in COUNTS:
        yield name, {}, "binary"
        yield name, {"thresholds": [0.9, 0.5, 0.2]}, "outputs"
    for name in ("Precision", "Recall"):
        for given in ("binary", "outputs", "positives", "negatives"):
            yield name, {}, given
        yield name, {"thresholds": [0.5, 0.3, 0.95, 1.0]}, "outputs"
        yield name, {"thresholds": 0.4, "class_id": 1}, "outputs"
        yield name, {"top_k": 2}, "classes"
        yield name, {"top_k": 2, "thresholds": 0.6}, "classes"
        yield name, {"top_k": 1, "class_id": 3}, "classes"
    for average in (None, "micro", "macro", "weighted"):
        yield "F1Score", {"average": average}, "classes"
        yield "F1Score", {"average": average, "threshold": 0.5}, "outputs"
    yield "F1Score", {}, "binary"
    for curve in ("ROC", "PR"):
        for method in ("interpolation", "minoring", "majoring"):
            yield "AUC", {"curve": curve, "summation_method": method}, "binary"
        for given in ("outputs", "positives", "negatives"):
            yield "AUC", {"curve": curve}, given
        yield "AUC", {"curve": curve, "num_thresholds": 5}, "binary"
        yield "AUC", {"curve": curve, "thresholds": [0.61, 0.2, 0.33]}, "binary"
        yield "AUC", {"curve": curve, "from_logits": True}, "scores"
        yield "AUC", {"curve": curve, "label_weights": [1.0, 0.0, 2.5]}, "outputs"
        yield "AUC", {"curve": curve, "multi_label": True}, "outputs"
        yield "AUC", {"curve": curve, "multi_label": True, "num_labels": 3, "label_weights": [1.0, 0.0, 2.5]}, "outputs"
    for aggregation in (None, "uniform_average", "variance_weighted_average"):
        yield "R2Score", {"class_aggregation": aggregation}, "targets"
        yield "R2Score", {"class_aggregation": aggregation, "num_regressors": 3}, "targets"
        yield "R2Score", {"class_aggregation": aggregation}, "constant"
    yield "R2Score", {"num_regressors": 4}, "one_target"
    for given in ("targets", "outputs"):
        yield "MeanAbsolutePercentageError", {}, given
        yield "MeanSquaredLogarithmicError", {}, given
        yield "CosineSimilarity", {}, given
    yield "SquaredHinge", {}, "scores"


def keras_results(keras, name, config, y_true, y_pred, weights):
    """Return Keras' result after each batch that holds samples."""
    metric, found, begin = getattr(keras.metrics, name)(**config), [], 0
    for size in SIZES:
        part = slice(begin, begin + size)
        begin += size
        if size:
            metric.update_state(y_true[part], y_pred[part], sample_weight=None if weights is None else weights[part])
        found.append(np.asarray(metric.result()).tolist())
    return found


def sklearn_results(sklearn, sets, weights):
    """Return scikit-learn's scores, where its definition is the same."""
    scores = sklearn.metrics
    binary, outputs, targets = sets["binary"], sets["outputs"], sets["targets"]
    chosen = outputs[1] > 0.5
    return {
        "accuracy": scores.accuracy_score(sets["labels"][0], sets["labels"][1].argmax(1), sample_weight=weights),
        "precision": scores.precision_score(binary[0][:, 0], binary[1][:, 0] > 0.5, sample_weight=weights),
        "recall": scores.recall_score(binary[0][:, 0], binary[1][:, 0] > 0.5, sample_weight=weights),
        "f1": scores.f1_score(outputs[0], chosen, average=None, sample_weight=weights).tolist(),
        "auc": scores.roc_auc_score(binary[0][:, 0], binary[1][:, 0], sample_weight=weights),
        "r2": scores.r2_score(*targets, sample_weight=weights, multioutput="raw_values").tolist(),
        "r2_weighted": scores.r2_score(*targets, sample_weight=weights, multioutput="variance_weighted"),
        "rmse": scores.root_mean_squared_error(*targets, sample_weight=weights, multioutput="raw_values").tolist(),
    }


def main():
    """Write metrics.json beside this file."""
    os.environ["KERAS_BACKEND"] = "jax"
    import jax  # here, so that pytest can import this file without them
    import keras
    import sklearn.metrics
    from keras.src.backend.common import dtypes

    jax.config.update("jax_enable_x64", True)
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(11)
    sets = data(rng)
    weights = rng.integers(0, 9, sum(SIZES)) / 4
    cases = []
    for name, config, given in rows():
        for weighted in (False, True):
            found = keras_results(keras, name, config, *sets[given], weights if weighted else None)
            cases.append({"class": name, "config": config, "data": given, "weighted": weighted, "results": found})
    plain = {name: [array.tolist() for array in arrays] for name, arrays in sets.items()}
    scores = sklearn_results(sklearn, sets, weights)
    made = {"sizes": SIZES, "weights": weights.tolist(), "data": plain, "sklearn": scores, "cases": cases}
    lines = [f"{json.dumps(key)}: " + json.dumps(value) for key, value in made.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    Path(__file__).with_name("metrics.json").write_text(text.replace('{"class"', '\n{"class"'), encoding="utf-8")


if __name__ == "__main__":
    main()
