"""The network as a plain function of one vector, for optimizers and simulators that know nothing of layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike
from ..arrays import as_numbers
from ..errors import ShapeError, UsageError
from ..network import tree
from ..network.views import Snapshot
from .batches import ArrayBatches
from .compiled import check_compiled
from .evaluate import drop_caches

if TYPE_CHECKING:
    from ..sequential import Sequential


def get_flat(self: Sequential) -> Array:
    """Return all parameters, frozen ones too, as one float64 vector: a copy.

    Raises:
        UsageError: If the network is not built.
    """
    return tree.vectors(self).params.astype(np.float64)


def set_flat(self: Sequential, flat: ArrayLike) -> None:
    """Set all parameters, frozen ones too, from one vector.

    Args:
        flat: The values, `(count,)`, in the order of `get_flat`.

    Raises:
        ShapeError: If there are more or fewer of them. Nothing has changed then.
    """
    tree.vectors(self).params[:] = _vector(self, flat, "set_flat")


def loss_and_grad(
    self: Sequential, flat: ArrayLike, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, *,
    training: bool = True,
) -> tuple[float, Array]:
    """Return the loss, penalties included, and its gradient at given parameters; the network stays as it was.

    The same arguments give the same result: each call draws what the next batch would draw, and puts parameters,
    state and generators back. A `forward` that waits for its `backward` is spent.

    Args:
        flat: The parameters, `(count,)`, in the order of `get_flat`.
        x: The samples, all of them one batch.
        y: The targets.
        sample_weight: One weight a sample.
        training: In which mode; without it dropout rests and normalizations use what they have learned.

    Returns:
        The loss as a float, and the gradient, float64, `(count,)`, with 0 for what is frozen. A loss that is NaN though
        parameters and data are finite is returned as infinity, which a line search steps back from; the gradient stays
        as it is.

    Raises:
        UsageError: If the network is not built, or has no loss.
        ShapeError: If `flat` has another length.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)], dtype="float64", seed=1)
        >>> net.compile(loss="mse")
        >>> net.loss_and_grad([1.0, 1.0, 0.0], [[1.0, 2.0]], [[0.0]])
        (9.0, array([ 6., 12.,  6.]))
    """
    check_compiled(self, "loss_and_grad")
    arguments.flag("loss_and_grad", "training", training)
    values = _vector(self, flat, "loss_and_grad")
    batch = ArrayBatches(self, x, y, sample_weight, "loss_and_grad").all_rows()
    assert self.loss is not None
    with np.errstate(all="ignore"), _unchanged(self):
        tree.vectors(self).params[:] = values
        y_pred = self.forward(batch.x, training)
        loss = self.loss.forward(batch.y, y_pred, batch.sample_weight) + self.penalty()
        self.backward(self.loss.backward())
        if np.isnan(loss) and all(np.isfinite(array).all() for array in (as_numbers(flat, "flat"), *batch[:2])):
            loss = np.inf
        gradient = tree.vectors(self).grads.astype(np.float64)
        for entry in self.entries():
            if entry.trained and entry.frozen:
                gradient[entry.begin : entry.begin + entry.array.size] = 0.0  # stale: backward leaves them alone
        return float(loss), gradient


def input_gradient(self: Sequential, x: ArrayLike, error_grad: ArrayLike, *, training: bool = False) -> Array:
    """Return dLoss/dx for a dLoss/d(output) that comes from anywhere; the network stays as it was.

    Args:
        x: The samples.
        error_grad: dLoss/d(output) for each of them, shaped like the output.
        training: In which mode.

    Returns:
        dLoss/dx, float64, shaped like `x`.

    Raises:
        UsageError: If the network takes whole numbers, which have no gradient.
        ShapeError: If `error_grad` has another shape than the output.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Dense(1, kernel_initializer="ones")], dtype="float64")
        >>> net.input_gradient([[1.0, 2.0]], [[3.0]])
        array([[3., 3.]])
    """
    arguments.flag("input_gradient", "training", training)
    with np.errstate(all="ignore"):
        message = np.array(as_numbers(error_grad, "input_gradient: error_grad"), dtype=self._dtype)
        if self.packed is None:
            self.forward(x)
        with _unchanged(self):
            self.forward(x, training)
            gradient = self.backward(message, to_input=True)
            if gradient is None:
                raise UsageError(f"{tree.label(self)}: the input is whole numbers, and they have no gradient")
            return gradient.astype(np.float64)


def _vector(net: Sequential, flat: ArrayLike, verb: str) -> Array:
    expected = tree.vectors(net).params.shape
    values = as_numbers(flat, f"{verb}: flat")
    if values.shape != expected:
        text = f"{tree.label(net)}: {verb} wants one value for each parameter, shape {expected}, got {values.shape}"
        raise ShapeError(text, expected=expected, received=values.shape)
    with np.errstate(over="ignore"):  # a line search may go far; what overflows gives an infinite loss
        return values.astype(net._dtype)


@contextmanager
def _unchanged(net: Sequential) -> Iterator[None]:
    """Put parameters, gradients, state and generators back at the end, whatever happens."""
    vectors, before = tree.vectors(net), Snapshot(net._everyone())
    params, grads = vectors.params.copy(), vectors.grads.copy()
    try:
        yield
    finally:
        vectors.params[:], vectors.grads[:] = params, grads
        before.restore()
        drop_caches(net)
