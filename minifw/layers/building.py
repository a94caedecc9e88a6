"""Building: what a tree of layers declares is gathered, given room in one vector, and handed out as windows."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._typing import Array, ArrayLike, DType, Shape
from ..data import as_batch
from ..errors import ArgumentTypeError, ShapeError, UsageError
from ..packing import Param, Vectors, Windows
from ..pairs import Entry
from . import tree

if TYPE_CHECKING:
    from .base import Layer


class Seeds:
    """Where the layers of a network get their generators from: one child after another of one seed."""

    def __init__(self, seed: int | None) -> None:
        self.entropy: Any = np.random.SeedSequence(seed).entropy
        self.taken = 0

    def next(self) -> np.random.SeedSequence:
        """Return the next child."""
        self.taken += 1
        return np.random.SeedSequence(self.entropy, spawn_key=(self.taken - 1,))

    def follow(self, seed: np.random.SeedSequence) -> None:
        """Go on from a network's own generator: without a seed it follows the network around it, even taken out again."""
        own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 2))
        self.entropy = int.from_bytes(own.generate_state(4).astype("<u4").tobytes(), "little")


class Placed(NamedTuple):
    """A layer of the tree, what it declares, and where its arrays begin in the vectors of parameters and state."""

    path: str
    layer: Layer
    input_shape: Shape
    declared: dict[str, Param]
    offset: int
    state_offset: int
    network: Any
    size: int
    """Layers in its subtree, itself included."""


def plan(root: Layer, input_shape: Shape) -> list[Placed]:
    """Ask a tree of layers, depth first, what it declares; changes nothing.

    Raises:
        UsageError: If a layer stands in it twice.
        ShapeError: If a layer cannot take the shape it would get.
    """
    placed: list[Placed] = []
    _visit(Placed("", root, input_shape, {}, 0, 0, None, 1), placed, set())
    return placed


def build(
    root: Layer,
    input_shape: Shape,
    dtype: DType,
    seeds: Seeds | None = None,
    keep_gradients: bool = False,
    initialize: bool = True,
) -> None:
    """Give every layer of a tree its windows; layers that have values keep them, all others are initialized.

    Args:
        root: The layer or network.
        input_shape: The shape of one sample.
        dtype: float32 or float64.
        seeds: Where new layers get their generators from; a fresh seed without it.
        keep_gradients: Whether gradients are kept like values, as in a copy; otherwise they are NaN again.
        initialize: Whether new layers draw their first values; otherwise their windows hold anything.

    Raises:
        UsageError: If a layer stands in the tree twice.
        ShapeError: If a layer cannot take the shape it would get, or has weights of another. Nothing has changed then.
    """
    placed = plan(root, input_shape)
    vectors = Vectors.of((param for place in placed for param in place.declared.values()), dtype)
    seeds = seeds or Seeds(None)
    before: dict[Seeds, int] = {}
    given = []
    try:
        for place in placed:
            source = _source(place, root, seeds)
            before.setdefault(source, source.taken)
            windows = _windows(place, vectors)
            given.append((place, windows, _fill(place, windows, source, initialize)))
    except BaseException:
        for source, taken in before.items():
            source.taken = taken
        raise
    for place, windows, seed in given:
        layer, grads = place.layer, place.layer._grads
        layer.params, layer.state = windows
        layer._late_grads, layer._grads = (vectors.late_grads[0], place.offset), None
        for name, grad in vars(grads).items() if keep_gradients and grads is not None else ():
            vars(layer.grads)[name][...] = grad
        if layer._seeds is None and layer.owns_vectors and layer is not root and layer.seed is None:  # type: ignore[attr-defined]
            layer.seeds.follow(seed)  # type: ignore[attr-defined]
        layer._seeds = seed
        layer._forget()
    for i, place in enumerate(placed):
        if place.layer.owns_vectors:
            _hand_over(place, placed[i : i + place.size], vectors)
        if place.network is not None and tree.owner(place.layer) is None:
            place.layer._owner = weakref.ref(place.network)  # made by a composite after it came into the network


def admit(layer: Layer, x: ArrayLike) -> Array:
    """Return a batch for a layer that stands alone; one that is not built is, in the floating dtype of the batch."""
    built = tree.is_built(layer)
    array = as_batch(x, tree.dtype(layer) if built else None, layer.name, index=layer.input_kind == "index")
    if not built:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.dtype(np.float32)
        build(layer, array.shape[1:], dtype)
    return array


def entries(root: Layer, placed: Iterable[Placed]) -> list[Entry]:
    """Return the parameters of a built tree with their names and flags as they are now."""
    paths = {id(layer): path for path, layer in tree.paths(root)}
    found = []
    for place in placed:
        layer, offset = place.layer, place.offset
        for key, window in vars(layer.params).items():
            name, grad, constraint = f"{paths[id(layer)]}/{key}", vars(layer.grads)[key], place.declared[key].constraint
            found.append(Entry(name, offset, window, grad, layer.trainable, layer.learning_rate_multiplier, constraint))
            offset += window.size
    return found


def twice(layer: Layer) -> UsageError:
    """Return the error for a layer that stands in a network twice."""
    return UsageError(
        f"{tree.label(layer)} stands in the network twice; each place needs a layer of its own: copy.deepcopy(layer)"
    )


def _visit(place: Placed, placed: list[Placed], seen: set[int]) -> None:
    """Append a layer and all inside it; where its arrays begin follows from those before it."""
    path, layer, shape = place.path, place.layer, place.input_shape
    if id(layer) in seen:
        raise twice(layer)
    seen.add(id(layer))
    at = len(placed)
    offset, state_offset = _end(placed[-1]) if placed else (0, 0)
    placed.append(place._replace(declared=_declare(path, layer, shape), offset=offset, state_offset=state_offset))
    network = layer if layer.owns_vectors else place.network
    for name, child, child_shape in layer.children(shape):
        inner = Placed(f"{path}/{name}" if path else name, child, child_shape or (), {}, 0, 0, network, 1)
        _visit(inner, placed, seen)
    placed[at] = placed[at]._replace(size=len(placed) - at)


def _end(place: Placed) -> tuple[int, int]:
    """Return where the arrays of a layer end in the vectors of parameters and state."""
    ends = [place.state_offset, place.offset]
    for param in place.declared.values():
        ends[param.trainable] += math.prod(param.shape)
    return ends[True], ends[False]


def _declare(path: str, layer: Layer, shape: Shape) -> dict[str, Param]:
    if layer.owns_vectors:
        return {}
    try:
        declared = layer.build(shape)
        if not isinstance(declared, dict) or not all(isinstance(param, Param) for param in declared.values()):
            raise ArgumentTypeError(f"build() must return a dictionary of Param, got {declared!r}")
    except Exception as error:
        error.add_note(f"in {path or layer.name} ({type(layer).__name__}), build, input shape {shape}")
        raise
    return declared


def _source(place: Placed, root: Layer, seeds: Seeds) -> Seeds:
    """Return where a new layer's generator comes from: a network inside brings its own if it was given a seed."""
    home: Any = place.layer if place.layer.owns_vectors else place.network
    own: Seeds = seeds if home is None or home is root or home.seed is None else home.seeds
    return own


def _windows(place: Placed, vectors: Vectors) -> tuple[Windows, Windows]:
    params: dict[str, Array] = {}
    state: dict[str, Array] = {}
    offsets = [place.state_offset, place.offset]
    for name, param in place.declared.items():
        begin = offsets[param.trainable]
        end = offsets[param.trainable] = begin + math.prod(param.shape)
        if param.trainable:
            params[name] = vectors.params[begin:end].reshape(param.shape)
        else:
            state[name] = vectors.state[begin:end].reshape(param.shape)
    return Windows(params), Windows(state)


def _fill(place: Placed, windows: tuple[Windows, Windows], source: Seeds, initialize: bool) -> np.random.SeedSequence:
    """Write the first or the kept values of one layer into its windows; return its seed."""
    layer, seed = place.layer, place.layer._seeds
    params, state = windows
    if seed is None:
        seed = source.next()
        if place.declared and initialize:
            first = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 0)))
        for name, param in place.declared.items() if initialize else ():
            try:
                first_value = param.draw(first)
            except Exception as error:
                error.add_note(f"in {place.path or layer.name} ({type(layer).__name__}), first value of {name}")
                raise
            vars(params if param.trainable else state)[name][...] = first_value
        return seed
    for name, param in place.declared.items():
        kept = vars(layer.params if param.trainable else layer.state).get(name)
        had = None if kept is None else kept.shape
        if had != param.shape:
            raise ShapeError(
                f"{place.path or layer.name} ({type(layer).__name__}): its {name} has shape {had} from an earlier build, "
                f"but an input of {place.input_shape} wants {param.shape}; use a new layer",
                expected=param.shape,
                received=had,
            )
        vars(params if param.trainable else state)[name][...] = kept
    return seed


def _hand_over(place: Placed, inside: list[Placed], vectors: Vectors) -> None:
    """Give a network its part of the vectors."""
    end, state_end = _end(inside[-1])
    part = vectors.cut(slice(place.offset, end), slice(place.state_offset, state_end))
    place.layer._take(part, inside, place)  # type: ignore[attr-defined]
