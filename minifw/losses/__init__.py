"""Losses say how wrong a prediction is, and in which direction to move it."""

from .base import Loss as Loss
from .mse import MSELoss as MSELoss
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropyLoss as SparseCategoricalCrossentropyLoss

MeanSquaredError = MSELoss
SparseCategoricalCrossentropy = SparseCategoricalCrossentropyLoss

__all__ = [
    "Loss",
    "MSELoss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropyLoss",
]
