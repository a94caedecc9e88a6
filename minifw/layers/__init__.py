"""Layers: each owns its mathematics in both directions."""

from ..packing import Param as Param
from .base import Layer as Layer
from .chain import Chain as Chain
from .conv1d import Conv1D as Conv1D
from .conv2d import Conv2D as Conv2D
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .elementwise import Elementwise as Elementwise
from .flatten import Flatten as Flatten
from .input import Input as Input
from .leaky_relu import LeakyReLU as LeakyReLU
from .relu import ReLU as ReLU
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .tanh import Tanh as Tanh

__all__ = [
    "Chain",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Elementwise",
    "Flatten",
    "Input",
    "Layer",
    "LeakyReLU",
    "Param",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
