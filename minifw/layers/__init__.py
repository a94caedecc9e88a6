"""Layers: each owns its mathematics in both directions."""

from ..network.views import Param
from .activated import Activation
from .activations import ELU, Elementwise, GELU, LeakyReLU, Mish, PReLU, ReLU, SELU, SiLU, Sigmoid, Softplus, Softsign, Tanh
from .base import Layer
from .batch_normalization import BatchNormalization
from .branches import Branches
from .chain import Chain
from .convolution import Conv1D, Conv2D
from .dense import Dense
from .embedding import Embedding
from .lambda_ import Lambda
from .noise import Dropout, GaussianNoise
from .normalization import LayerNormalization, Normalizer, RMSNormalization
from .pooling import (
    AveragePooling1D,
    AveragePooling2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from .preprocessing import Normalization, Rescaling
from .residual import Residual
from .shapes import Flatten, Input, Reshape
from .softmax import LogSoftmax, Softmax

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "AveragePooling1D", "AveragePooling2D", "BatchNormalization", "Branches", "Chain",
    "Conv1D", "Conv2D", "Dense", "Dropout", "Elementwise", "Embedding", "Flatten", "GaussianNoise",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "Input", "Lambda", "Layer", "LayerNormalization", "LeakyReLU",
    "LogSoftmax", "MaxPooling1D", "MaxPooling2D", "Mish", "Normalization", "Normalizer", "PReLU", "Param",
    "RMSNormalization", "ReLU", "Rescaling", "Reshape", "Residual", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign",
    "Tanh",
]
