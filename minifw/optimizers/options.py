"""The arguments that all optimizers have in common, and what they may be."""

from __future__ import annotations

import copy
from typing import Any, TypedDict

from typing_extensions import override

from .. import arguments
from .._typing import Array
from ..config import Configurable
from ..errors import ArgumentValueError
from ..settled import Settled
from . import kept

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


class Arguments(Configurable, registered=False):
    """The common arguments as an optimizer holds them."""

    _live = (
        *("learning_rate", "weight_decay", *CLIPS, "ema_momentum", "ema_overwrite_frequency", "epsilon", "momentum"),
    )
    weight_decay: float | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    use_ema: bool = False
    ema_momentum: float = 0.99
    ema_overwrite_frequency: int | None = None
    gradient_accumulation_steps: int | None = None
    name: str | None = None

    _vectors: dict[str, Array] | None = None

    @override
    def _changed(self, guard: Settled, value: Any) -> Any:
        if self._vectors is None:
            return guard.checked(self, value)
        other, value = copy.copy(self), super()._changed(guard, value)
        vars(other)[guard.name] = value
        if kept.names(other) != kept.names(self):
            raise guard.late(self, value)
        return value


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
