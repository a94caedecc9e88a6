"""What every layer takes, what its arguments cannot be called, and parameters as they are declared."""

from __future__ import annotations

from typing import Any, TypedDict

from .._typing import Shape
from ..config import resolve
from .views import Param

RESERVED = frozenset(
    {
        *("params", "grads", "state", "cache", "rng", "learning_rate_multiplier", "needs_message", "input_kind"),
        *("elementwise", "kinds", "is_network", "build", "output_shape", "forward", "backward", "messages", "outputs"),
        *("children", "factor_text", "config", "from_config", "get_weights", "set_weights", "count_params"),
    }
)
"""What no constructor's argument may be called: storing it would overwrite the contract."""

class LayerOptions(TypedDict, total=False):
    """What every built-in layer takes beside its own arguments."""

    name: str | None
    trainable: bool
    input_shape: Any
    input_dim: int | None


def check_names(layer: Any) -> None:
    """Raise for a stored initializer, regularizer or constraint that is none: now, not when the first data comes."""
    for name, value in vars(layer).items():
        kind = name.rpartition("_")[2]
        if kind in ("initializer", "regularizer", "constraint") and value is not None:
            resolve(kind, value, f"{type(layer).__name__}: {name}")


def declared(layer: Any, name: str, shape: Shape) -> Param:
    """Return a parameter as the layer's arguments `<name>_initializer`, `..._regularizer` and `..._constraint` have it.

    Without an initializer it begins, as in Keras, `"glorot_uniform"`, a bias too.
    """
    initializer, regularizer, constraint = (
        getattr(layer, f"{name}_{part}") for part in ("initializer", "regularizer", "constraint")
    )
    return Param(shape, "glorot_uniform" if initializer is None else initializer, True, regularizer, constraint)
