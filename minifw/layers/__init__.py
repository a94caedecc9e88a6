"""Layers: each owns its mathematics in both directions."""

from ..packing import Param as Param
from .average_pooling import AveragePooling1D as AveragePooling1D
from .average_pooling import AveragePooling2D as AveragePooling2D
from .base import Layer as Layer
from .branches import Branches as Branches
from .chain import Chain as Chain
from .conv1d import Conv1D as Conv1D
from .conv2d import Conv2D as Conv2D
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .elementwise import Elementwise as Elementwise
from .embedding import Embedding as Embedding
from .flatten import Flatten as Flatten
from .global_average_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
from .global_average_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from .input import Input as Input
from .lambda_ import Lambda as Lambda
from .leaky_relu import LeakyReLU as LeakyReLU
from .max_pooling import MaxPooling1D as MaxPooling1D
from .max_pooling import MaxPooling2D as MaxPooling2D
from .relu import ReLU as ReLU
from .reshape import Reshape as Reshape
from .residual import Residual as Residual
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .tanh import Tanh as Tanh

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "Branches",
    "Chain",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Elementwise",
    "Embedding",
    "Flatten",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "Input",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "MaxPooling1D",
    "MaxPooling2D",
    "Param",
    "ReLU",
    "Reshape",
    "Residual",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
