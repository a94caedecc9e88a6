"""Learning rates that change with the step; any callable of the step is one."""

from .base import LearningRateSchedule as LearningRateSchedule
from .cosine import CosineDecay as CosineDecay
from .decays import ExponentialDecay as ExponentialDecay
from .decays import InverseTimeDecay as InverseTimeDecay
from .piecewise import PiecewiseConstantDecay as PiecewiseConstantDecay
from .polynomial import PolynomialDecay as PolynomialDecay

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]
