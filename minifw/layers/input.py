"""What a network is fed with."""

from __future__ import annotations

from typing import Any

from .. import arguments
from .._typing import Shape
from ..config import Configurable
from ..errors import ArgumentTypeError


class Input(Configurable, registered=False):
    """The shape of one sample, given first in a list of layers, so that the network is built at once; no layer itself.

    Args:
        shape: The shape without the batch axis.
        batch_size: `None`; batches may have any size.
        dtype: `None`; the network has one.
        name: A label.

    Example:
        >>> Input((5,))
        Input((5,))
    """

    def __init__(self, shape: Any, batch_size: None = None, dtype: None = None, name: str | None = None) -> None:
        for option, value in (("batch_size", batch_size), ("dtype", dtype)):
            if value is not None:
                raise ArgumentTypeError(
                    f"Input: {option}={value!r} has no meaning here: batches have any size, and the dtype is the network's"
                )
        self.shape: Shape = arguments.shape(self, "shape", shape)
        self.batch_size, self.dtype, self.name = batch_size, dtype, name
