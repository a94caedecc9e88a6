"""Layers: each owns its mathematics in both directions."""

from ..packing import Param as Param
from .activation import Activation as Activation
from .base import Layer as Layer
from .chain import Chain as Chain
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .elementwise import Elementwise as Elementwise
from .elu import ELU as ELU
from .flatten import Flatten as Flatten
from .gelu import GELU as GELU
from .input import Input as Input
from .leaky_relu import LeakyReLU as LeakyReLU
from .mish import Mish as Mish
from .prelu import PReLU as PReLU
from .relu import ReLU as ReLU
from .selu import SELU as SELU
from .sigmoid import Sigmoid as Sigmoid
from .silu import SiLU as SiLU
from .softmax import LogSoftmax as LogSoftmax
from .softmax import Softmax as Softmax
from .softplus import Softplus as Softplus
from .softsign import Softsign as Softsign
from .tanh import Tanh as Tanh

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Chain",
    "Dense",
    "Dropout",
    "Elementwise",
    "Flatten",
    "Input",
    "Layer",
    "LeakyReLU",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "Param",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]
