"""A number taken apart: the sum of products that it is, printed as deep as asked; `terms.py` finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, reduce
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np

from .notation import COUNTING, legend

SHOWN = 12
"""Paths of one sum that are printed; the largest."""

class Factor(NamedTuple):
    """One factor: what it is, its value, for a message the sum that it is, and the numbers that it is calculated from."""

    text: str
    value: Any
    opened: Explanation | None = None
    of: tuple[tuple[str, Any], ...] = ()

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
        n: What `n` stands for in its text, and what that counts.
    """

    depth: int = 0
    n: tuple[int, str] = (1, "")

    def __init__(self, name: str, value: Any, find: Callable[[], Iterator[Path]], parameter: str = "") -> None:
        self.name, self.value, self._find = name, value, find
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
        text = "\n\n".join(blocks)
        return "\n".join([text, "", *filter(None, [legend(text, self.n)]), COUNTING])

    __repr__ = __str__

    def _block(self) -> str:
        """Return the paths, each in symbols and below it in numbers."""
        lines = [f"{self._title}: {self.value}"]
        for i, path in enumerate(self._largest()):
            lines += [
                f"  {'+' if i else '='} {' × '.join(factor.shown for factor in path.factors)}",
                f"  = {' × '.join(str(factor.value) for factor in path.factors)} = {path.product}",
            ]
            of = [(factor.shown, ", ".join(f"{name} = {value}" for name, value in factor.of)) for factor in path.factors]
            lines += [f"    {shown} of {numbers}" for shown, numbers in of if numbers]
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
