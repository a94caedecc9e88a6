"""What the end of a network gives, and what the loss and the metrics want of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .._typing import Shape
from ..errors import MinifwError
from ..layers.base import Layer
from ..network import tree

if TYPE_CHECKING:
    from ..sequential import Sequential

ENDING = {"shares that sum to 1": "softmax", "probabilities": "sigmoid"}
"""The activation that gives what a loss wants."""


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
    last, loss = _end(net), net.loss
    gives, wants = last.gives, None if loss is None else loss.wants
    if gives is not None and wants == "scores" and gives in (*ENDING, "logarithms"):
        what = f"from_logits=True wants scores, but {tree.label(last)} gives {gives}"
        yield Finding(type(loss).__name__, what, "drop one of the two")
    elif gives is not None and wants in ENDING and gives != wants:
        fix = f"end the network with {ENDING[wants]}"
        fix += ", or pass from_logits=True" if gives == "any numbers" else ""
        yield Finding(type(loss).__name__, f"it wants {wants}, but {tree.label(last)} gives {gives}", fix)
    if wants == "scores" and net.metrics is not None:
        for key, metric in (*net.metrics.plain.items(), *net.metrics.weighted.items()):
            single = shape is not None and shape[-1:] == (1,)
            if metric.wants == "probabilities" or (metric.wants == "one probability" and single):
                yield Finding(
                    f"metric {key!r}",
                    "it counts what is above 0.5, but the network ends in scores, where 0 is the middle",
                    "use a threshold of 0, as in BinaryAccuracy(threshold=0.0), or end with sigmoid and no from_logits",
                )


def _end(layer: Layer) -> Layer:
    """Return the innermost layer that gives what a layer gives: an activation inside, the last of a chain."""
    inner = layer.children()
    return _end(inner[-1][1]) if inner and layer.gives is not None and inner[-1][1].gives == layer.gives else layer
