"""A network measured on data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .. import arguments
from .._typing import ArrayLike
from ..callbacks.base import Callback, Callbacks, checked
from ..callbacks.progress import reporters
from ..engine.errstate import silent
from ..network import tree
from .batches import Batch
from .compiled import Metrics, check_compiled, fresh_metrics
from .iterated import opened

if TYPE_CHECKING:
    from ..sequential import Sequential


def prepared(
    verb: str, callbacks: Any, verbose: Any, *always: type[Callback], writes: bool = True, **counts: Any
) -> Callbacks:
    """Return who hears of what happens: the callbacks, and behind them who prints for a `verbose`.

    Args:
        verb: Who asks; named in messages.
        callbacks: What the user gave.
        verbose: What the user gave.
        always: Callbacks of which one is made where the user gave none.
        writes: Whether those that write files or print are told of anything.
        counts: Numbers of steps that the user gave, or `None`, by the name of the argument.
    """
    arguments.choice(verb, "verbose", verbose, ("auto", 0, 1, 2, False, True))
    for name, count in counts.items():
        arguments.optional(arguments.integer, verb, name, count)
    callbacks = checked(callbacks, verb)
    missing = [kind() for kind in always if not any(isinstance(callback, kind) for callback in callbacks)]
    return Callbacks([*callbacks, *missing, *reporters(verbose, callbacks)], writes)


def returned(logs: dict[str, Any], return_dict: bool) -> Any:
    """Return what Keras returns: a dictionary if asked for, else one number, or a list if there are metrics."""
    if return_dict:
        return logs
    return list(logs.values()) if len(logs) > 1 else logs["loss"]


def drop_caches(net: Sequential) -> None:
    """Forget what the last forward left, so that nothing keeps its batch alive."""
    for layer in net._everyone():
        tree.drop_cache(layer)
    if net.loss is not None:
        net.loss.forget()


def evaluate(
    self: Sequential, x: Any = None, y: ArrayLike | None = None, batch_size: int | None = None, verbose: Any = "auto",
    sample_weight: ArrayLike | None = None, steps: int | None = None, callbacks: list[Callback] | None = None,
    return_dict: bool = False,
) -> Any:
    """Return the loss and the metrics over all samples; in a callback what `fit` is counting stays as it was.

    Args:
        x: The samples; or, without `y`, batches as in `fit`.
        y: The targets.
        batch_size: Samples at a time; 32 without one, or with `steps` so many that all are seen.
        verbose: As in `fit`: 0 prints nothing, 2 one line.
        sample_weight: One weight a sample.
        steps: How many batches, the first ones.
        callbacks: Who is told.
        return_dict: Whether to return `{"loss": ..., metric: ...}`.

    Returns:
        The loss, a list `[loss, metric, ...]` if there are metrics, or a dictionary.
    """
    check_compiled(self, "evaluate")
    events = prepared("evaluate", callbacks, verbose, steps=steps)
    batches = opened(self, x, y, sample_weight, "evaluate")
    batches.cut(batch_size, steps)
    events.start(self, {"verbose": verbose, "epochs": 1, "steps": steps if steps is not None else batches.steps})
    metrics, outer = fresh_metrics(self), self._measuring
    self._measuring = True
    try:
        return returned(measure(self, batches.first(), events, metrics), return_dict)
    finally:
        self._measuring = outer


def measure(net: Sequential, batches: Iterable[Batch], events: Callbacks, metrics: Metrics) -> dict[str, Any]:
    """Return the loss and the metrics, which have been reset, over batches; each counts by its samples."""
    total, seen = 0.0, 0
    events.call("on_test_begin", {})
    try:
        for i, batch in enumerate(batches):
            events.call("on_test_batch_begin", i, {})
            rows = len(batch.x)
            total, seen = total + measure_batch(net, batch, metrics) * rows, seen + rows
            if events.listeners["on_test_batch_end"]:
                events.call("on_test_batch_end", i, {"loss": total / seen + net.penalty(), **metrics.results()})
    finally:
        drop_caches(net)
    logs = {"loss": total / seen + net.penalty(), **metrics.results()}
    events.call("on_test_end", logs)
    return logs


@silent
def measure_batch(net: Sequential, batch: Batch, metrics: Metrics) -> float:
    """Return the loss of one batch without penalties, and let the metrics see it."""
    loss = check_compiled(net, "evaluate")
    y_pred = net.forward(batch.x)
    value: float = loss.forward(batch.y, y_pred, batch.sample_weight)
    metrics.update(batch.y, y_pred, batch.sample_weight)
    return value
