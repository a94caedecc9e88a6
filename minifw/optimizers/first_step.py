"""What can only be seen when a step is made: gradients that nobody calculated, and an update that writes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._typing import Array
from ..errors import UsageError
from ..network.entries import Pairs

if TYPE_CHECKING:
    from .base import Optimizer

SMALL = 1e-30
"""A parameter on which in float64 even the smallest step shows, whether it adds or multiplies."""


def check_gradients(optimizer: Optimizer, pairs: Pairs) -> None:
    """Warn of gradients that were used before, or raise a `UsageError` for those that nobody calculated."""
    if pairs.fresh is False:
        warnings.warn(
            f"{type(optimizer).__name__}: no backward came since the last step, so this one takes the same gradients again; "
            "call net.backward(loss.backward()) before each step, unless you wrote them yourself",
            UserWarning,
            stacklevel=3,
        )
    for variable in pairs.layout if pairs.fresh is None else ():
        if np.isnan(variable.grad).all() and variable.grad.size:
            raise UsageError(
                f"{type(optimizer).__name__}: the gradient of {variable.name} was never calculated; before each step call "
                "net.backward(loss.backward())"
            )


def watch_first_update(optimizer: Optimizer) -> None:
    """Let the first update of a class of somebody's own raise a `UsageError` unless it writes, then look no more."""
    if "update" in vars(optimizer):
        return
    update = optimizer.update

    def watched(param: Array, grad: Array, slots: Sequence[Array], coefficients: Any, scratch: Any) -> None:
        before = [array.copy() for array in (param, *slots)]
        returned: Any = update(param, grad, slots, coefficients, scratch)
        same = [np.array_equal(*arrays, equal_nan=True) for arrays in zip((param, *slots), before, strict=True)]
        if grad.any() and optimizer.learning_rate and (all(same) or (same[0] and returned is not None)):
            slope, *others = (array.astype(np.float64) for array in (grad, *before[1:], *scratch))
            tiny = np.full_like(slope, SMALL)
            update(tiny, slope, tuple(others[:-2]), coefficients, tuple(others[-2:]))
            if (tiny == SMALL).all():
                raise UsageError(
                    f"{type(optimizer).__name__}: update() changed no parameter"
                    f"{'' if returned is None else ' but returned something'}; write in place: param -= ..., "
                    "np.subtract(param, ..., out=param), not param = param - ..."
                )
        vars(optimizer).pop("update", None)

    vars(optimizer)["update"] = watched
