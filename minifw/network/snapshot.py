"""What a pass through layers changes beside their parameters, kept so that it can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._typing import Array

if TYPE_CHECKING:
    from ..layers.base import Layer


class Snapshot:
    """State and generators of some layers, as they are now.

    Args:
        layers: All layers of a tree.
        state: The vector that holds all their state, if they have one.
    """

    __slots__ = "_generators", "_layers", "_state"

    def __init__(self, layers: Sequence[Layer], state: Array | None = None) -> None:
        windows = [state] if state is not None else [window for layer in layers for window in vars(layer.state).values()]
        self._state = [(window, window.copy()) for window in windows if window.size]
        self._layers = layers
        made = [(layer, layer.rng) for layer in layers if "rng" in vars(layer)]
        self._generators = [(layer, rng, rng.bit_generator.state) for layer, rng in made] if made else ()

    def restore(self) -> None:
        """Put state and generators back."""
        for window, kept in self._state:
            window[...] = kept
        for layer in self._layers:
            vars(layer).pop("rng", None)  # made since then; made again it begins at the same place
        for layer, rng, kept in self._generators:
            vars(layer)["rng"], rng.bit_generator.state = rng, kept
