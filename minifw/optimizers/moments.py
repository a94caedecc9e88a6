"""What optimizers share that keep a running mean of the gradient and of its size."""

from __future__ import annotations

from typing import Any

from typing_extensions import Unpack

from .. import arguments
from .base import Optimizer
from .options import OptimizerOptions


class Moments(Optimizer, registered=False):
    """The constructor of Adam and its relatives."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        arguments.number(self, "beta_1", beta_1, "[0, 1)")
        arguments.number(self, "beta_2", beta_2, "[0, 1)")
        arguments.number(self, "epsilon", epsilon, "[0, inf)")
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        super().__init__(learning_rate, **options)
