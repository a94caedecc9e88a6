"""Keras' module of models."""

from . import config, errors
from .files.model import load_model
from .sequential import Sequential

__all__ = ["Sequential", "clone_model", "load_model"]


def clone_model(model: Sequential) -> Sequential:
    """Return a network of the same layers that has learned nothing; it shares no array, and is not compiled.

    With the same `seed` its parameters start where those of the model started. A copy with all it has learned is
    `copy.deepcopy(model)`.

    Args:
        model: The network.

    Raises:
        ArgumentTypeError: If it is no `Sequential`, or holds what no file could hold, such as a `lambda`.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)], seed=1)
        >>> clone_model(net).get_weights()[0].shape
        (2, 1)
    """
    if not isinstance(model, Sequential):
        raise errors.ArgumentTypeError(f"clone_model: wanted a Sequential, got {errors.shown(model)}")
    clone: Sequential = config.revived(model._written(), None)
    return clone
