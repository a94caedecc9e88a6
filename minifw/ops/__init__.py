"""Pure functions on arrays: the mathematics behind the layers and losses, usable on their own."""

from .activations import above_zero as above_zero
from .activations import leaky_relu as leaky_relu
from .activations import relu as relu
from .activations import sigmoid as sigmoid
from .activations import tanh as tanh
from .exponential import elu as elu
from .exponential import selu as selu
from .gated import mish as mish
from .gated import silu as silu
from .gelu import gelu as gelu
from .soft import softplus as softplus
from .soft import softsign as softsign
from .softmax import log_softmax as log_softmax
from .softmax import log_softmax_gradient as log_softmax_gradient
from .softmax import softmax as softmax
from .softmax import softmax_gradient as softmax_gradient

__all__ = [
    "above_zero",
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "log_softmax_gradient",
    "mish",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmax_gradient",
    "softplus",
    "softsign",
    "tanh",
]
