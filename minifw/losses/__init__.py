"""Losses say how wrong a prediction is, and in which direction to move it."""

from .base import ElementwiseLoss, Loss
from .crossentropy import CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss
from .difference import DifferenceLoss, HuberLoss, LogCoshLoss, MAELoss, MSELoss, QuantileLoss
from .entries import BinaryCrossentropyLoss, HingeLoss, KLDivergenceLoss, PoissonLoss

# Keras' names
from .crossentropy import CategoricalCrossentropyLoss as CategoricalCrossentropy
from .crossentropy import SparseCategoricalCrossentropyLoss as SparseCategoricalCrossentropy
from .difference import HuberLoss as Huber, LogCoshLoss as LogCosh, MAELoss as MeanAbsoluteError, MSELoss as MeanSquaredError
from .entries import BinaryCrossentropyLoss as BinaryCrossentropy, HingeLoss as Hinge
from .entries import KLDivergenceLoss as KLDivergence, PoissonLoss as Poisson

__all__ = [
    "BinaryCrossentropy", "BinaryCrossentropyLoss", "CategoricalCrossentropy", "CategoricalCrossentropyLoss",
    "DifferenceLoss", "ElementwiseLoss", "Hinge", "HingeLoss", "Huber", "HuberLoss", "KLDivergence", "KLDivergenceLoss",
    "LogCosh", "LogCoshLoss", "Loss", "MAELoss", "MSELoss", "MeanAbsoluteError", "MeanSquaredError", "Poisson",
    "PoissonLoss", "QuantileLoss", "SparseCategoricalCrossentropy", "SparseCategoricalCrossentropyLoss",
]
