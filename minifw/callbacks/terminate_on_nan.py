"""Ends training when the numbers have gone."""

from __future__ import annotations

import math

from typing_extensions import override

from ..errors import UsageError
from .base import Callback, Logs, say


class TerminateOnNaN(Callback):
    """Ends `fit` instead of a `NonFiniteError` when a loss or a gradient is not finite.

    The batch changes nothing: the weights are those of the last finite step.

    Args:
        raise_error: Whether to raise an error after all, as Keras does: a `RuntimeError`; the `NonFiniteError` that
            names the layer is its cause.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> x = np.array([[1.0], [np.nan]])
        >>> history = net.fit(x, x, 1, epochs=3, shuffle=False, verbose=0, callbacks=[TerminateOnNaN()])
        Batch 1: Invalid loss, terminating training
        >>> len(history.epoch)
        1
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    @override
    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            self.terminate(batch)

    def terminate(self, batch: int, reason: Exception | None = None) -> None:
        """End training after this batch, or raise the error."""
        if self.raise_error:
            raise UsageError(f"NaN or infinite loss at batch {batch}: training is over", batch=batch) from reason
        say(f"Batch {batch}: Invalid loss, terminating training")
        if self.model is not None:
            self.model.stop_training = True
