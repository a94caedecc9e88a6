"""What the end of a network gives, and what the loss and the metrics want of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .._typing import Shape
from ..errors import MinifwError
from ..network import tree
from ..layers.activated import Activated
from ..layers.activation import Activation
from ..layers.base import Layer
from ..layers.branches import Branches
from ..layers.chain import Chain
from ..layers.rectifiers import ReLU
from ..layers.residual import Residual
from ..layers.activations import Sigmoid
from ..layers.softmax import LogSoftmax, Softmax
from ..layers.activations import Tanh
from ..losses.base import Loss
from ..losses.binary_crossentropy import BinaryCrossentropyLoss
from ..losses.categorical_crossentropy import CategoricalCrossentropyLoss
from ..losses.sparse_categorical_crossentropy import SparseCategoricalCrossentropyLoss
from ..metrics.accuracy import Accuracy, BinaryAccuracy
from ..metrics.base import Metric
from ..metrics.precision_recall import Precision, Recall

if TYPE_CHECKING:
    from ..sequential import Sequential

SHARES, PROBABILITIES = "shares that sum to 1", "probabilities"
GIVES: tuple[tuple[type, str], ...] = (
    (Softmax, SHARES),
    (Sigmoid, PROBABILITIES),
    (LogSoftmax, "logarithms"),
    (Tanh, "numbers from -1 to 1"),
    (ReLU, "numbers from 0 up"),
    (Activated, "any numbers"),
)
"""What the layers give that may stand last; of others, such as a user's own, nothing is known."""

WANTS: tuple[tuple[type, str], ...] = (
    (BinaryCrossentropyLoss, PROBABILITIES),
    (CategoricalCrossentropyLoss, SHARES),
    (SparseCategoricalCrossentropyLoss, SHARES),
)
ENDING = {SHARES: "softmax", PROBABILITIES: "sigmoid"}


class Finding(NamedTuple):
    """Something that does not belong together; as text it is one line.

    Attributes:
        where: The layer, the loss, the metric or the argument.
        what: What is wrong there.
        fix: One thing to do about it.
        error: What `fit` raises for it; without one it warns.
        data: Whether the numbers are not finite, which training itself finds and explains.
    """

    where: str
    what: str
    fix: str
    error: MinifwError | None = None
    data: bool = False

    def __str__(self) -> str:
        return str(self.error) if self.error is not None else f"{self.where}: {self.what}; {self.fix}"


def mismatches(net: Sequential, shape: Shape | None) -> Iterator[Finding]:
    """Compare what the last layer gives with what the loss wants, and thresholds of metrics with both.

    Args:
        net: A compiled network.
        shape: The shape of its output for one sample, if it is known.
    """
    last, wants = _last(net), _wants(net.loss)
    gives = next((what for kind, what in GIVES if isinstance(last, kind)), None)
    loss, where = type(net.loss).__name__, tree.label(last)
    if wants == "scores" and gives in (SHARES, PROBABILITIES, "logarithms"):
        yield Finding(loss, f"from_logits=True wants scores, but {where} gives {gives}", "drop one of the two")
    elif wants in ENDING and gives is not None and gives != wants:
        fix = f"end the network with {ENDING[wants]}"
        fix += ", or pass from_logits=True" if gives == "any numbers" else ""
        yield Finding(loss, f"it wants {wants}, but {where} gives {gives}", fix)
    if wants == "scores" and net.metrics is not None:
        for key, metric in (*net.metrics.plain.items(), *net.metrics.weighted.items()):
            if _halves(metric, shape):
                yield Finding(
                    f"metric {key!r}",
                    "it counts what is above 0.5, but the network ends in scores, where 0 is the middle",
                    "use a threshold of 0, as in BinaryAccuracy(threshold=0.0), or end with sigmoid and no from_logits",
                )


def _last(layer: Layer) -> Layer:
    """Return the layer whose output the network's output is: an activation inside, the last of a chain."""
    while isinstance(layer, (Activated, Activation, Chain)) and not isinstance(layer, (Residual, Branches)):
        inner = layer.children()
        if not inner:
            break
        layer = inner[-1][1]
    return layer


def _wants(loss: Loss | None) -> str | None:
    if getattr(loss, "from_logits", False):
        return "scores"
    return next((what for kind, what in WANTS if isinstance(loss, kind)), None)


def _halves(metric: Metric, shape: Shape | None) -> bool:
    """Whether a metric counts what is above 0.5."""
    if isinstance(metric, Accuracy):
        return shape is not None and shape[-1:] == (1,)
    if isinstance(metric, BinaryAccuracy):
        return metric.threshold == 0.5
    return isinstance(metric, (Precision, Recall)) and metric.thresholds is None and metric.top_k is None
