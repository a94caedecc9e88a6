"""Building: what a tree of layers declares is gathered, given room in one vector, and handed out as windows."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arguments
from .._typing import Array, ArrayLike, DType, Shape
from ..arrays import as_batch
from ..config import is_built_in
from ..errors import ArgumentTypeError, ShapeError, UsageError, shown
from . import access, tree
from .entries import entries
from .tree import noted
from .views import Param, Vectors, Views, shapes

if TYPE_CHECKING:
    from ..layers.base import Layer


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


class Site(NamedTuple):
    """A layer of the tree, what comes in, what it declares, and the network around it."""

    path: str
    layer: Layer
    input_shape: Shape
    declared: dict[str, Param]
    network: Any


def plan(root: Layer, input_shape: Shape) -> list[Site]:
    """Ask a tree of layers, depth first, what it declares; changes nothing.

    Raises:
        UsageError: If a layer stands in it twice.
        ShapeError: If a layer cannot take the shape it would get.
    """
    sites: list[Site] = []
    with noted():
        _visit(sites, set(), "", root, input_shape, None)
    return sites


def declared(sites: Iterable[Site]) -> Iterator[tuple[str, Param]]:
    """Yield the name and the declaration of each array that is to be."""
    return ((f"{site.path}/{key}", param) for site in sites for key, param in site.declared.items())


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
    sites = plan(root, input_shape)
    vectors = Vectors.of((param for site in sites for param in site.declared.values()), dtype)
    seeds = seeds or Seeds(None)
    before: dict[Seeds, int] = {}
    filled = []
    begin, state_begin = 0, 0
    try:
        for site in sites:
            arguments.same_dtype(tree.label(site.layer), site.layer._dtype_asked, dtype)
            source = _source(site, root, seeds)
            before.setdefault(source, source.taken)
            params = _views(site, True, vectors.params, begin)
            state = _views(site, False, vectors.state, state_begin)
            seed = _fill(site, vars(params) | vars(state), source, initialize)
            filled.append((site, params, state, seed, begin, state_begin))
            begin, state_begin = begin + _size(params), state_begin + _size(state)
    except BaseException:
        for source, taken in before.items():
            source.taken = taken
        raise
    for site, params, state, seed, begin, _ in filled:
        if site.layer._seeds is None and site.layer.is_network and site.layer is not root and site.layer.seed is None:  # type: ignore[attr-defined]
            site.layer.seeds.follow(seed)  # type: ignore[attr-defined]
        _install(site, params, state, seed, (vectors.late_grads[0], begin), keep_gradients)
    for site, *_, begin, state_begin in filled:
        if site.layer.is_network:
            table = list(entries(site.layer))
            size, state_size = (sum(e.array.size for e in table if e.trained is kind) for kind in (True, False))
            part = vectors.cut(slice(begin, begin + size), slice(state_begin, state_begin + state_size))
            site.layer._take(part, site.input_shape)  # type: ignore[attr-defined]
        if site.network is not None and tree.owner(site.layer) is None:
            site.layer._owner = weakref.ref(site.network)  # made by a composite after it came into the network


def _install(
    site: Site, params: Views, state: Views, seed: np.random.SeedSequence, grads: tuple[Any, int], keep_gradients: bool
) -> None:
    """Give a layer its windows; nothing can fail from here on."""
    layer, before = site.layer, site.layer._grads
    vars(layer).update(params=params, state=state)
    layer._declared, layer._seeds = site.declared, seed
    access.show_arrays(type(layer), site.declared)
    layer._late_grads, layer._grads = grads, None
    for name, grad in vars(before).items() if keep_gradients and before is not None else ():
        vars(layer.grads)[name][...] = grad
    layer._forget()


def run_alone(layer: Layer, x: ArrayLike, training: bool) -> Array:
    """Return the output of a layer that stands alone; one that is not built is, in the floating dtype of the batch."""
    built = tree.is_built(layer)
    array = as_batch(x, tree.dtype(layer) if built else None, layer.name, index=layer.input_kind == "index")
    if not built:
        dtype = array.dtype if array.dtype in (np.float32, np.float64) else np.dtype(np.float32)
        build(layer, array.shape[1:], dtype)
    before = array if all(is_built_in(type(inner).__module__) for inner in tree.walk(layer)) else array.copy()
    y = layer.forward(array, training)  # one of somebody's own cannot write into the caller's array
    if before is not array:
        tree.check_unwritten(tree.label(layer), "forward", array, before)
    return y


def twice(layer: Layer) -> UsageError:
    """Return the error for a layer that stands in a network twice."""
    return UsageError(
        f"{tree.label(layer)} stands in the network twice; each place needs a layer of its own: copy.deepcopy(layer)"
    )


def _visit(sites: list[Site], seen: set[int], path: str, layer: Layer, input_shape: Shape, network: Any) -> None:
    """Append a layer and all inside it."""
    if id(layer) in seen:
        raise twice(layer)
    seen.add(id(layer))
    sites.append(Site(path, layer, input_shape, _declare(path, layer, input_shape), network))
    for name, child, shape in layer.children(input_shape):
        inside = f"{path}/{name}" if path else name
        _visit(sites, seen, inside, child, shape or (), layer if layer.is_network else network)


def _declare(path: str, layer: Layer, shape: Shape) -> dict[str, Param]:
    if layer.is_network:
        return {}
    try:
        tree.shape_after(layer, shape)  # says whether it can take such samples
        declared = layer.build(shape)
        if not isinstance(declared, dict) or not all(isinstance(param, Param) for param in declared.values()):
            wanted = "build() must return a dictionary of Param, such as {'gain': Param(input_shape)}"
            got = f"{shown(declared)} ({type(declared).__name__})"
            raise ArgumentTypeError(f"{tree.label(layer)}: {wanted}, got {got}")
    except Exception as error:
        error.add_note(f"in {path or layer.name} ({type(layer).__name__}), build, input shape {shape}")
        raise
    return declared


def _source(site: Site, root: Layer, seeds: Seeds) -> Seeds:
    """Return where a new layer's generator comes from: a network inside brings its own if it was given a seed."""
    home: Any = site.layer if site.layer.is_network else site.network
    return seeds if home is None or home is root or home.seed is None else home.seeds


def _views(site: Site, trained: bool, vector: Array, begin: int) -> Views:
    """Return views onto the part of a vector that belongs to a layer."""
    return Views.onto(vector, shapes({name: p for name, p in site.declared.items() if p.trainable is trained}), begin)


def _size(views: Views) -> int:
    return sum(array.size for array in vars(views).values())


def _fill(site: Site, windows: dict[str, Array], source: Seeds, initialize: bool) -> np.random.SeedSequence:
    """Write the first or the kept values of one layer into its windows; return its seed."""
    seed = site.layer._seeds
    if seed is not None:
        values = _kept(site)
    else:
        seed = source.next()
        values = _first(site, seed) if initialize and site.declared else {}
    for name, value in values.items():
        windows[name][...] = value
    return seed


def _first(site: Site, seed: np.random.SeedSequence) -> dict[str, Array]:
    """Return the first value of each array of a layer."""
    rng, values = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 0))), {}
    for name, param in site.declared.items():
        try:
            values[name] = param.draw(rng)
        except Exception as error:
            error.add_note(f"in {site.path or site.layer.name} ({type(site.layer).__name__}), first value of {name}")
            raise
    return values


def _kept(site: Site) -> dict[str, Array]:
    """Return what the arrays of a layer hold since an earlier build, or raise if they have other shapes now."""
    layer = site.layer
    kept = {**vars(layer.params), **vars(layer.state)}
    for name, param in site.declared.items():
        had = kept[name].shape if name in kept else None
        if had != param.shape:
            text = f"{site.path or layer.name} ({type(layer).__name__}): its {name} has shape {had} from an earlier build, "
            text += f"but an input of {site.input_shape} wants {param.shape}; use a new layer"
            raise ShapeError(text, expected=param.shape, received=had)
    return {name: kept[name] for name in site.declared}
