"""Losses say how wrong a prediction is, and in which direction to move it."""

from .base import ElementwiseLoss, Loss
from .crossentropy import CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss
from .difference import DifferenceLoss, HuberLoss, LogCoshLoss, MAELoss, MSELoss, QuantileLoss
from .entries import BinaryCrossentropyLoss, HingeLoss, KLDivergenceLoss, MAPELoss, MSLELoss, PoissonLoss, SquaredHingeLoss
from .functions import (
    binary_crossentropy, categorical_crossentropy, cosine_similarity, hinge, huber, kl_divergence, log_cosh,
    mean_absolute_error, mean_absolute_percentage_error, mean_squared_error, mean_squared_logarithmic_error, poisson,
    sparse_categorical_crossentropy, squared_hinge,
)
from .lambda_ import LambdaLoss
from .similarity import CosineSimilarityLoss

# Keras' names
from .crossentropy import CategoricalCrossentropyLoss as CategoricalCrossentropy
from .crossentropy import SparseCategoricalCrossentropyLoss as SparseCategoricalCrossentropy
from .difference import HuberLoss as Huber, LogCoshLoss as LogCosh, MAELoss as MeanAbsoluteError, MSELoss as MeanSquaredError
from .entries import BinaryCrossentropyLoss as BinaryCrossentropy, HingeLoss as Hinge, KLDivergenceLoss as KLDivergence
from .entries import MAPELoss as MeanAbsolutePercentageError, MSLELoss as MeanSquaredLogarithmicError
from .entries import PoissonLoss as Poisson, SquaredHingeLoss as SquaredHinge
from .similarity import CosineSimilarityLoss as CosineSimilarity

__all__ = [
    "BinaryCrossentropy", "BinaryCrossentropyLoss", "CategoricalCrossentropy", "CategoricalCrossentropyLoss",
    "CosineSimilarity", "CosineSimilarityLoss", "DifferenceLoss", "ElementwiseLoss", "Hinge", "HingeLoss", "Huber",
    "HuberLoss", "KLDivergence", "KLDivergenceLoss", "LambdaLoss", "LogCosh", "LogCoshLoss", "Loss", "MAELoss", "MAPELoss",
    "MSELoss", "MSLELoss", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "PoissonLoss", "QuantileLoss", "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropyLoss", "SquaredHinge", "SquaredHingeLoss", "binary_crossentropy",
    "categorical_crossentropy", "cosine_similarity", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_error", "mean_squared_logarithmic_error", "poisson",
    "sparse_categorical_crossentropy", "squared_hinge",
]
