"""Whole numbers into vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import arguments
from .._typing import Array, Shape
from ..engine.reductions import sums_between
from ..errors import ArgumentValueError, UsageError
from ..network.definition import check_names, declared
from ..network.views import Param
from .base import Layer


class Embedding(Layer):
    """`y = embeddings[x]`: each whole number becomes a row of a table; stands first in a network.

    The gradient of a row is the sum of the error gradients wherever it was looked up; rows that were not have 0.

    Args:
        input_dim: How many rows there are; the numbers are 0 to `input_dim - 1`.
        output_dim: The length of a row.
        embeddings_initializer: Where `embeddings`, `(input_dim, output_dim)`, starts.
        embeddings_regularizer: A penalty on it.
        embeddings_constraint: A condition on it.
        options: As for every layer, but for `input_dim`.

    Raises:
        ArgumentValueError: If a number is outside the table.

    Example:
        >>> Embedding(1000, 8).output_shape((12,))
        (12, 8)
    """

    input_kind = "index"
    factor_text = "to the rows that were looked up"

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform", embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None, **options: Any,
    ) -> None:
        self.input_dim = arguments.integer(self, "input_dim", input_dim)
        self.output_dim = arguments.integer(self, "output_dim", output_dim)
        self.embeddings_initializer = embeddings_initializer
        self.embeddings_regularizer, self.embeddings_constraint = embeddings_regularizer, embeddings_constraint
        check_names(self)
        super().__init__(**options)

    def build(self, input_shape: Shape) -> dict[str, Param]:
        return {"embeddings": declared(self, "embeddings", (self.input_dim, self.output_dim))}

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def forward(self, x: Array, training: bool = False) -> Array:
        if x.dtype.kind not in "iu":
            got = f"the layer before it sends {x.dtype}"
            raise UsageError(f"Embedding: it takes whole numbers, and {got}; put it first in the network")
        if x.size and not (x.min() >= 0 and x.max() < self.input_dim):
            rule = f"the numbers must be 0 to {self.input_dim - 1} for input_dim={self.input_dim}"
            raise ArgumentValueError(f"Embedding: {rule}, got {x.min()} to {x.max()}")
        self.cache = x
        return self.params.embeddings.take(x, axis=0)

    def backward(self, error_grad: Array) -> None:
        ids, g = self.cache.ravel(), error_grad.reshape(-1, self.output_dim)
        grad = self.grads.embeddings
        grad.fill(0.0)
        # numbers that all differ are sorted twice as fast as equal ones that have to keep their order
        keys = ids.astype(np.int64, copy=False) * len(ids) + np.arange(len(ids))  # beyond what a browser indexes with
        ids, order = (part.astype(np.intp, copy=False) for part in np.divmod(np.sort(keys), len(ids)))
        rows = g.take(order, axis=0)
        again = np.diff(ids, prepend=-1) == 0
        grad[ids[~again]] = rows[~again]  # most numbers come once, and a sum of one row costs more than a copy
        if again.any():
            ids = ids[again]
            first = np.flatnonzero(np.diff(ids, prepend=-1))
            grad[ids[first]] += sums_between(rows[again], first)
