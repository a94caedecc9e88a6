"""The arguments that all optimizers have in common, and what they may be."""

from __future__ import annotations

from typing import Any, TypedDict

from .. import arguments
from ..errors import ArgumentValueError

CLIPS = "clipnorm", "clipvalue", "global_clipnorm"


class CommonOptions(TypedDict, total=False):
    """What every optimizer takes beside its own arguments, but for the decay."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    gradient_accumulation_steps: int | None
    name: str | None


class OptimizerOptions(CommonOptions, total=False):
    """What every optimizer takes beside its own arguments."""

    weight_decay: float | None


def check_options(owner: object, options: dict[str, Any]) -> None:
    """Raise unless the common arguments are in their ranges.

    Args:
        owner: The optimizer.
        options: The common arguments by name.

    Raises:
        ArgumentTypeError: If one has another type.
        ArgumentValueError: If one is out of its range, or gradients are to be clipped in two ways.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name, interval in {"weight_decay": "[0, inf)", **dict.fromkeys(CLIPS, "(0, inf)")}.items():
        if name in given:
            arguments.number(owner, name, given[name], interval)
    clips = {name: given[name] for name in CLIPS if name in given}
    if len(clips) > 1:
        raise ArgumentValueError(f"{type(owner).__name__}: only one of {', '.join(CLIPS)} may be given, got {clips}")
    arguments.flag(owner, "use_ema", options["use_ema"])
    arguments.number(owner, "ema_momentum", options["ema_momentum"], "[0, 1]")
    for name, interval in {"ema_overwrite_frequency": "[1, inf)", "gradient_accumulation_steps": "[2, inf)"}.items():
        if name in given:
            arguments.integer(owner, name, given[name], interval)
