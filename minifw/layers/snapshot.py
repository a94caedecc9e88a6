"""What a pass through layers changes beside their parameters, kept so that it can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Layer


class Snapshot:
    """State and generators of some layers, as they are now.

    Args:
        layers: All layers of a tree.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._state = [(window, window.copy()) for layer in layers for window in vars(layer.state).values()]
        self._generators = []
        for layer in layers:
            rng = vars(layer).get("rng")
            self._generators.append((layer, None if rng is None else rng.bit_generator.state))

    def restore(self) -> None:
        """Put state and generators back."""
        for window, kept in self._state:
            window[...] = kept
        for layer, generator in self._generators:
            if generator is None:
                vars(layer).pop("rng", None)  # made since then; made again it begins at the same place
            else:
                layer.rng.bit_generator.state = generator
