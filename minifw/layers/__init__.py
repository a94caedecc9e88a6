"""Layers: each owns its mathematics in both directions."""

from ..packing import Param as Param
from .base import Layer as Layer
from .batch_normalization import BatchNormalization as BatchNormalization
from .chain import Chain as Chain
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .elementwise import Elementwise as Elementwise
from .flatten import Flatten as Flatten
from .gaussian_noise import GaussianNoise as GaussianNoise
from .input import Input as Input
from .layer_normalization import LayerNormalization as LayerNormalization
from .leaky_relu import LeakyReLU as LeakyReLU
from .normalization import Normalization as Normalization
from .normalizer import Normalizer as Normalizer
from .relu import ReLU as ReLU
from .rescaling import Rescaling as Rescaling
from .rms_normalization import RMSNormalization as RMSNormalization
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .tanh import Tanh as Tanh

__all__ = [
    "BatchNormalization",
    "Chain",
    "Dense",
    "Dropout",
    "Elementwise",
    "Flatten",
    "GaussianNoise",
    "Input",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Normalization",
    "Normalizer",
    "Param",
    "RMSNormalization",
    "ReLU",
    "Rescaling",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
