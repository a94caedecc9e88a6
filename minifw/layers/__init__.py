"""Layers: each owns its mathematics in both directions."""

from ..packing import Param as Param
from .base import Layer as Layer
from .branches import Branches as Branches
from .chain import Chain as Chain
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .elementwise import Elementwise as Elementwise
from .flatten import Flatten as Flatten
from .input import Input as Input
from .lambda_ import Lambda as Lambda
from .leaky_relu import LeakyReLU as LeakyReLU
from .relu import ReLU as ReLU
from .reshape import Reshape as Reshape
from .residual import Residual as Residual
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .tanh import Tanh as Tanh

__all__ = [
    "Branches",
    "Chain",
    "Dense",
    "Dropout",
    "Elementwise",
    "Flatten",
    "Input",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "Param",
    "ReLU",
    "Reshape",
    "Residual",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
