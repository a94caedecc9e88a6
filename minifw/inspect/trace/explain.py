"""Why a gradient is what it is: every factor from y down to one weight, and every path that a message came along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, reduce
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np

from ..._typing import Array
from ...layers.dense import Dense
from ...network import tree
from .jumps import Jump, entry, symbol, upto

SHOWN = 12
"""Paths of one sum that are printed; the largest."""

Index = tuple[int, ...]


class Factor(NamedTuple):
    """One factor: what it is, its value, and for a message the sum that it is."""

    text: str
    value: Any
    opened: Explanation | None = None

    @property
    def shown(self) -> str:
        """Its text, in brackets if it is more than a name."""
        return f"[{self.text}]" if " " in self.text else self.text


class Path(NamedTuple):
    """The factors collected along one way back."""

    factors: tuple[Factor, ...]

    @property
    def product(self) -> Any:
        """Their product, multiplied from left to right."""
        return reduce(mul, (factor.value for factor in self.factors))


class Explanation:
    """A gradient or a message, as the sum of the products along all paths that lead to it.

    Attributes:
        name: What the tutorial calls it, such as `W3₄₂`.
        value: What the backward pass left there.
        paths: The paths.
        depth: How many messages behind it `print` opens, one behind the other.
    """

    def __init__(
        self, name: str, value: Any, find: Callable[[], Iterator[Path]], depth: int = 0, parameter: str = ""
    ) -> None:
        self.name, self.value, self.depth, self._find = name, value, depth, find
        self._title = f"gradient of {name}{f', {parameter}' * (parameter != name)}" if parameter else name

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """All paths; found when they are first asked for."""
        with np.errstate(all="ignore"):
            return tuple(self._find())

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of the first path: of all there are, where one sample went through `Dense` to a kernel or bias."""
        return self.paths[0].factors

    @property
    def total(self) -> Any:
        """The sum of the products, from left to right."""
        with np.errstate(all="ignore"):
            return reduce(add, (path.product for path in self.paths)) if self.paths else 0.0

    def __str__(self) -> str:
        level, seen, blocks = [self], {self.name}, [self._block()]
        for _ in range(self.depth):
            factors = [factor for message in level for path in message._largest() for factor in path.factors]
            messages = {factor.opened.name: factor.opened for factor in factors if factor.opened}
            level = [message for name, message in messages.items() if name not in seen]
            seen |= messages.keys()
            blocks += [message._block() for message in level]
        return "\n\n".join(blocks)

    __repr__ = __str__

    def _block(self) -> str:
        """Return the paths, each in symbols and below it in numbers."""
        lines = [f"{self._title}: {self.value}"]
        for i, path in enumerate(self._largest()):
            lines += [
                f"  {'+' if i else '='} {' × '.join(factor.shown for factor in path.factors)}",
                f"  = {' × '.join(str(factor.value) for factor in path.factors)} = {path.product}",
            ]
        rest = len(self.paths) - SHOWN
        if rest > 0:
            apart = self.total - sum(path.product for path in self._largest())
            lines.append(f"  + {rest} smaller paths, together {apart:.3g}")
        if len(self.paths) > 1:
            lines.append(f"  = {self.total}")
        return "\n".join(lines)

    def _largest(self) -> Sequence[Path]:
        if len(self.paths) <= SHOWN:
            return self.paths
        return sorted(self.paths, key=lambda path: -abs(np.nan_to_num(path.product)))[:SHOWN]


def explain_gradient(jump: Jump, key: str, index: Index, value: Any, penalty: Jump | None, depth: int) -> Explanation:
    """Explain one entry of a parameter's gradient.

    Args:
        jump: Over the layer that has the parameter.
        key: The parameter.
        index: The entry.
        value: The gradient there.
        penalty: The jump over the parameter's penalty, if it has one.
        depth: How many messages behind it are to be printed.
    """

    def paths() -> Iterator[Path]:
        yield from _dense_paths(jump, key, index) if type(jump.layer) is Dense else _any_paths(jump, key, index)
        if penalty is not None:
            yield Path((Factor(penalty.factor_text, penalty.grads[key][index]),))

    parameter = f"{jump.name}/{key}[{', '.join(map(str, index))}]"
    return Explanation(entry(symbol(jump, key), index), value, paths, depth, parameter)


def explain_message(jump: Jump, at: Index) -> Explanation:
    """Explain one entry of the message that a layer sent back."""

    def paths() -> Iterator[Path]:
        if type(jump.layer) is Dense:
            kernel = jump.params["kernel"]
            for unit in range(kernel.shape[1]):
                weight = Factor(entry(symbol(jump, "kernel"), (at[-1], unit)), kernel[at[-1], unit])
                yield Path((*arriving(jump, (*at[:-1], unit)), weight))
        else:
            yield from _any_paths(jump, None, at)

    assert jump.message_out is not None
    return Explanation(_at(upto(jump.place_in), at, jump.message_out), jump.message_out[at], paths)


def arriving(jump: Jump, at: Index) -> tuple[Factor, ...]:
    """Return the factors of one entry of the message that arrived: what a layer sent, then the slopes on the way."""
    behind, message = jump.behind, jump.message_in
    assert message is not None
    if behind is None:
        return (Factor(_at(upto(jump.place_out), at, message), message[at]),)
    if behind.kind == "loss":
        return (Factor(f"{behind.factor_text} at {_at(behind.place_in, at, message)}", message[at]),)
    if behind.factor is not None:
        slope = Factor(f"{behind.factor_text} at {_at(behind.place_in, at, message)}", behind.factor[at])
        return (*arriving(behind, at), slope)
    message_out = explain_message(behind, at)
    return (Factor(message_out.name, message_out.value, message_out),)


def _dense_paths(jump: Jump, key: str, index: Index) -> Iterator[Path]:
    """Yield one path for each row that went through: the message, and for the kernel what lies at the other end."""
    assert jump.input is not None
    for row in np.ndindex(jump.input.shape[:-1]):
        factors = arriving(jump, (*row, index[-1]))
        if key == "kernel":
            end = (*row, index[0])
            factors += (Factor(_at(jump.place_in, end, jump.input), jump.input[end]),)
        yield Path(factors)


def _any_paths(jump: Jump, key: str | None, index: Index) -> Iterator[Path]:
    """Yield a path for each output that the parameter, or the input, has an influence on, found by asking the layer."""
    message = jump.message_in
    assert message is not None
    probe = np.zeros_like(message)
    for at in np.ndindex(message.shape):
        probe[at] = 1
        slopes = _alone(jump, probe, key)
        probe[at] = 0
        if slopes[index]:
            inner = _at(jump.place_in, index, message) if key is None else entry(symbol(jump, key), index)
            text = f"∂ {_at(jump.place_out, at, message)} / ∂ {inner}"
            yield Path((*arriving(jump, at), Factor(text, slopes[index])))


def _alone(jump: Jump, error_grad: Array, key: str | None) -> Array:
    """Return what the layer makes of an error gradient, without an activation of its own: that is a jump of its own."""
    layer = jump.layer
    networks: list[Any] = [inner for inner in tree.walk(layer) if inner.is_network]
    for network in networks:  # its forward has been spent, but what that left is still there
        network._last_call.out_shape = (len(error_grad), *network.output_shape(network.input_shape))
    message = getattr(layer, layer.steps[1])(error_grad)
    return np.array(message if key is None else vars(layer.grads)[key])


def _at(place: str, at: Index, array: Array) -> str:
    """Return the name of an entry of a batch; the sample is named where there are several."""
    sample = f" of sample {at[0]}" if len(array) > 1 else ""
    return entry(place, at[1:]) + sample
