"""The table of a built network, one entry for each array, and the `(param, grad)` pairs that an optimizer takes from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._typing import Array, ArrayLike, DType
from ..arguments import named
from ..constraints import Constraint
from ..errors import ArgumentTypeError, ArgumentValueError, ShapeError
from . import tree
from .views import Param, Vectors

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
        return vars(self.layer.grads)[self.key]  # type: ignore[no-any-return]

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
        text = f"{tree.label(layer)}: wanted a list of arrays, got {type(values).__name__}: {error}"
        raise ArgumentTypeError(text) from None
    vectors = {id(window.base): window.base for _, window in windows}.values()
    arrays = [array.copy() if any(np.may_share_memory(array, each) for each in vectors) else array for array in arrays]
    if len(arrays) != len(windows):
        hint = "; set_weights takes a list of arrays, as get_weights returns it" if isinstance(values, np.ndarray) else ""
        text = f"{tree.label(layer)}: has {len(windows)} weights, got {len(arrays)}{hint}"
        raise ShapeError(text, expected=len(windows), received=len(arrays))
    for (name, window), array in zip(windows, arrays, strict=True):
        if array.shape != window.shape:
            hint = "; inputs come first here: transpose it" if array.T.shape == window.shape else ""
            text = f"{tree.label(layer)}: {name} has shape {window.shape}, got {array.shape}{hint}"
            raise ShapeError(text, expected=window.shape, received=array.shape)
        if not np.can_cast(array.dtype, window.dtype, "same_kind"):
            raise ArgumentValueError(f"{layer.name}: {name} takes {window.dtype}, got an array of dtype {array.dtype}")
    for (_, window), array in zip(windows, arrays, strict=True):
        np.copyto(window, array, casting="same_kind")


class Variable(NamedTuple):
    """One parameter that an optimizer trains: where it lies and how it is treated."""

    name: str
    offset: int
    param: Array
    grad: Array
    multiplier: float
    constraint: Constraint | None


class Run(NamedTuple):
    """A contiguous stretch of unfrozen parameters with one learning rate multiplier."""

    offset: int
    param: Array
    grad: Array
    multiplier: float


class Identity:
    """Which network an optimizer belongs to; copied together with both, so that the copies belong together too.

    Attributes:
        key: Random bytes, the same in all copies.
        version: Counts the layers added and removed after building: slots of another version no longer fit.
        network: A weak reference; `None` in an optimizer that was copied without its network.
    """

    def __init__(self) -> None:
        self.key = os.urandom(16)
        self.version = 0
        self.network: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {"key": self.key, "version": self.version, "network": None}


class Pairs(tuple[tuple[Array, Array], ...]):
    """The `(param, grad)` pairs of a network, one per unfrozen parameter, shaped as the layers see them.

    Attributes:
        runs: The same as stretches of the vector, for an optimizer that takes many parameters in one call.
        layout: One `Variable` per pair: name, offset, multiplier, constraint.
        size: The length of the whole vector, frozen parameters included.
        dtype: Its dtype.
        identity: The network's.
        version: The identity's when they were collected.
        current: `False` once a flag or the layers have changed: collect them again.
        fresh: Whether a backward of the network came since the last step; `None` while none ever did and nobody can say.
    """

    runs: tuple[Run, ...]
    layout: tuple[Variable, ...]
    size: int
    dtype: DType
    identity: Identity
    version: int
    current: bool = True
    fresh: bool | None = None

    @classmethod
    def _made(cls, layout: list[Variable], runs: list[Run], size: int, dtype: DType, identity: Identity) -> Pairs:
        pairs = cls((entry.param, entry.grad) for entry in layout)
        pairs.layout, pairs.runs, pairs.size, pairs.dtype = tuple(layout), tuple(runs), size, dtype
        pairs.identity, pairs.version = identity, identity.version
        return pairs

    @classmethod
    def of(cls, entries: Iterable[Entry], vectors: Vectors, identity: Identity) -> Pairs:
        """Collect the unfrozen of a network's entries."""
        layout = [
            Variable(e.name, e.begin, e.array, e.grad, e.layer.learning_rate_multiplier, e.param.constraint)
            for e in entries
            if not e.frozen
        ]
        runs: list[Run] = []
        for entry in layout:
            begin, end = entry.offset, entry.offset + entry.param.size
            if runs and runs[-1].offset + runs[-1].param.size == begin and runs[-1].multiplier == entry.multiplier:
                begin = runs.pop().offset
            runs.append(Run(begin, vectors.params[begin:end], vectors.grads[begin:end], entry.multiplier))
        return cls._made(layout, runs, vectors.params.size, vectors.params.dtype, identity)

    @classmethod
    def plain(cls, pairs: Sequence[tuple[Array, Array]], owner: object, identity: Identity) -> Pairs:
        """Read a plain list of `(param, grad)`, each pair one variable, bound by its position.

        Raises:
            ArgumentTypeError: If an element is no pair of floating arrays.
            ArgumentValueError: If a pair cannot be trained: shapes that differ, memory that is shared or read-only.
        """
        layout: list[Variable] = []
        for i, pair in enumerate(pairs):
            _check_pair(owner, i, pair, layout)
            param, grad = pair
            offset = layout[-1].offset + layout[-1].param.size if layout else 0
            layout.append(Variable(f"{i}", offset, param, grad, 1.0, None))
        size, dtype = sum(entry.param.size for entry in layout), layout[0].param.dtype if layout else np.dtype(np.float32)
        return cls._made(layout, [Run(e.offset, e.param, e.grad, 1.0) for e in layout], size, dtype, identity)


def _check_pair(owner: object, i: int, pair: Any, before: list[Variable]) -> None:
    where = f"{named(owner)}: pair {i}"
    if not isinstance(pair, (tuple, list)) or [isinstance(array, np.ndarray) for array in pair] != [True, True]:
        raise ArgumentTypeError(f"{where} must be (param, grad), two arrays, got {type(pair).__name__}")
    param, grad = pair
    if param.dtype not in (np.float32, np.float64) or grad.dtype != param.dtype:
        raise ArgumentTypeError(f"{where} must be float32 or float64, both alike, got {param.dtype} and {grad.dtype}")
    if before and param.dtype != before[0].param.dtype:
        raise ArgumentValueError(f"{where} has dtype {param.dtype}, the pairs before it {before[0].param.dtype}")
    if param.shape != grad.shape:
        text = f"{where}: the parameter has shape {param.shape}, its gradient {grad.shape}"
        raise ShapeError(text, expected=param.shape, received=grad.shape)
    if not param.flags.writeable:
        raise ArgumentValueError(f"{where}: the parameter is read-only, so it cannot be trained")
    if np.shares_memory(param, grad):
        raise ArgumentValueError(f"{where}: the parameter and its gradient are the same memory")
    for other in before:
        if np.shares_memory(param, other.param):
            raise ArgumentValueError(f"{where} is the same parameter as pair {other.name}")
        if np.shares_memory(param, other.grad) or np.shares_memory(grad, other.param):
            raise ArgumentValueError(f"{where}: one's gradient is the other's parameter, with pair {other.name}")
