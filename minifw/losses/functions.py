"""Losses as functions of a batch, with Keras' names: one value a sample, and no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._typing import Array
from ..engine.errstate import silent
from . import crossentropy, difference, entries, similarity
from .base import Loss


def _function(cls: type[Loss], name: str = "") -> Callable[..., Array]:
    """Return the function of a loss; `compile` takes it for the loss itself."""

    @silent
    def values(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Array:
        loss, alone = cls(*args, **options), np.ndim(y_pred) < 2  # then it is one sample, as in Keras
        y_true, y_pred = loss.admit(*(([y_true], [y_pred]) if alone else (y_true, y_pred)))
        found = loss.values(y_true, y_pred)
        return found[0] if alone else found

    values.__name__ = values.__qualname__ = name or str(cls.name)
    values.__doc__ = f"""Return the value of `{cls.__name__}` for each sample, its mean over the last axis.

    Args:
        y_true: The targets.
        y_pred: The predictions; those without a batch axis are one sample.
        args: The arguments of the loss, in its order.
        options: The same by name.
    """
    return values


binary_crossentropy = _function(entries.BinaryCrossentropyLoss)
categorical_crossentropy = _function(crossentropy.CategoricalCrossentropyLoss)
cosine_similarity = _function(similarity.CosineSimilarityLoss)
hinge = _function(entries.HingeLoss)
huber = _function(difference.HuberLoss, "huber")
kl_divergence = _function(entries.KLDivergenceLoss)
log_cosh = _function(difference.LogCoshLoss)
mean_absolute_error = _function(difference.MAELoss)
mean_absolute_percentage_error = _function(entries.MAPELoss)
mean_squared_error = _function(difference.MSELoss)
mean_squared_logarithmic_error = _function(entries.MSLELoss)
poisson = _function(entries.PoissonLoss)
sparse_categorical_crossentropy = _function(crossentropy.SparseCategoricalCrossentropyLoss)
squared_hinge = _function(entries.SquaredHingeLoss)
