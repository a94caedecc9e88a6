"""What an optimizer keeps between steps, for a file: its vectors under names, and its counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array
from ..errors import UsageError
from ..network.pairs import Identity
from .gradients import Gradients

if TYPE_CHECKING:
    from .base import Optimizer

COUNTS = ("iterations", "updates", "calls")
"""Calls of `step`, updates made, and calls since the last update."""

_SLOT, _ACCUMULATED, _AVERAGE = "opt/", "train/accumulated", "train/average"


def kept(optimizer: Optimizer, identity: Identity) -> tuple[dict[str, int] | None, dict[str, Array]]:
    """Return the counts and the vectors that belong to a network as it is now; no counts before the first step."""
    if not optimizer._owner.holds(identity):
        return None, {}  # another's, or of other layers: the next step starts them anew
    vectors = {_SLOT + name: vector for name, vector in (optimizer._vectors or {}).items()}
    gradients = optimizer._gradients
    if gradients is not None and gradients.vector is not None:
        vectors[_ACCUMULATED] = gradients.vector
    if gradients is not None and gradients.average is not None:
        vectors[_AVERAGE] = gradients.average
    if vectors.keys() != names(optimizer):
        raise UsageError(
            f"{optimizer!r} cannot be saved: it has {sorted(vectors)}, but with these arguments it would have "
            f"{sorted(names(optimizer))}; one was changed after the first step: compile with a new optimizer"
        )
    calls = gradients.calls if gradients is not None else 0
    return {"iterations": optimizer.iterations, "updates": optimizer.updates, "calls": calls}, vectors


def names(optimizer: Any) -> set[str]:
    """Return what its vectors are called once it has made a step."""
    empty = Gradients(optimizer, 0, np.dtype(np.float32))
    extra = {_ACCUMULATED: empty.vector, _AVERAGE: empty.average}
    return {_SLOT + name for name in optimizer.slots} | {name for name, vector in extra.items() if vector is not None}


def put(optimizer: Optimizer, identity: Identity, counts: Mapping[str, int], vectors: Mapping[str, Array]) -> None:
    """Give an optimizer the counts and vectors that another had; they become its own."""
    optimizer._start_anew()
    optimizer._plan = optimizer._planned = None
    optimizer._owner.belong(identity)
    optimizer.iterations, optimizer.updates = counts["iterations"], counts["updates"]
    optimizer._vectors = {name: vectors[_SLOT + name] for name in optimizer.slots}
    if _ACCUMULATED in vectors or _AVERAGE in vectors:
        some = next(iter(vectors.values()))
        optimizer._gradients = Gradients(optimizer, some.size, some.dtype)
        optimizer._gradients.calls = counts["calls"]
        optimizer._gradients.vector = vectors.get(_ACCUMULATED)
        optimizer._gradients.average = vectors.get(_AVERAGE)
