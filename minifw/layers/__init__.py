"""Layers: each owns its mathematics in both directions."""

from ..network.views import Param as Param
from .activation import Activation as Activation
from .average_pooling import AveragePooling1D as AveragePooling1D
from .average_pooling import AveragePooling2D as AveragePooling2D
from .base import Layer as Layer
from .batch_normalization import BatchNormalization as BatchNormalization
from .branches import Branches as Branches
from .chain import Chain as Chain
from .conv1d import Conv1D as Conv1D
from .conv2d import Conv2D as Conv2D
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .activations import Elementwise as Elementwise
from .activations import ELU as ELU
from .embedding import Embedding as Embedding
from .flatten import Flatten as Flatten
from .gaussian_noise import GaussianNoise as GaussianNoise
from .activations import GELU as GELU
from .global_average_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
from .global_average_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from .input import Input as Input
from .lambda_ import Lambda as Lambda
from .layer_normalization import LayerNormalization as LayerNormalization
from .rectifiers import LeakyReLU as LeakyReLU
from .max_pooling import MaxPooling1D as MaxPooling1D
from .max_pooling import MaxPooling2D as MaxPooling2D
from .activations import Mish as Mish
from .normalization import Normalization as Normalization
from .normalizer import Normalizer as Normalizer
from .rectifiers import PReLU as PReLU
from .rectifiers import ReLU as ReLU
from .rescaling import Rescaling as Rescaling
from .reshape import Reshape as Reshape
from .residual import Residual as Residual
from .rms_normalization import RMSNormalization as RMSNormalization
from .activations import SELU as SELU
from .activations import Sigmoid as Sigmoid
from .activations import SiLU as SiLU
from .softmax import LogSoftmax as LogSoftmax
from .softmax import Softmax as Softmax
from .activations import Softplus as Softplus
from .activations import Softsign as Softsign
from .activations import Tanh as Tanh

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "AveragePooling1D",
    "AveragePooling2D",
    "BatchNormalization",
    "Branches",
    "Chain",
    "Conv1D",
    "Conv2D",
    "Dense",
    "Dropout",
    "Elementwise",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "Input",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LogSoftmax",
    "MaxPooling1D",
    "MaxPooling2D",
    "Mish",
    "Normalization",
    "Normalizer",
    "PReLU",
    "Param",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Reshape",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]
