"""Checks of constructor arguments: each names the class, the argument, its value and the range it may have."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import ArgumentTypeError, ArgumentValueError, nearest, shown

NO_MEANING_HERE = {
    "activity_regularizer": "penalties belong to parameters: use kernel_regularizer=",
    "dtype": "a network has one dtype: Sequential(..., dtype=...)",
    "autocast": "a network has one dtype: Sequential(..., dtype=...)",
    "lora_rank": "there is no low-rank adaptation",
    "lora_alpha": "there is no low-rank adaptation",
    "quantization_config": "there is no quantization",
    "batch_input_shape": "shapes have no batch axis: use input_shape=",
    "renorm": "there is no batch renormalization",
    "renorm_clipping": "there is no batch renormalization",
    "renorm_momentum": "there is no batch renormalization",
    "rms_scaling": "Keras has given it up: use RMSNormalization",
    "synchronized": "the statistics are those of this process",
    "run_eagerly": "everything runs eagerly",
    "jit_compile": "nothing is compiled",
    "steps_per_execution": "a step is one batch",
    "auto_scale_loss": "there is no float16",
    "loss_scale_factor": "there is no float16",
    "loss_weights": "a network has one output",
    "mask_zero": "there are no masks",
    "weights": "call set_weights once the layer is built",
    "zipped": "a model is one plain file",
    "max_shard_size": "a model is one plain file",
}
"""Keras' arguments that are refused, each with the reason."""


def named(owner: object) -> str:
    """Return the class name of an object, a class's own name, or a string as it is."""
    if isinstance(owner, str):
        return owner
    return owner.__name__ if isinstance(owner, type) else type(owner).__name__


def number(owner: object, name: str, value: Any, interval: str = "(-inf, inf)") -> float:
    """Return a real number as a float, or raise if it lies outside an interval.

    Args:
        owner: Whose argument it is; an object, a class or a name.
        name: The argument.
        value: What came. Booleans, strings and arrays are refused.
        interval: The range in mathematical notation, such as `"[0, 1)"`.

    Raises:
        ArgumentTypeError: If the value is no number.
        ArgumentValueError: If it lies outside the interval or is NaN.

    Example:
        >>> number("Dropout", "rate", 0.5, "[0, 1)")
        0.5
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentTypeError(
            f"{named(owner)}: {name} must be a number in {interval}, got {shown(value)} ({type(value).__name__})"
        )
    if not _inside(value, interval):
        raise ArgumentValueError(f"{named(owner)}: {name} must be in {interval}, got {shown(value)}")
    return float(value)


def integer(owner: object, name: str, value: Any, interval: str = "[1, inf)") -> int:
    """Return a whole number as an int, or raise if it lies outside an interval.

    Args:
        owner: Whose argument it is; an object, a class or a name.
        name: The argument.
        value: What came. Booleans, floats and strings are refused.
        interval: The range in mathematical notation.

    Raises:
        ArgumentTypeError: If the value is no integer.
        ArgumentValueError: If it lies outside the interval.

    Example:
        >>> integer("Dense", "units", 3)
        3
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise ArgumentTypeError(
            f"{named(owner)}: {name} must be an integer in {interval}, got {shown(value)} ({type(value).__name__})"
        )
    if not _inside(value, interval):
        raise ArgumentValueError(f"{named(owner)}: {name} must be in {interval}, got {shown(value)}")
    return int(value)


def flag(owner: object, name: str, value: Any) -> bool:
    """Return a boolean, or raise an `ArgumentTypeError`.

    Example:
        >>> flag("Dense", "use_bias", True)
        True
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(f"{named(owner)}: {name} must be True or False, got {shown(value)}")
    return bool(value)


def choice(owner: object, name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raise an `ArgumentValueError` unless the value is one of a few.

    Example:
        >>> choice("MSELoss", "reduction", "sum", ("sum", "none"))
    """
    if not any(type(value) is type(option) and value == option for option in allowed):
        hint = nearest(value, [a for a in allowed if isinstance(a, str)]) if isinstance(value, str) else ""
        options = ", ".join(repr(option) for option in allowed)
        raise ArgumentValueError(f"{named(owner)}: {name} must be one of {options}, got {shown(value)}{hint}")


def axes(owner: object, name: str, value: Any) -> None:
    """Raise unless the value is an axis, or a tuple or list of some; which ones there are shows with the data.

    Raises:
        ArgumentTypeError: If one is no integer.
        ArgumentValueError: If there is none.

    Example:
        >>> axes("Softmax", "axis", (-1, 1))
    """
    found = value if isinstance(value, (tuple, list)) else (value,)
    if not found:
        raise ArgumentValueError(f"{named(owner)}: {name} must name at least one axis, got {value}")
    for axis in found:
        integer(owner, name, axis, "(-inf, inf)")


def seed(owner: object, value: Any) -> None:
    """Raise unless the value is `None` or an integer from 0 to 2**64 - 1."""
    if value is not None:
        integer(owner, "seed", value, "[0, 18446744073709551615]")


def shape(owner: object, name: str, value: Any) -> tuple[int, ...]:
    """Return a shape without batch axis as a tuple of positive integers.

    Raises:
        ArgumentTypeError: If it is no sequence of integers.
        ArgumentValueError: If a dimension is below 1.

    Example:
        >>> shape("Input", "shape", [5])
        (5,)
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        value = (value,)
    if not isinstance(value, (tuple, list)):
        raise ArgumentTypeError(f"{named(owner)}: {name} must be a tuple such as (5,), got {shown(value)}")
    return tuple(integer(owner, f"{name}[{axis}]", size) for axis, size in enumerate(value))


def refuse_unknown(owner: object, unknown: dict[str, Any], known: Any) -> None:
    """Raise an `ArgumentTypeError` for the first keyword that a constructor or method does not have."""
    for name in unknown:
        if name in NO_MEANING_HERE:
            raise ArgumentTypeError(
                f"{named(owner)}: {name!r} is an argument of Keras that has no meaning here: {NO_MEANING_HERE[name]}"
            )
        raise ArgumentTypeError(f"{named(owner)} has no argument {name!r}{nearest(name, known)}")


def _inside(value: Any, interval: str) -> bool:
    # an int is compared as an int: as a float 2**64 - 1 would be 2**64
    low, high = (float(end) if "." in end or "inf" in end or "e" in end else int(end) for end in interval[1:-1].split(","))
    above = value >= low if interval[0] == "[" else value > low
    below = value <= high if interval[-1] == "]" else value < high
    return bool(above and below and value == value)
