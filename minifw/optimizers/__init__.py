"""Optimizers consume `(param, grad)` pairs."""

from .. import schedules as schedules
from .adadelta import Adadelta as Adadelta
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adamax import Adamax as Adamax
from .adamw import AdamW as AdamW
from .base import Optimizer as Optimizer
from .lion import Lion as Lion
from .nadam import Nadam as Nadam
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "schedules",
]
