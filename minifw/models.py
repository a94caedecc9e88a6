"""Keras' module of models."""

from .files.model import load_model
from .sequential import Sequential

__all__ = ["Sequential", "load_model"]
