"""Optimizers consume `(param, grad)` pairs."""

import sys

from .. import schedules
from .adam import Adam, AdamW, Adamax, Nadam
from .adaptive import Adadelta, Adagrad, RMSprop
from .base import Optimizer
from .sgd import Lion, SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Nadam", "Optimizer", "RMSprop", "schedules",
]

sys.modules[f"{__name__}.schedules"] = schedules  # as os.path: Keras' scripts import from there
