"""What `compile` puts together: an optimizer, a loss and metrics."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Never, cast

import numpy as np

from .. import arguments
from .._typing import Array
from ..config import by_name, is_built_in, resolve
from ..engine.errstate import silent
from ..errors import ArgumentTypeError, ArgumentValueError, UsageError, shown
from ..metrics.base import Metric
from ..metrics.mean import MeanMetricWrapper
from ..network import tree

if TYPE_CHECKING:
    from ..losses.base import Loss
    from ..sequential import Sequential


class Metrics:
    """Metrics under the keys they have in logs.

    Args:
        plain: Metrics that see no weights: names, classes, instances, losses or functions.
        weighted: Metrics that are weighted like the loss.
        ignored: The class number that the loss ignores: metrics let it through.
    """

    kinds = ("metrics",)

    def __init__(self, plain: Any, weighted: Any, ignored: int | None = None) -> None:
        self.plain: dict[str, Metric] = {}
        self.weighted: dict[str, Metric] = {}
        for argument, value, into in (("metrics", plain, self.plain), ("weighted_metrics", weighted, self.weighted)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ArgumentTypeError(f"compile: {argument} must be a list or a dict, got {value!r}; write [{value!r}]")
            for identifier in _flat(value or ()):
                metric = _metric(identifier)
                if any(metric is other for other in self):
                    raise ArgumentValueError(f"compile: {argument} holds {metric!r} a second time; make another one")
                key = identifier if isinstance(identifier, str) else metric.name
                into[self._free(key, "weighted_" if into is self.weighted else "")] = metric
        for metric in self:
            metric._ignored = ignored

    def __iter__(self) -> Iterator[Metric]:
        return iter((*self.plain.values(), *self.weighted.values()))

    def __len__(self) -> int:
        return len(self.plain) + len(self.weighted)

    def __getitem__(self, place: int) -> Metric:
        return tuple(self)[place]

    @silent
    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        """Take in a batch."""
        for metric in self.plain.values():
            metric.update_state(y_true, y_pred)
        for metric in self.weighted.values():
            metric.update_state(y_true, y_pred, sample_weight)

    def results(self) -> dict[str, Any]:
        """Return the values since the last reset: numbers, and arrays of several, which a metric may go on writing to."""
        return {key: _result(metric, key) for key, metric in (*self.plain.items(), *self.weighted.items())}

    def reset(self) -> None:
        """Forget all batches."""
        for metric in self:
            metric.reset_state()

    def _free(self, key: str, prefix: str) -> str:
        taken = {"loss"} | self.plain.keys() | self.weighted.keys()
        key = prefix + key if key in taken else key
        names = chain((key,), (f"{key}_{number}" for number in count(1)))
        return next(name for name in names if name not in taken)


def compile(
    self: Sequential,
    optimizer: Any = "rmsprop",
    loss: Any = None,
    metrics: Sequence[Any] | Mapping[str, Any] | None = None,
    weighted_metrics: Sequence[Any] | Mapping[str, Any] | None = None,
    **unknown: Never,
) -> None:
    """Choose how the network is trained and measured; weights stay as they are, the optimizer starts anew.

    Args:
        optimizer: An `Optimizer`, its class or its name.
        loss: A `Loss`, its class or its name; without one the network can only predict.
        metrics: Metrics or their names, such as `["accuracy"]`, losses, and functions of `(y_true, y_pred)`; they see no
            weights. A name is the key in the logs, a repeated one gets `_1`.
        weighted_metrics: Metrics that are weighted like the loss; a key that is taken gets `weighted_`.

    Raises:
        ArgumentValueError: If a name is unknown; the message holds the nearest ones.
        ArgumentTypeError: If something else stands there. Nothing has changed then.

    Example:
        >>> import minifw
        >>> net = minifw.Sequential([minifw.Input((2,)), minifw.Dense(1)])
        >>> net.compile("sgd", "mse", metrics=["mae"])
    """
    arguments.refuse_unknown("compile", unknown, ("optimizer", "loss", "metrics", "weighted_metrics"))
    loss = by_name(loss)
    if callable(loss) and not isinstance(loss, type) and not hasattr(loss, "kinds"):
        called = getattr(loss, "__name__", "...")
        raise ArgumentTypeError(
            f"compile: the loss {called!r} is a function, but a loss has a gradient too: write it, slopes(y_true, y_pred), "
            f"shaped like y_pred, and pass LambdaLoss({called}, slopes); or subclass Loss and write values and slopes"
        )
    optimizer = resolve("optimizer", optimizer, "compile")
    loss = None if loss is None else resolve("loss", loss, "compile")
    measured = Metrics(metrics, weighted_metrics, getattr(loss, "ignore_class", None))
    self.loss, self.optimizer, self.metrics = loss, optimizer, measured  # the loss may be refused


def check_compiled(net: Sequential, verb: str) -> Loss:
    """Return the loss, or raise unless the network has an optimizer and a loss; a callback may compile it anew."""
    if net.metrics is None or net.loss is None:
        missing = "compile(optimizer=..., loss=...)" if net.metrics is None else "a loss: compile(..., loss='mse')"
        raise UsageError(f"{tree.label(net)}: {verb} needs {missing} first")
    if not net.layers:
        raise UsageError(f"{tree.label(net)} has no layers; add one first")
    return net.loss


def fresh_metrics(net: Sequential) -> Metrics:
    """Return the metrics, reset; copies of them while a callback interrupts a count that goes on afterwards."""
    metrics = net.metrics
    assert metrics is not None
    if net._fitting or net._measuring:
        metrics = copy.deepcopy(metrics)
    metrics.reset()
    return metrics


def _flat(value: Any) -> Iterator[Any]:
    """Yield what lists and dictionaries hold; a network has one output, so keys only order them, as in Keras."""
    if isinstance(value, dict) and "config" not in value:
        value = [value[key] for key in sorted(value)]
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _metric(identifier: Any) -> Metric:
    """Return the metric that stands for something; a loss and a function become their mean over the samples."""
    kinds = getattr(identifier, "kinds", ())
    if by_name(identifier) is not identifier:
        return MeanMetricWrapper(resolve("loss", identifier), name=by_name(identifier))
    if "loss" in kinds:
        return MeanMetricWrapper(resolve("loss", identifier))
    if "mean" in kinds:
        raise ArgumentTypeError("compile: Mean takes numbers and no targets; MeanMetricWrapper takes a function of both")
    if callable(identifier) and not kinds:
        return MeanMetricWrapper(identifier)
    try:
        return cast(Metric, resolve("metric", identifier, "compile"))
    except ArgumentValueError as unknown:
        try:
            return MeanMetricWrapper(resolve("loss", identifier), name=identifier)
        except ArgumentValueError:
            raise unknown from None


def _result(metric: Metric, key: str) -> Any:
    """Return a metric's value; that of a user's warns if it is several numbers, and raises if it is none."""
    value = metric.result()
    if not is_built_in(type(metric).__module__):
        array, text = np.asarray(value), f"{type(metric).__name__}: result() returned"
        if array.dtype.kind not in "fiub":
            raise ArgumentTypeError(f"{text} {shown(value)}; it must return a number")
        if array.size != 1:
            text += f" shape {array.shape}; history, bars and callbacks want one number for {key!r}"
            warnings.warn(f"{text}: return float(np.mean(...)), or one metric each", UserWarning, stacklevel=2)
    return value.item() if isinstance(value, (np.ndarray, np.generic)) and value.size == 1 else copy.copy(value)
