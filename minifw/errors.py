"""The exceptions: what came, what was wanted, where, and what to do.

    MinifwError
    ├── ShapeError(ValueError)            an array of another shape than its place wants
    ├── ArgumentValueError(ValueError)    an argument outside its range
    ├── ArgumentTypeError(TypeError)      an argument of another type, or one that does not exist
    ├── UsageError(RuntimeError)          a call at the wrong moment
    ├── ModelFormatError(ValueError)      a file that is no sound model file
    └── NonFiniteError(ArithmeticError)   a NaN or an infinity where training cannot go on

Each is also the built-in exception in brackets, and each carries its data as attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class MinifwError(Exception):
    """The parent of every exception that minifw raises on purpose.

    Args:
        message: What the user reads.
        data: What a handler needs; each becomes an attribute.
    """

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.__dict__.update(data)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__


class ShapeError(MinifwError, ValueError):
    """An array has another shape than its place wants; carries `expected` and `received`."""


class ArgumentValueError(MinifwError, ValueError):
    """An argument has a value outside its range."""


class ArgumentTypeError(MinifwError, TypeError):
    """An argument has another type than wanted, or does not exist."""


class UsageError(MinifwError, RuntimeError):
    """A call came at the wrong moment, or to an object that cannot take it."""


class UndeclaredError(UsageError, AttributeError):
    """An object has no attribute, parameter or state of that name, or not yet."""


class ModelFormatError(MinifwError, ValueError):
    """A file is no sound model file; carries `path`, `offset` and `reason`."""


class NonFiniteError(MinifwError, ArithmeticError):
    """A NaN or an infinity where training cannot go on; weights, state and generators are those before the batch.

    Carries `layer`, `direction`, `input_range`, `weight_ranges`, `rows`, `learning_rate`, `loss`, the likely `cause`,
    `batch`, which is `(x, y, sample_weight)`, its `batch_number`, and in `fit` the `epoch`.
    """


@contextmanager
def needed(what: str, extra: str, more: str = "") -> Iterator[None]:
    """Let an import that fails say which command installs the package.

    Args:
        what: Who needs which package.
        extra: The extra of minifw that brings it.
        more: What else the command is to install.

    Raises:
        ImportError: If the package is missing, too old or broken, and why.

    Example:
        >>> with needed("a picture is drawn with pencils", "pencils"):
        ...     import pencils
        Traceback (most recent call last):
        ImportError: a picture is drawn with pencils: pip install "minifw[pencils]" (No module named 'pencils')
    """
    try:
        yield
    except (ImportError, RuntimeError) as error:  # mpi4py raises the latter where no library of MPI is
        raise ImportError(f'{what}: pip install "minifw[{extra}]"{more} ({error})') from error


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint that names the known words closest to a misspelt one.

    Example:
        >>> nearest("addam", ["Adam", "SGD"])
        "; did you mean 'Adam'?"
    """
    import difflib  # slow to import, and only a mistake needs it

    lower = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), lower, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(repr(lower[name]) for name in close)}?" if close else ""


def shown(value: object) -> str:
    """Return `repr(value)`, cut to what fits into a message.

    Example:
        >>> shown([1, 2])
        '[1, 2]'
    """
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
