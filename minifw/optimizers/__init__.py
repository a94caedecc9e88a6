"""Optimizers consume `(param, grad)` pairs."""

from .. import schedules as schedules
from .adam import Adam as Adam
from .base import Optimizer as Optimizer
from .rmsprop import RMSprop as RMSprop
from .sgd import SGD as SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "schedules"]
