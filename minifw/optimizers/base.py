"""The base of all optimizers: what they have in common, and the step."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Never, TypedDict

import numpy as np

from .._typing import Array
from ..arguments import flag, integer, number, optional
from ..config import Settled, is_built_in, resolve
from ..definitions import constructor
from ..engine.buffers import aligned_empty
from ..engine.errstate import Quiet
from ..errors import ArgumentTypeError, ArgumentValueError, shown
from ..network.entries import Pairs
from ..network.names import Labelled
from ..schedules import LearningRateSchedule, rate_at
from .binding import Block, Owner, lay_out, vector_names
from .first_step import check_gradients, watch_first_update
from .gradients import Gradients, vectors_beside_slots

_TRANSIENT = ("_plan", "_planned", "_quiet", "update")

LEAST = 1e-37
"""Stands for an epsilon of 0, so that a parameter whose gradient was always 0 stays where it is."""


def bias_correction(beta: float, step: int) -> float:
    """Return `1 - beta**step` without losing digits when `beta` is near 1."""
    return -math.expm1(step * math.log(beta)) if beta > 0.0 else 1.0


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


class Options(CommonOptions, total=False):
    """What every optimizer takes beside its own arguments."""

    weight_decay: float | None


class Optimizer(Labelled, registered=False):
    """The base of all optimizers; a subclass names its `slots` and writes `update`, and `coefficients` if it has any.

    In one step: accumulate, clip, decay (`w -= w * weight_decay * learning_rate`), update, average, constrain.

    Before the first step every argument may be set. After it the learning rate, `weight_decay`, `ema_momentum`,
    `ema_overwrite_frequency`, the norms and values that are clipped to, `epsilon` and `momentum` may, unless the optimizer
    would need other vectors then: a `momentum` or a `clipnorm` cannot come or go.

    Args:
        learning_rate: A number, a schedule, or any callable of the step.
        weight_decay: Decoupled decay of all parameters.
        clipnorm: The greatest norm of each parameter's gradient.
        clipvalue: The greatest absolute value of each entry.
        global_clipnorm: The greatest norm of all gradients together. Only one of the three may be given.
        use_ema: Whether a moving average of the parameters is kept: `a = m * a + (1 - m) * w`, first `a = w`.
        ema_momentum: That `m`.
        ema_overwrite_frequency: Every how many updates `w = a`; `None` only in `finalize`, when `fit` ends.
        gradient_accumulation_steps: How many calls of `step` make one update with their mean gradient.
        name: A label; the class's name in snake case without one.

    Attributes:
        slots: Names of the optimizer's own vectors, or `{name: initial value}`.
        iterations: Updates made, as in Keras: while gradients are accumulated every so many calls of `step` count once.
            Schedules are asked with the number of calls.

    Example:
        >>> class Sign(Optimizer):
        ...     def update(self, param, grad, slots, coefficients, scratch):
        ...         param -= coefficients[0] * np.sign(grad)
        >>> w = np.array([1.0, 2.0])
        >>> Sign(learning_rate=0.5).step([(w, np.array([3.0, -4.0]))])
        >>> w
        array([0.5, 2.5])
    """

    kinds = ("optimizer",)
    _live = (
        "learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "ema_momentum",
        "ema_overwrite_frequency", "epsilon", "momentum",
    )
    slots: ClassVar[Sequence[str] | Mapping[str, float]] = ()
    iterations: int = 0
    _learning_rate: float | Callable[[int], Any] = 0.001
    _owner: Owner | None = None
    _vectors: dict[str, Array] | None = None
    _gradients: Gradients | None = None
    _plan: list[tuple[float, list[Block]]] | None = None
    _planned: Any = None

    def __init__(
        self,
        learning_rate: Any = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown: Never,
    ) -> None:
        super().__init__(name, **unknown)
        self.learning_rate = learning_rate
        self.weight_decay = optional(number, self, "weight_decay", weight_decay, "[0, inf)")
        self.clipnorm = optional(number, self, "clipnorm", clipnorm, "(0, inf)")
        self.clipvalue = optional(number, self, "clipvalue", clipvalue, "(0, inf)")
        self.global_clipnorm = optional(number, self, "global_clipnorm", global_clipnorm, "(0, inf)")
        self.use_ema = flag(self, "use_ema", use_ema)
        self.ema_momentum = number(self, "ema_momentum", ema_momentum, "[0, 1]")
        self.ema_overwrite_frequency = optional(integer, self, "ema_overwrite_frequency", ema_overwrite_frequency)
        self.gradient_accumulation_steps = optional(
            integer, self, "gradient_accumulation_steps", gradient_accumulation_steps, "[2, inf)"
        )
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {option: limit for option, limit in clips.items() if limit is not None}
        if len(given) > 1:
            raise ArgumentValueError(f"{type(self).__name__}: only one of {', '.join(clips)} may be given, got {given}")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(cls.slots, str):
            raise ArgumentTypeError(f"{cls.__name__}: slots must be a tuple of names, {(cls.slots,)}, got {cls.slots!r}")
        if "step" in vars(cls) and cls.update is Optimizer.update:
            raise ArgumentTypeError(
                f"{cls.__name__} defines step(), which counts, clips, decays and calls update(); write the formula in "
                "update(self, param, grad, slots, coefficients, scratch), which changes param in place"
            )

    def coefficients(self, step: int, learning_rate: float) -> Any:
        """Return the numbers of one step; called once a step and learning rate multiplier.

        Args:
            step: The number of this update, from 1.
            learning_rate: The rate with the multiplier in it.
        """
        return (learning_rate,)

    def update(self, param: Array, grad: Array, slots: Any, coefficients: Any, scratch: Any) -> None:
        """Update a block of the parameters in place, elementwise.

        Args:
            param: The parameters.
            grad: Their gradients; not to be written to.
            slots: The optimizer's own arrays for that block, in the order of `slots`.
            coefficients: What `coefficients` returned.
            scratch: Two arrays of the same shape to calculate in.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must write update(self, param, grad, slots, coefficients, scratch)"
        )

    def step(self, pairs: Iterable[tuple[Array, Array]] = ()) -> None:
        """Update all parameters once.

        Args:
            pairs: What `net.params_and_grads()` returned, or a list of `(param, grad)`.

        Raises:
            UsageError: If the pairs are another network's than those of the first step.
            ArgumentValueError: If a plain list holds other parameters than at the first step.
        """
        planned: Any = self._planned
        if planned is None or not planned.current or planned.fresh is False or pairs is not planned:
            self._bind(pairs)
            planned = self._planned
            check_gradients(self, planned)
        planned.fresh = planned.fresh and False
        rate = self._learning_rate
        if callable(rate):
            rate = self.learning_rate
        self._quiet.run(self._advance, rate)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Array, Array]]) -> None:
        """Update all parameters once, from `(grad, param)` pairs: Keras' order.

        Args:
            grads_and_vars: A list of such pairs, the same parameters at every call.
        """
        if isinstance(grads_and_vars, Pairs):
            raise ArgumentTypeError(
                f"{type(self).__name__}: apply_gradients takes (grad, param); for the pairs of a network, which are "
                "(param, grad), call step(net.params_and_grads())"
            )
        self.step([(param, grad) for grad, param in grads_and_vars])

    def _advance(self, rate: float) -> None:
        """Update, and count it, unless gradients are still being accumulated."""
        gradients = self._gradients
        if gradients is not None and not gradients.gather(self, self._planned):
            return
        step = self.iterations + 1
        for multiplier, blocks in self._plan or ():
            coefficients = self.coefficients(step, rate * multiplier)
            if self.weight_decay:
                share = rate * multiplier * self.weight_decay  # times 1 - share would be coarse in float32
                for param, _, _, (work, _) in blocks:
                    np.subtract(param, np.multiply(param, share, work), param)
            for param, grad, slots, scratch in blocks:
                self.update(param, grad, slots, coefficients, scratch)
        self.__dict__["iterations"] = step  # around the check of names
        if gradients is not None:
            gradients.after_update(self, self._planned, step)

    def finalize(self, pairs: Iterable[tuple[Array, Array]]) -> None:
        """Put the moving average of the parameters in their place, if one is kept; `fit` does so when it ends."""
        if self.use_ema and self._gradients is not None and self.iterations:
            self._bind(pairs)
            self._gradients.overwrite(self._planned)

    @property
    def learning_rate(self) -> float:
        """The rate of the next step; assign a number, a schedule or a callable of the step."""
        rate = self._learning_rate
        return rate_at(self, rate, self._calls) if callable(rate) else float(rate)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, dict):
            value = resolve("schedule", value, self)
        if isinstance(value, (type, Pairs)) or (callable(value) and isinstance(value, np.generic)):
            got = "parameters, which come with each step: step(net.params_and_grads())"
            text = f"learning_rate must be a number or a callable, got {got if isinstance(value, Pairs) else shown(value)}"
            raise ArgumentTypeError(f"{type(self).__name__}: {text}")
        if isinstance(vars(self).get("_learning_rate"), LearningRateSchedule) and not callable(value):
            raise ArgumentTypeError(
                f"{type(self).__name__}: the learning rate follows {self._learning_rate!r}; assign another schedule, "
                "or make the optimizer with a number"
            )
        self._learning_rate = value if callable(value) else float(number(self, "learning_rate", value, "[0, inf)"))

    @property
    def _calls(self) -> int:
        """Calls of `step`."""
        waiting = self._gradients.calls if self._gradients else 0
        return self.iterations * (self.gradient_accumulation_steps or 1) + waiting

    def _bind(self, pairs: Iterable[tuple[Array, Array]]) -> None:
        """Lay out the work for these pairs; scratch and slots are allocated here, before anything is written."""
        self._owner = self._owner or Owner()
        pairs, same = self._owner.take(self, pairs)
        if not same or any(vector.size != pairs.size for vector in (self._vectors or {}).values()):
            self._start_anew()
        if self._vectors is None:
            slots = self.slots if isinstance(self.slots, Mapping) else dict.fromkeys(self.slots, 0.0)
            self._vectors = _filled(slots, pairs)
        beside = vectors_beside_slots(self)
        if self._gradients is None and (beside or any(variable.constraint for variable in pairs.layout)):
            self._gradients = Gradients(_filled(beside, pairs))
        gradients = self._gradients or Gradients({})
        gradients.thawed = True
        self._plan, self._planned = lay_out(pairs, list(self._vectors.values()), gradients.accumulated), pairs
        self._quiet = Quiet()
        if not (self.iterations or is_built_in(type(self).__module__)):
            watch_first_update(self)

    def _start_anew(self) -> None:
        """Forget slots, accumulated gradients and counts: the network has other layers now."""
        self._vectors = self._gradients = self._plan = self._planned = None
        self.iterations = 0

    def _changed(self, guard: Settled, value: Any) -> Any:
        if self._vectors is None:
            return guard.checked(self, value)
        other, value = copy.copy(self), super()._changed(guard, value)
        vars(other)[guard.name] = value
        if vector_names(other) != vector_names(self):
            raise guard.too_late(self, value)
        return value

    def _argument(self, name: str) -> Any:
        return self._learning_rate if name == "learning_rate" else super()._argument(name)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key not in _TRANSIENT}


for option, default in constructor(Optimizer).items():
    if option != "learning_rate":
        setattr(Optimizer, option, default)  # a subclass need not call the constructor


def _filled(first_values: Mapping[str, float], pairs: Pairs) -> dict[str, Array]:
    vectors = {name: aligned_empty((pairs.size,), pairs.dtype) for name in first_values}
    for name, value in first_values.items():
        vectors[name].fill(value)
    return vectors
