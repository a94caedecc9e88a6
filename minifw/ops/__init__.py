"""Pure functions on arrays: the mathematics behind the layers and losses, usable on their own."""

from .activations import above_zero as above_zero
from .activations import leaky_relu as leaky_relu
from .activations import relu as relu
from .activations import sigmoid as sigmoid
from .activations import tanh as tanh
from .softmax import log_softmax as log_softmax
from .softmax import softmax as softmax

__all__ = ["above_zero", "leaky_relu", "log_softmax", "relu", "sigmoid", "softmax", "tanh"]
