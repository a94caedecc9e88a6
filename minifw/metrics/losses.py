"""Metrics that are the mean of a loss over all samples."""

from __future__ import annotations

from .._typing import Array
from ..config import is_built_in, resolve
from ..definitions import constructor
from .mean import Wrapped


class MeanLoss(Wrapped, registered=False):
    """The mean over all samples of the loss of its name, which gets its arguments."""

    direction = "down"

    def __init__(self, name: str | None = None) -> None:
        cls = next(base for base in type(self).__mro__ if is_built_in(base.__module__))  # a user's class is one of these
        config = {key: vars(self)[key] for key in constructor(cls) if key != "name"}
        self.fn = resolve("loss", {"kind": "loss", "class": cls.__name__, "config": config})
        super().__init__(name=name)


class BinaryCrossentropy(MeanLoss):
    """The mean of `BinaryCrossentropyLoss` over all samples.

    Args:
        name: The key in logs.
        from_logits: As in the loss.
        label_smoothing: As in the loss.

    Example:
        >>> BinaryCrossentropy()([[1.0]], [[0.5]]).__round__(6)
        0.693147
    """

    def __init__(self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits, self.label_smoothing = from_logits, label_smoothing
        super().__init__(name)


class CategoricalCrossentropy(MeanLoss):
    """The mean of `CategoricalCrossentropyLoss` over all samples.

    Args:
        name: The key in logs.
        from_logits: As in the loss.
        label_smoothing: As in the loss.
        axis: As in the loss.

    Example:
        >>> CategoricalCrossentropy(from_logits=True)([[1, 0]], [[0.0, 0.0]]).__round__(6)
        0.693147
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
    ) -> None:
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis
        super().__init__(name)


class SparseCategoricalCrossentropy(MeanLoss):
    """The mean of `SparseCategoricalCrossentropyLoss` over all samples.

    Args:
        name: The key in logs.
        from_logits: As in the loss.
        axis: As in the loss.

    Example:
        >>> SparseCategoricalCrossentropy(from_logits=True)([0], [[0.0, 0.0]]).__round__(6)
        0.693147
    """

    target_kind = "index"

    def __init__(self, name: str | None = None, from_logits: bool = False, axis: int = -1) -> None:
        self.from_logits, self.axis = from_logits, axis
        super().__init__(name)


class MeanAbsolutePercentageError(MeanLoss, aliases=("mape", "MAPE")):
    """The mean of `MAPELoss` over all samples.

    Args:
        name: The key in logs.

    Example:
        >>> MeanAbsolutePercentageError()([[4.0]], [[5.0]])
        25.0
    """


class MeanSquaredLogarithmicError(MeanLoss, aliases=("msle", "MSLE")):
    """The mean of `MSLELoss` over all samples.

    Args:
        name: The key in logs.

    Example:
        >>> MeanSquaredLogarithmicError()([[1.0]], [[3.0]]).__round__(6)
        0.480453
    """


class SquaredHinge(MeanLoss):
    """The mean of `SquaredHingeLoss` over all samples; labels of 0 are read as -1, a batch at a time.

    Args:
        name: The key in logs.

    Example:
        >>> SquaredHinge()([[-1.0]], [[1.0]])
        4.0
    """


class CosineSimilarity(MeanLoss):
    """The mean over all samples of the cosine of the angle between target and prediction: 1 where they point the same way.

    Args:
        name: The key in logs.
        axis: As in `CosineSimilarityLoss`.

    Example:
        >>> CosineSimilarity()([[0.0, 2.0]], [[3.0, 4.0]])
        0.8
    """

    direction = "up"

    def __init__(self, name: str | None = None, axis: int = -1) -> None:
        self.axis = axis
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        return -super().values(y_true, y_pred)
