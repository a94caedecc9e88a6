"""Whose parameters an optimizer updates, in what blocks, and what of it belongs into their file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from .._typing import Array
from ..engine.buffers import aligned_empty
from ..engine.tuning import UPDATE_BLOCK
from ..errors import ArgumentValueError, UsageError
from ..network.entries import Identity, Pairs
from .gradients import Gradients, part, vectors_beside_slots

if TYPE_CHECKING:
    from .base import Optimizer

COUNTS = ("iterations", "updates", "calls")
"""In a file: calls of `step`, updates made, and calls since the last update."""

_SLOT = "opt/"

Block: TypeAlias = tuple[Array, Array, tuple[Array, ...], tuple[Array, Array]]
"""What one call of `update` works on: parameters, gradients, slots and scratch."""


class Owner:
    """The network, or the list of pairs, that an optimizer belongs to from its first step on.

    Args:
        identity: A network's, as if the last step had been with it.
    """

    def __init__(self, identity: Identity | None = None) -> None:
        self._identity, self._version = identity, identity.version if identity is not None else 0
        self._params: list[Array] | None = None

    def take(self, optimizer: object, pairs: Iterable[tuple[Array, Array]]) -> tuple[Pairs, bool]:
        """Return the pairs, and whether they are laid out as before.

        Raises:
            UsageError: If they are another's than those of the first step.
            ArgumentValueError: If a plain list holds other parameters than at the first step.
        """
        name = type(optimizer).__name__
        if isinstance(pairs, Pairs):
            return pairs, self._take_network(name, pairs)
        return self._take_list(name, optimizer, list(pairs)), True

    def holds(self, identity: Identity) -> bool:
        """Whether the last step was with a network as it is now, the same layers included."""
        return self._knows(identity) and self._version == identity.version

    def _knows(self, identity: Identity) -> bool:
        """Whether it is that of the last step; who was copied alone may go on with its network or with a copy of that."""
        mine = self._identity
        return mine is identity or (mine is not None and mine.network is None and mine.key == identity.key)

    def _take_network(self, name: str, pairs: Pairs) -> bool:
        if not pairs.current:
            raise UsageError(
                f"{name}: these pairs are from before a layer was frozen, thawed, added or removed; call "
                "net.params_and_grads() again, best in every step"
            )
        if self._identity is not None and not self._knows(pairs.identity):
            raise UsageError(
                f"{name}: this optimizer belongs to the network of its first step, and its slots are of that network's "
                "parameters; give each network a new optimizer, or copy both together: copy.deepcopy(net)"
            )
        if self._params is not None:
            raise UsageError(f"{name}: this optimizer belongs to the list of pairs of its first step; use another one")
        same = self._identity is None or self._version == pairs.version
        self._identity, self._version = pairs.identity, pairs.version
        return same

    def _take_list(self, name: str, optimizer: object, pairs: list[tuple[Array, Array]]) -> Pairs:
        if self._identity is not None:
            raise UsageError(
                f"{name}: this optimizer belongs to a network; step(net.params_and_grads()) as it is, or use another one"
            )
        if not pairs:
            raise UsageError(f"{name}: a step needs pairs of (param, grad): step(net.params_and_grads())")
        plain = Pairs.plain(pairs, optimizer, Identity())
        params = [variable.param for variable in plain.layout]
        if self._params is not None and list(map(_memory, self._params)) != list(map(_memory, params)):
            raise ArgumentValueError(
                f"{name}: a plain list is bound by position: it must hold the same parameters in the same order at every "
                f"step; the first step had shapes {[p.shape for p in self._params]}, this one {[p.shape for p in params]}"
            )
        self._params = params
        return plain

    def __getstate__(self) -> dict[str, object]:
        """A list of arrays has no copies to be found, so a copy may take another list."""
        return {**vars(self), "_params": None}


def _memory(array: Array) -> tuple[object, ...]:
    return array.shape, array.strides, array.__array_interface__["data"]


def lay_out(pairs: Pairs, slots: Sequence[Array], gradients: Array | None) -> list[tuple[float, list[Block]]]:
    """Return the blocks to update for each learning rate multiplier.

    Args:
        pairs: The parameters and their gradients.
        slots: The optimizer's vectors.
        gradients: A vector to read gradients from instead.
    """
    longest = min(max((run.param.size for run in pairs.runs), default=0), UPDATE_BLOCK)
    scratch = aligned_empty((longest,), pairs.dtype), aligned_empty((longest,), pairs.dtype)
    plan: dict[float, list[Block]] = {}
    for run in pairs.runs:
        grad = run.grad if gradients is None else part(gradients, run)
        blocks = _blocks(run.param, grad, [part(slot, run) for slot in slots], scratch)
        plan.setdefault(run.multiplier, []).extend(blocks)
    return list(plan.items())


def _blocks(param: Array, grad: Array, slots: list[Array], scratch: tuple[Array, Array]) -> Iterator[Block]:
    if not (param.flags.c_contiguous and grad.flags.c_contiguous):  # a flat view would be a copy
        shaped = aligned_empty(param.shape, param.dtype), aligned_empty(param.shape, param.dtype)
        yield param, grad, tuple(slots), shaped
        return
    flat = [array.reshape(-1) for array in (param, grad, *slots)]
    for begin in range(0, param.size, UPDATE_BLOCK):
        param, grad, *slots = (array[begin : begin + UPDATE_BLOCK] for array in flat)
        yield param, grad, tuple(slots), (scratch[0][: param.size], scratch[1][: param.size])


def vector_names(optimizer: Optimizer) -> set[str]:
    """Return what its vectors are called in a file once it has made a step."""
    return {*(_SLOT + name for name in optimizer.slots), *vectors_beside_slots(optimizer)}


def saved(optimizer: Optimizer, identity: Identity) -> tuple[dict[str, int] | None, dict[str, Array]]:
    """Return the counts and the vectors that belong to a network as it is now; no counts before the first step."""
    if optimizer._owner is None or not optimizer._owner.holds(identity):
        return None, {}  # another's, or of other layers: the next step starts them anew
    gradients = optimizer._gradients or Gradients({})
    vectors = {**{_SLOT + name: vector for name, vector in (optimizer._vectors or {}).items()}, **gradients.vectors}
    if vectors.keys() != vector_names(optimizer):
        raise UsageError(
            f"{optimizer!r} cannot be saved: it has {sorted(vectors)}, but with these arguments it would have "
            f"{sorted(vector_names(optimizer))}; one was changed after the first step: compile with a new optimizer"
        )
    return dict(zip(COUNTS, (optimizer._calls, optimizer.iterations, gradients.calls), strict=True)), vectors


def restore(optimizer: Optimizer, identity: Identity, counts: Mapping[str, int], vectors: Mapping[str, Array]) -> None:
    """Give an optimizer the counts and vectors that another had; they become its own."""
    optimizer._start_anew()
    optimizer._owner = Owner(identity)
    optimizer.iterations = counts["updates"]
    optimizer._vectors = {name: vectors[_SLOT + name] for name in optimizer.slots}
    beside = {name: vectors[name] for name in vectors_beside_slots(optimizer)}
    if beside:
        optimizer._gradients = Gradients(beside, counts["calls"])
