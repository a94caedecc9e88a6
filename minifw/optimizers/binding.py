"""Whose parameters an optimizer updates, and in what pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .._typing import Array
from ..engine.buffers import aligned_empty
from ..errors import ArgumentValueError, UsageError
from ..network.pairs import Identity, Pairs, Run

BLOCK = 32_768
"""Entries that are updated at a time, so that all passes over a block find it in the cache."""


class Block(NamedTuple):
    """What one call of `update` works on."""

    param: Array
    grad: Array
    slots: tuple[Array, ...]
    scratch: tuple[Array, Array]


class Owner:
    """The network, or the list of pairs, that an optimizer belongs to from its first step on."""

    def __init__(self) -> None:
        self._identity: Identity | None = None
        self._version = 0
        self._params: list[Array] | None = None

    def take(self, optimizer: object, pairs: Iterable[tuple[Array, Array]]) -> tuple[Pairs, bool]:
        """Return the pairs, and whether they are laid out as before.

        Raises:
            UsageError: If they are another's than those of the first step.
            ArgumentValueError: If a plain list holds other parameters than at the first step.
        """
        name = type(optimizer).__name__
        if isinstance(pairs, Pairs):
            check_current(name, pairs)
            return pairs, self._take_network(name, pairs)
        return self._take_list(name, optimizer, list(pairs)), True

    def holds(self, identity: Identity) -> bool:
        """Whether the last step was with a network as it is now, the same layers included."""
        mine = self._identity
        copied = mine is not None and mine.network is None and mine.key == identity.key
        return (mine is identity or copied) and self._version == identity.version

    def belong(self, identity: Identity) -> None:
        """Take up with a network as if the last step had been with it."""
        self._identity, self._version = identity, identity.version

    def _take_network(self, name: str, pairs: Pairs) -> bool:
        mine, identity = self._identity, pairs.identity
        # one that was copied alone may go on with its network or with a copy of that
        other = mine is not None and mine is not identity and (mine.network is not None or mine.key != identity.key)
        if other:
            raise UsageError(
                f"{name}: this optimizer belongs to the network of its first step, and its slots are of that network's "
                "parameters; give each network a new optimizer, or copy both together: copy.deepcopy(net)"
            )
        if self._params is not None:
            raise UsageError(f"{name}: this optimizer belongs to the list of pairs of its first step; use another one")
        same = mine is None or self._version == pairs.version
        self._identity, self._version = identity, pairs.version
        return same

    def _take_list(self, name: str, optimizer: object, pairs: list[tuple[Array, Array]]) -> Pairs:
        if self._identity is not None:
            raise UsageError(
                f"{name}: this optimizer belongs to a network; step(net.params_and_grads()) as it is, or use another one"
            )
        found = Pairs.plain(pairs, optimizer, Identity())
        params = [entry.param for entry in found.layout]
        if self._params is not None and not _same_memory(self._params, params):
            raise ArgumentValueError(
                f"{name}: a plain list is bound by position: it must hold the same parameters in the same order at every "
                f"step; the first step had shapes {[p.shape for p in self._params]}, this one {[p.shape for p in params]}"
            )
        self._params = params
        return found

    def __getstate__(self) -> dict[str, Any]:
        """A list of arrays has no copies to be found, so a copy may take another list."""
        return {**vars(self), "_params": None}


def check_current(name: str, pairs: Pairs) -> None:
    """Raise a `UsageError` for pairs that were collected before a layer was frozen, thawed, added or removed."""
    if not pairs.current:
        raise UsageError(
            f"{name}: these pairs are from before a layer was frozen, thawed, added or removed; call "
            "net.params_and_grads() again, best in every step"
        )


def lay_out(pairs: Pairs, slots: Sequence[Array], gradient: Array | None) -> list[tuple[float, list[Block]]]:
    """Return the blocks to update for each learning rate multiplier.

    Args:
        pairs: The parameters and their gradients.
        slots: The optimizer's vectors.
        gradient: A vector to read gradients from instead.
    """
    longest = min(max((run.param.size for run in pairs.runs), default=0), BLOCK)
    scratch = aligned_empty((longest,), pairs.dtype), aligned_empty((longest,), pairs.dtype)
    plan: dict[float, list[Block]] = {}
    for run in pairs.runs:
        plan.setdefault(run.multiplier, []).extend(_blocks(run, slots, gradient, scratch))
    return list(plan.items())


def _blocks(run: Run, slots: Sequence[Array], gradient: Array | None, scratch: tuple[Array, Array]) -> Iterator[Block]:
    param, shape, size = run.param, run.param.shape, run.param.size
    grad = run.grad if gradient is None else gradient[run.offset : run.offset + size].reshape(shape)
    own = [slot[run.offset : run.offset + size] for slot in slots]
    if not (param.flags.c_contiguous and grad.flags.c_contiguous):  # a flat view would be a copy
        room = aligned_empty(shape, param.dtype), aligned_empty(shape, param.dtype)
        yield Block(param, grad, tuple(slot.reshape(shape) for slot in own), room)
        return
    param, grad = param.reshape(-1), grad.reshape(-1)
    for begin in range(0, size, BLOCK):
        part = slice(begin, min(begin + BLOCK, size))
        room = scratch[0][: part.stop - begin], scratch[1][: part.stop - begin]
        yield Block(param[part], grad[part], tuple(slot[part] for slot in own), room)


def _same_memory(before: list[Array], now: list[Array]) -> bool:
    return len(before) == len(now) and all(
        a.shape == b.shape and a.strides == b.strides and a.__array_interface__["data"] == b.__array_interface__["data"]
        for a, b in zip(before, now, strict=True)
    )
