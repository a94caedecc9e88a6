"""Keras' module of models."""

from .model import Sequential as Sequential

__all__ = ["Sequential"]
