"""Pure functions on arrays: the mathematics behind the layers and losses, usable on their own."""

from .activations import above_zero, elu, leaky_relu, relu, selu, sigmoid, softplus, softsign, tanh
from .gated import gelu, mish, silu
from .softmax import log_softmax, log_softmax_gradient, softmax, softmax_gradient

__all__ = [
    "above_zero", "elu", "gelu", "leaky_relu", "log_softmax", "log_softmax_gradient", "mish", "relu", "selu", "sigmoid",
    "silu", "softmax", "softmax_gradient", "softplus", "softsign", "tanh",
]
