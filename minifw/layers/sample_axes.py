"""Which axes of a batch an argument means."""

from __future__ import annotations

from typing import Any

from .. import arguments
from ..errors import ShapeError


def sample_axes(owner: object, name: str, given: Any, rank: int) -> tuple[int, ...]:
    """Return the axes that an argument means, counted from the batch axis 0, in ascending order.

    Args:
        owner: Whose argument it is.
        name: The argument.
        given: An axis, or a tuple or list of some.
        rank: How many axes the input has, the batch's among them.

    Raises:
        ShapeError: If an axis is none of a sample's, or is named twice.

    Example:
        >>> sample_axes("Softmax", "axis", (-1, 1), 3)
        (1, 2)
    """
    axes = given if isinstance(given, (tuple, list)) else (given,)
    found = sorted(axis % rank if -rank < axis < rank else 0 for axis in axes)
    if 0 in found or len(set(found)) < len(found):
        these = f"of an input of rank {rank} these are 1 to {rank - 1}, or negative, and 0 is the batch"
        raise ShapeError(
            f"{arguments.named(owner)}: {name}={given} must name axes of one sample, each once; "
            + (these if rank > 1 else "an input of rank 1 has none, since 0 is the batch"),
            expected=f"1 to {rank - 1}, or negative",
            received=given,
        )
    return tuple(found)
