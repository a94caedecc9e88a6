"""Metrics: numbers for people, collected batch by batch."""

from .accuracy import Accuracy as Accuracy
from .accuracy import BinaryAccuracy as BinaryAccuracy
from .accuracy import CategoricalAccuracy as CategoricalAccuracy
from .accuracy import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from .auc import AUC as AUC
from .base import Metric as Metric
from .confusion import CountMetric as CountMetric
from .confusion import FalseNegatives as FalseNegatives
from .confusion import FalsePositives as FalsePositives
from .confusion import TrueNegatives as TrueNegatives
from .confusion import TruePositives as TruePositives
from .crossentropy import BinaryCrossentropy as BinaryCrossentropy
from .crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from .crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from .f1_score import F1Score as F1Score
from .mean import MeanMetric as MeanMetric
from .mean import MeanMetricWrapper as MeanMetricWrapper
from .precision_recall import Precision as Precision
from .precision_recall import Recall as Recall
from .r2_score import R2Score as R2Score
from .regression import MeanAbsoluteError as MeanAbsoluteError
from .regression import MeanSquaredError as MeanSquaredError
from .regression import RootMeanSquaredError as RootMeanSquaredError
from .sums import SumMetric as SumMetric
from .top_k import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from .top_k import TopKCategoricalAccuracy as TopKCategoricalAccuracy

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CountMetric",
    "F1Score",
    "FalseNegatives",
    "FalsePositives",
    "MeanAbsoluteError",
    "MeanMetric",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "R2Score",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SumMetric",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
]
