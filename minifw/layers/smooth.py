"""Smooth activations, most of them the argument times a gate."""

from __future__ import annotations

from typing_extensions import Unpack

from .. import arguments, ops
from .._typing import Array
from ..network.definition import LayerOptions
from .activations import Elementwise


class Softplus(Elementwise):
    """`log(1 + exp(x))`; its slope is the sigmoid.

    Example:
        >>> Softplus()(np.array([[0.0, 100.0]])).round(6)
        array([[  0.693147, 100.      ]])
    """

    factor_text = "σ(z)"

    f = staticmethod(ops.softplus)


class Softsign(Elementwise):
    """`x / (1 + |x|)`, slope `1 / (1 + |x|)**2`.

    Example:
        >>> Softsign()(np.array([[-1.0, 3.0]]))
        array([[-0.5 ,  0.75]])
    """

    factor_text = "1 / (1 + |z|)²"

    f = staticmethod(ops.softsign)


class ELU(Elementwise):
    """`x if x > 0 else alpha * (exp(x) - 1)`; at 0 the slope is `alpha`.

    Args:
        alpha: The limit at `-inf` is `-alpha`; above 0.
        options: As for every layer.

    Source:
        Clevert et al., Fast and accurate deep network learning by exponential linear units (2016).

    Example:
        >>> ELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.632121,  2.      ]])
    """

    factor_text = "1 if z > 0 else {self.alpha:g} exp(z)"

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        arguments.number(self, "alpha", alpha, "(0, inf)")
        self.alpha = alpha
        super().__init__(**options)

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.elu(x, float(self.alpha), out, slope)


class SELU(Elementwise):
    """`scale * (x if x > 0 else alpha * (exp(x) - 1))`, scale 1.0507009873554805, alpha 1.6732632423543772.

    Weights should start as `"lecun_normal"` or alike, of variance `1 / inputs`.

    Source:
        Klambauer et al., Self-normalizing neural networks (2017).

    Example:
        >>> SELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-1.111331,  2.101402]])
    """

    factor_text = "1.0507 if z > 0 else 1.7581 exp(z)"

    f = staticmethod(ops.selu)


class GELU(Elementwise):
    """`x * Φ(x)`, with `Φ` the standard normal distribution function.

    Args:
        approximate: Whether `x * (1 + tanh(sqrt(2/π) (x + 0.044715 x**3))) / 2` is used instead, as some published
            models do; it costs about as much.
        options: As for every layer.

    Source:
        Hendrycks and Gimpel, Gaussian error linear units (2016).

    Example:
        >>> GELU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.158655,  1.9545  ]])
    """

    factor_text = "Φ(z) + z φ(z)"

    def __init__(self, approximate: bool = False, **options: Unpack[LayerOptions]) -> None:
        arguments.flag(self, "approximate", approximate)
        self.approximate = approximate
        if approximate:
            self.factor_text = "(1 + t + z (1 - t²) u') / 2, t = tanh(u), u = √(2/π) (z + 0.044715 z³)"
        super().__init__(**options)

    def f(self, x: Array, out: Array | None = None, slope: Array | None = None) -> Array:
        return ops.gelu(x, self.approximate, out, slope)


class SiLU(Elementwise, aliases=("swish",)):
    """`x * sigmoid(x)`, also called swish.

    Source:
        Ramachandran et al., Searching for activation functions (2017).

    Example:
        >>> SiLU()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.268941,  1.761594]])
    """

    factor_text = "σ(z) (1 + z (1 - σ(z)))"

    f = staticmethod(ops.silu)


class Mish(Elementwise):
    """`x * tanh(log(1 + exp(x)))`.

    Source:
        Misra, Mish: a self regularized non-monotonic activation function (2019).

    Example:
        >>> Mish()(np.array([[-1.0, 2.0]])).round(6)
        array([[-0.303401,  1.943959]])
    """

    factor_text = "t + z (1 - t²) σ(z), t = tanh(log(1 + exp(z)))"

    f = staticmethod(ops.mish)
