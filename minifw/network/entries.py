"""The table of a built network: one entry for each array of its parameters and state, in the order of the vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._typing import Array, ArrayLike
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError
from . import tree
from .views import Param

if TYPE_CHECKING:
    from ..layers.base import Layer


class Entry(NamedTuple):
    """One array of a layer.

    Attributes:
        name: The names on the way to it, such as `dense/kernel`.
        layer: Whose it is.
        key: What the layer calls it.
        param: What the layer declared.
        array: The array itself.
        begin: Where it begins, in the vector of the parameters or in that of the state.
        trained: In which of them.
    """

    name: str
    layer: Layer
    key: str
    param: Param
    array: Array
    begin: int
    trained: bool

    @property
    def grad(self) -> Array:
        """The gradient of a parameter."""
        grad: Array = vars(self.layer.grads)[self.key]
        return grad

    @property
    def frozen(self) -> bool:
        """Whether it is not trained: a frozen parameter, or state."""
        return not (self.trained and self.layer.trainable)


def entries(root: Layer) -> Iterator[Entry]:
    """Yield what a built layer and all inside it hold, each layer's parameters before its state.

    Raises:
        UsageError: If the layer is not built.
    """
    if not tree.is_built(root):
        raise tree.unbuilt(root)
    ends = {True: 0, False: 0}
    for path, layer in tree.paths(root):
        for windows, trained in ((layer.params, True), (layer.state, False)):
            for key, array in vars(windows).items():
                yield Entry(f"{path or layer.name}/{key}", layer, key, layer._declared[key], array, ends[trained], trained)
                ends[trained] += array.size


def put_weights(layer: Layer, values: Sequence[ArrayLike]) -> None:
    """Copy values into all windows, in the order of `weights`, all or nothing."""
    windows = [(entry.name, entry.array) for entry in entries(layer)]
    try:
        arrays = [np.asarray(array) for array in values]
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ArgumentTypeError(
            f"{tree.label(layer)}: wanted a list of arrays, got {type(values).__name__}: {error}"
        ) from None
    vectors = {id(window.base): window.base for _, window in windows}.values()
    arrays = [array.copy() if any(np.may_share_memory(array, each) for each in vectors) else array for array in arrays]
    if len(arrays) != len(windows):
        raise ShapeError(
            f"{tree.label(layer)}: has {len(windows)} weights, got {len(arrays)}",
            expected=len(windows),
            received=len(arrays),
        )
    for (name, window), array in zip(windows, arrays, strict=True):
        if array.shape != window.shape:
            raise ShapeError(
                f"{tree.label(layer)}: {name} has shape {window.shape}, got {array.shape}",
                expected=window.shape,
                received=array.shape,
            )
        if not np.can_cast(array.dtype, window.dtype, "same_kind"):
            raise ArgumentValueError(f"{layer.name}: {name} takes {window.dtype}, got an array of dtype {array.dtype}")
    for (_, window), array in zip(windows, arrays, strict=True):
        np.copyto(window, array, casting="same_kind")
