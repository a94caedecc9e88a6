"""Metrics: numbers for people, collected batch by batch."""

from .accuracy import (
    Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from .auc import AUC
from .base import Metric
from .counts import CountMetric, F1Score, FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives
from .losses import (
    BinaryCrossentropy, CategoricalCrossentropy, CosineSimilarity, MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError, SparseCategoricalCrossentropy, SquaredHinge,
)
from .mean import Mean, MeanMetric, MeanMetricWrapper, SumMetric
from .regression import MeanAbsoluteError, MeanSquaredError, R2Score, RootMeanSquaredError

__all__ = [
    "AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CosineSimilarity", "CountMetric", "F1Score", "FalseNegatives", "FalsePositives", "Mean", "MeanAbsoluteError",
    "MeanAbsolutePercentageError", "MeanMetric", "MeanMetricWrapper", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "Metric", "Precision", "R2Score", "Recall", "RootMeanSquaredError", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy", "SquaredHinge", "SumMetric",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives",
]
