"""A layer and all layers inside it, and the way to one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array, DType, Shape
from ..errors import ArgumentTypeError, UndeclaredError, UsageError

if TYPE_CHECKING:
    from ..layers.base import Layer
    from .network import Network
    from .views import Vectors


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


def shape_after(layer: Layer, input_shape: Shape) -> Shape:
    """Return the output shape that a layer announces, or raise if that is none."""
    shape = layer.output_shape(input_shape)
    if not isinstance(shape, tuple) or not all(isinstance(size, (int, np.integer)) for size in shape):
        wanted = "output_shape() must return the shape of one sample, a tuple of whole numbers without the batch axis"
        raise ArgumentTypeError(f"{label(layer)}: {wanted}, got {shape!r}")
    return shape


def want_message(layer: Layer, wanted: bool) -> None:
    """Say to a layer, and to those inside, whether anybody wants its message; a network says it to its own."""
    layer.needs_message = wanted
    if hasattr(layer, "want_messages") and not layer.is_network:
        layer.want_messages(wanted)


def set_flag(layer: Layer, flag: str, value: Any) -> None:
    """Set a flag of a layer and of all inside it, and tell the network they belong to."""
    for inner in walk(layer):
        stale = flag == "_trainable" and value and not inner._trainable and inner._grads is not None
        for grad in vars(inner.grads).values() if stale else ():
            grad[~np.isnan(grad)] = 0.0  # what a frozen layer holds is of an earlier batch
        setattr(inner, flag, value)
        flags_changed(inner)


def flags_changed(layer: Layer) -> None:
    """Tell the network that a layer belongs to, if there is one."""
    network = owner(layer)
    if network is not None:
        network._flags_changed()


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


def unbuilt(layer: Layer) -> UndeclaredError:
    """Return the error for a layer whose weights are wanted before there are any."""
    fix = "give the first layer an Input, or call build(input_shape), or fit or predict once"
    return UndeclaredError(f"{label(layer)} has no weights yet; {fix}")


def vectors(net: Network) -> Vectors:
    """Return the vectors of a network, or raise if there are none yet."""
    if net.packed is None:
        raise unbuilt(net)
    return net.packed


WHAT = {"forward": "x", "backward": "error_grad", "output_shape": "input shape"}
"""The method that was on its way through the layers, and what it carried, by the name of its argument."""


def drop_cache(layer: Layer) -> None:
    """Let go of what the last forward has left."""
    layer.__dict__.pop("cache", None)  # a user's layer's own
    last = layer._last_call  # it is emptied, since a new one costs more
    last.cache = last.out_shape = None


def check_unwritten(where: str, direction: str, array: Array, before: Array) -> None:
    """Put an array back as it was and raise a `UsageError` if a layer that was given it wrote into it."""
    if not np.array_equal(array, before, equal_nan=True):
        array[...] = before
        name = WHAT[direction]
        raise UsageError(
            f"{where}: {direction}() wrote into {name}, which is the caller's or another layer's; return a new array: "
            f"not {name} *= 2 but 2 * {name}"
        )


@contextmanager
def noted() -> Iterator[None]:
    """Say on an error in which layer it was raised, innermost first; the error itself stays as it is."""
    try:
        yield
    except Exception as error:
        note(error)
        raise


def note(error: Exception) -> None:
    """Add a note for each composite that was on its way through its layers."""
    trace, notes = error.__traceback__, {}
    while trace is not None:
        code = trace.tb_frame.f_code
        verb = {"_messages": "backward", "_outputs": "forward", "children": "output_shape"}.get(code.co_name, code.co_name)
        inside = trace.tb_frame.f_locals if verb in WHAT and "layer" in code.co_varnames else {}
        root, layer, carried = (inside.get(name) for name in ("self", "layer", WHAT.get(verb, "").replace(" ", "_")))
        places = [i for i, each in enumerate(getattr(root, "layers", ())) if each is layer]
        if places and root is not None and layer is not None:
            shape = getattr(carried, "shape", carried if isinstance(carried, tuple) else type(carried).__name__)
            notes[id(layer)] = f"in {root._place} {places[0]}, {label(layer)}, {verb}, {WHAT[verb]} {shape}"
            if verb == "backward" and layer.cache is None and "cache" in type(layer).backward.__code__.co_names:
                notes[id(layer)] += "; its cache is empty: forward() leaves what backward() needs, self.cache = ..."
        trace = trace.tb_next
    for text in reversed(notes.values()):
        if text not in getattr(error, "__notes__", ()):
            error.add_note(text)
