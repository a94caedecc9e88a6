"""Keras' module of models."""

from typing import TYPE_CHECKING

from .late import late_names
from .sequential import Sequential as Sequential

if TYPE_CHECKING:
    from .checkpoint.model import load_model as load_model

__getattr__ = late_names(__name__, {"checkpoint.model": "load_model"})

__all__ = ["Sequential", "load_model"]
