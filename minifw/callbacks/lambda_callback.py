"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ArgumentTypeError, nearest, shown
from .base import EVENTS, Callback


class LambdaCallback(Callback):
    """Calls functions with what the methods of the same name are told.

    Args:
        on_epoch_begin: `f(epoch, logs)`.
        on_epoch_end: `f(epoch, logs)`.
        on_train_begin: `f(logs)`.
        on_train_end: `f(logs)`.
        on_train_batch_begin: `f(batch, logs)`.
        on_train_batch_end: `f(batch, logs)`.
        others: Any other method of `Callback` that begins with `on_`, such as `on_backward_end=f(batch, pairs)`.

    Example:
        >>> import minifw, numpy as np
        >>> net = minifw.Sequential([minifw.Input((1,)), minifw.Dense(1)], seed=1)
        >>> net.compile("sgd", "mse")
        >>> shout = LambdaCallback(on_epoch_end=lambda epoch, logs: print("epoch", epoch, *logs))
        >>> history = net.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0, callbacks=[shout])
        epoch 0 loss
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **others: Callable[..., Any] | None,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        for event, function in given.items():
            if event not in EVENTS:
                raise ArgumentTypeError(f"LambdaCallback: callbacks are not told {event!r}{nearest(event, EVENTS)}")
            if function is not None:
                if not callable(function):
                    raise ArgumentTypeError(f"LambdaCallback: {event} must be a function, got {shown(function)}")
                setattr(self, event, function)
