"""Calculating without warnings: who trains looks at the numbers, and a warning in mid-step would tear it."""

from __future__ import annotations

import threading
from contextvars import copy_context

import numpy as np

silent = np.errstate(all="ignore")
"""Decorates a function; what diverges is infinite or NaN there, and a warning would say no more."""


class Quiet(threading.local):
    """Runs a function without warnings for a tenth of what `silent` costs; every thread has a context of its own.

    Inside it the same one cannot be entered again, so whoever calls unknown code needs one of their own.

    Example:
        >>> Quiet().run(np.multiply, np.float32(1e30), np.float32(1e30))
        np.float32(inf)
    """

    def __init__(self) -> None:
        context = copy_context()
        context.run(np.seterr, all="ignore")
        self.run = context.run
