"""AdamW: Adam that decays by default."""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack

from .. import arguments
from .adam import Adam
from .options import CommonOptions


class AdamW(Adam):
    """Adam, with `w -= w * weight_decay * learning_rate` before every update.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        weight_decay: The decay. `Adam(weight_decay=...)` is the same.
        beta_1: As in `Adam`.
        beta_2: As in `Adam`.
        epsilon: As in `Adam`.
        amsgrad: As in `Adam`.
        options: As in `Optimizer`.

    Source:
        Loshchilov and Hutter, Decoupled weight decay regularization (2019).

    Example:
        >>> import numpy as np
        >>> w = np.array([1.0])
        >>> AdamW(0.1, weight_decay=0.5).step([(w, np.array([2.0]))])
        >>> w.round(6)
        array([0.85])
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[CommonOptions],
    ) -> None:
        arguments.number(self, "weight_decay", weight_decay, "[0, inf)")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options)
