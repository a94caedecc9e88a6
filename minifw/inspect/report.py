"""What a check has found: one line for each array and each promise."""

from __future__ import annotations

from typing import NamedTuple

from .table import table


class Check(NamedTuple):
    """One array or one promise, and whether it holds.

    Attributes:
        name: The parameter's name, `"input"`, or the promise.
        passed: Whether it holds.
        error: The greatest difference, relative to the array's size; 0 for a promise.
        worst: The index of that entry.
        analytic: What `backward` says there.
        numeric: What the differences say there.
        checked: Entries compared.
        skipped: Entries left out because the function bends there.
        detail: What is wrong, in words.
    """

    name: str
    passed: bool
    error: float = 0.0
    worst: tuple[int, ...] = ()
    analytic: float = 0.0
    numeric: float = 0.0
    checked: int = 0
    skipped: int = 0
    detail: str = ""

    @property
    def numbers(self) -> str:
        """What was compared, and what is wrong."""
        text = f"  {self.detail}" if self.detail else ""
        if not (self.checked or self.skipped):
            return text
        values = f"backward {self.analytic:.9g}, numeric {self.numeric:.9g}"
        return f"  error {self.error:.1e} at {self.worst}: {values} ({self.checked} checked, {self.skipped} at bends){text}"


class Report:
    """The checks of a layer or network, readable as a table.

    Attributes:
        checks: One `Check` per array or promise.
        first_to_blame: The innermost layer, or the loss, that is wrong alone, too; nothing where that was not looked for.
    """

    def __init__(self, title: str, checks: list[Check], first_to_blame: str = "") -> None:
        self.title, self.checks, self.first_to_blame = title, checks, first_to_blame

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(check.passed for check in self.checks)

    def __str__(self) -> str:
        rows = [("ok   " if check.passed else "WRONG", check.name) for check in self.checks]
        lines = [f"  {row}{check.numbers}" for row, check in zip(table(rows, "<<", " "), self.checks, strict=True)]
        blame = f", first to blame is {self.first_to_blame}" if self.first_to_blame else ""
        return "\n".join([f"{self.title}: {'all right' if self.passed else 'WRONG'}{blame}", *lines])

    __repr__ = __str__
