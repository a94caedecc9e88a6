"""Losses say how wrong a prediction is, and in which direction to move it."""

from .base import Loss as Loss
from .binary_crossentropy import BinaryCrossentropyLoss as BinaryCrossentropyLoss
from .categorical_crossentropy import CategoricalCrossentropyLoss as CategoricalCrossentropyLoss
from .elementwise import ElementwiseLoss as ElementwiseLoss
from .hinge import HingeLoss as HingeLoss
from .difference import DifferenceLoss as DifferenceLoss
from .difference import HuberLoss as HuberLoss
from .kl_divergence import KLDivergenceLoss as KLDivergenceLoss
from .difference import LogCoshLoss as LogCoshLoss
from .difference import MAELoss as MAELoss
from .difference import MSELoss as MSELoss
from .poisson import PoissonLoss as PoissonLoss
from .difference import QuantileLoss as QuantileLoss
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropyLoss as SparseCategoricalCrossentropyLoss

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
    "BinaryCrossentropy",
    "BinaryCrossentropyLoss",
    "CategoricalCrossentropy",
    "CategoricalCrossentropyLoss",
    "DifferenceLoss",
    "ElementwiseLoss",
    "Hinge",
    "HingeLoss",
    "Huber",
    "HuberLoss",
    "KLDivergence",
    "KLDivergenceLoss",
    "LogCosh",
    "LogCoshLoss",
    "Loss",
    "MAELoss",
    "MSELoss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Poisson",
    "PoissonLoss",
    "QuantileLoss",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalCrossentropyLoss",
]
