"""The cross-entropies as metrics: means over all samples of what the losses of that name are."""

from __future__ import annotations

from typing import Any

from ..config import resolve
from .mean import _Wrapped


class _Crossentropy(_Wrapped, registered=False):
    """Hands its arguments on to the loss of its name."""

    direction = "down"

    def _make(self, **config: Any) -> None:
        vars(self).update(config)
        self.fn = resolve("loss", {"kind": "loss", "class": f"{type(self).__name__}Loss", "config": config})


class BinaryCrossentropy(_Crossentropy):
    """The mean of `BinaryCrossentropyLoss` over all samples.

    Args:
        name: The key in logs.
        from_logits: As in the loss.
        label_smoothing: As in the loss.

    Example:
        >>> BinaryCrossentropy()([[1.0]], [[0.5]]).__round__(6)
        0.693147
    """

    def __init__(
        self, name: str | None = None, from_logits: bool = False, label_smoothing: float = 0.0, **options: Any
    ) -> None:
        self._make(from_logits=from_logits, label_smoothing=label_smoothing)
        super().__init__(name=name, **options)


class CategoricalCrossentropy(_Crossentropy):
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
        self,
        name: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **options: Any,
    ) -> None:
        self._make(from_logits=from_logits, label_smoothing=label_smoothing, axis=axis)
        super().__init__(name=name, **options)


class SparseCategoricalCrossentropy(_Crossentropy):
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

    def __init__(self, name: str | None = None, from_logits: bool = False, axis: int = -1, **options: Any) -> None:
        self._make(from_logits=from_logits, axis=axis)
        super().__init__(name=name, **options)
