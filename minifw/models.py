"""Keras' module of models."""

from .checkpoint.model import load_model as load_model
from .model import Sequential as Sequential

__all__ = ["Sequential", "load_model"]
