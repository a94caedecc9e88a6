"""Which axes of a batch an argument means."""

from __future__ import annotations

from typing import Any

from .. import arguments
from .._typing import Shape
from ..errors import ArgumentValueError, ShapeError


def check_axes(owner: object, name: str, given: Any) -> None:
    """Raise unless an argument is an axis, or a tuple or list of some.

    Raises:
        ArgumentTypeError: If one is no integer.
        ArgumentValueError: If there is none.
    """
    axes = given if isinstance(given, (tuple, list)) else (given,)
    if not axes:
        raise ArgumentValueError(f"{arguments.named(owner)}: {name} must be an axis or a tuple of axes, got {given}")
    for axis in axes:
        arguments.integer(owner, name, axis, "(-inf, inf)")


def sample_axes(owner: object, name: str, given: Any, input_shape: Shape) -> tuple[int, ...]:
    """Return the axes that an argument means, counted from the batch axis 0, in ascending order.

    Args:
        owner: Whose argument it is.
        name: The argument.
        given: An axis, or a tuple or list of some.
        input_shape: The shape of one sample.

    Raises:
        ShapeError: If an axis is none of a sample's, or is named twice.

    Example:
        >>> sample_axes("Softmax", "axis", (-1, 1), (3, 4))
        (1, 2)
    """
    rank = len(input_shape) + 1
    axes = given if isinstance(given, (tuple, list)) else (given,)
    found = sorted(axis % rank if -rank < axis < rank else 0 for axis in axes)
    if 0 in found or len(set(found)) < len(found):
        fault = "is none of the sample axes" if 0 in found else "names an axis twice"
        raise ShapeError(
            f"{arguments.named(owner)}: {name}={given} {fault} of an input of rank {rank}",
            expected=f"1 to {rank - 1}, or negative",
            received=given,
        )
    return tuple(found)
