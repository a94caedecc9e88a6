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
from .enlarging import UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D
from .lambda_ import Lambda
from .noise import Dropout, GaussianNoise
from .normalization import LayerNormalization, Normalizer, RMSNormalization
from .pooling import (
    AveragePooling1D, AveragePooling2D, GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D,
    GlobalMaxPooling2D, MaxPooling1D, MaxPooling2D,
)
from .preprocessing import Normalization, Rescaling
from .residual import Residual
from .shapes import Flatten, Identity, Input, Permute, RepeatVector, Reshape
from .softmax import LogSoftmax, Softmax

# Keras' short names
from .pooling import AveragePooling1D as AvgPool1D, AveragePooling2D as AvgPool2D
from .pooling import GlobalAveragePooling1D as GlobalAvgPool1D, GlobalAveragePooling2D as GlobalAvgPool2D
from .pooling import GlobalMaxPooling1D as GlobalMaxPool1D, GlobalMaxPooling2D as GlobalMaxPool2D
from .pooling import MaxPooling1D as MaxPool1D, MaxPooling2D as MaxPool2D

__all__ = [
    "ELU", "GELU", "SELU", "Activation", "AveragePooling1D", "AveragePooling2D", "AvgPool1D", "AvgPool2D",
    "BatchNormalization", "Branches", "Chain", "Conv1D", "Conv2D", "Dense", "Dropout", "Elementwise", "Embedding",
    "Flatten", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAvgPool1D", "GlobalAvgPool2D",
    "GlobalMaxPool1D", "GlobalMaxPool2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "Input", "Lambda",
    "Layer", "LayerNormalization", "LeakyReLU", "LogSoftmax", "MaxPool1D", "MaxPool2D", "MaxPooling1D", "MaxPooling2D",
    "Mish", "Normalization", "Normalizer", "PReLU", "Param", "Permute", "RMSNormalization", "ReLU", "RepeatVector",
    "Rescaling", "Reshape", "Residual", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "UpSampling1D",
    "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D",
]
