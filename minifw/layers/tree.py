"""A layer and all layers inside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, ArrayLike, DType
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError

if TYPE_CHECKING:
    from ..network import Network
    from .base import Layer


def label(layer: Layer) -> str:
    """Return what messages call a layer: its name and its class."""
    return f"{layer.name} ({type(layer).__name__})"


def walk(layer: Layer) -> Iterator[Layer]:
    """Yield a layer and all layers inside it, depth first."""
    waiting = [layer]
    while waiting:
        inner = waiting.pop()
        yield inner
        waiting += [child for _, child, _ in reversed(inner.children())]


def paths(layer: Layer, path: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield each layer with the names on the way to it, joined by slashes; the layer itself has none."""
    yield path, layer
    for name, child, _ in layer.children():
        yield from paths(child, f"{path}/{name}" if path else name)


def owner(layer: Layer) -> Network | None:
    """Return the network that a layer belongs to, if it is still alive."""
    return layer._owner() if layer._owner is not None else None


def is_built(layer: Layer) -> bool:
    """Whether a layer and all inside it have been given their windows."""
    return all(inner._seeds is not None for inner in walk(layer))


def set_flag(layer: Layer, flag: str, value: Any) -> None:
    """Set a flag of a layer and of all inside it, and tell the network they belong to."""
    for inner in walk(layer):
        stale = flag == "_trainable" and value and not inner._trainable and inner._grads is not None
        for grad in vars(inner.grads).values() if stale else ():
            grad[~np.isnan(grad)] = 0.0  # what a frozen layer holds is of an earlier batch
        setattr(inner, flag, value)
        inner._flags_changed()


def freeze_new(layer: Layer) -> None:
    """Freeze a layer whose constructor runs.

    A composite may make its layers only after this: its flag is `None` then, until a network takes it in.
    """
    layer._trainable = None
    with suppress(AttributeError, TypeError):
        if len(list(walk(layer))) > 1:
            layer.trainable = False


def dtype(layer: Layer) -> DType | None:
    """Return the dtype that a layer was built in, if it has anything of one."""
    windows = (window for inner in walk(layer) for each in (inner.params, inner.state) for window in vars(each).values())
    return next((window.dtype for window in windows), None)


def unbuilt(layer: Layer) -> UsageError:
    """Return the error for a layer whose weights are wanted before there are any."""
    return UsageError(
        f"{label(layer)} has no weights yet; give the first layer an Input, or call build(input_shape), or fit or predict "
        "once"
    )


def weights(layer: Layer) -> list[tuple[str, Array]]:
    """Return the windows of all parameters and state with their names, or raise if there are none yet."""
    if not is_built(layer):
        raise unbuilt(layer)
    return [
        (f"{inner.name}/{key}", window)
        for inner in walk(layer)
        for windows in (inner.params, inner.state)
        for key, window in vars(windows).items()
    ]


def put_weights(layer: Layer, values: Sequence[ArrayLike]) -> None:
    """Copy values into all windows, in the order of `weights`, all or nothing."""
    windows = weights(layer)
    try:
        arrays = [np.asarray(array) for array in values]
    except (TypeError, ValueError, NotImplementedError) as error:
        raise ArgumentTypeError(f"{label(layer)}: wanted a list of arrays, got {type(values).__name__}: {error}") from None
    vectors = {id(window.base): window.base for _, window in windows}.values()
    arrays = [array.copy() if any(np.may_share_memory(array, each) for each in vectors) else array for array in arrays]
    if len(arrays) != len(windows):
        raise ShapeError(
            f"{label(layer)}: has {len(windows)} weights, got {len(arrays)}",
            expected=len(windows),
            received=len(arrays),
        )
    for (name, window), array in zip(windows, arrays, strict=True):
        if array.shape != window.shape:
            raise ShapeError(
                f"{label(layer)}: {name} has shape {window.shape}, got {array.shape}",
                expected=window.shape,
                received=array.shape,
            )
        if not np.can_cast(array.dtype, window.dtype, "same_kind"):
            raise ArgumentValueError(f"{layer.name}: {name} takes {window.dtype}, got an array of dtype {array.dtype}")
    for (_, window), array in zip(windows, arrays, strict=True):
        np.copyto(window, array, casting="same_kind")
