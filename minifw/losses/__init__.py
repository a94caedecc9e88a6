"""Losses say how wrong a prediction is, and in which direction to move it."""

from .base import ElementwiseLoss, Loss
from .binary import BinaryCrossentropyLoss
from .crossentropy import CategoricalCrossentropyLoss, SparseCategoricalCrossentropyLoss
from .difference import DifferenceLoss, HuberLoss, LogCoshLoss, MAELoss, MSELoss, QuantileLoss
from .entries import HingeLoss, KLDivergenceLoss, PoissonLoss

BinaryCrossentropy = BinaryCrossentropyLoss
CategoricalCrossentropy = CategoricalCrossentropyLoss
Hinge = HingeLoss
Huber = HuberLoss
KLDivergence = KLDivergenceLoss
LogCosh = LogCoshLoss
MeanAbsoluteError = MAELoss
MeanSquaredError = MSELoss
Poisson = PoissonLoss
SparseCategoricalCrossentropy = SparseCategoricalCrossentropyLoss

__all__ = [
    "BinaryCrossentropy", "BinaryCrossentropyLoss", "CategoricalCrossentropy", "CategoricalCrossentropyLoss",
    "DifferenceLoss", "ElementwiseLoss", "Hinge", "HingeLoss", "Huber", "HuberLoss", "KLDivergence", "KLDivergenceLoss",
    "LogCosh", "LogCoshLoss", "Loss", "MAELoss", "MSELoss", "MeanAbsoluteError", "MeanSquaredError", "Poisson",
    "PoissonLoss", "QuantileLoss", "SparseCategoricalCrossentropy", "SparseCategoricalCrossentropyLoss",
]
