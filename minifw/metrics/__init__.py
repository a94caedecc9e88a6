"""Metrics: numbers for people, collected batch by batch."""

from .accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from .auc import AUC
from .base import Metric
from .counts import CountMetric, F1Score, FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives
from .mean import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanMetric,
    MeanMetricWrapper,
    SparseCategoricalCrossentropy,
    SumMetric,
)
from .regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CountMetric", "F1Score", "FalseNegatives", "FalsePositives", "MeanAbsoluteError", "MeanMetric", "MeanMetricWrapper",
    "MeanSquaredError", "Metric", "Precision", "R2Score", "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SumMetric", "TopKCategoricalAccuracy",
    "TrueNegatives", "TruePositives",
]
