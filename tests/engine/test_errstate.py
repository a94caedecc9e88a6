"""Calculating without warnings, in one thread and in several."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from minifw.engine.errstate import Quiet, silent

HUGE = np.full(3, 1e300)


def test_a_function_is_silent_and_nothing_else():
    before = np.geterr()
    assert np.isinf(Quiet().run(np.multiply, HUGE, HUGE)).all() and np.isinf(silent(np.square)(HUGE)).all()
    assert np.geterr() == before
    with pytest.raises(RuntimeWarning, match="overflow"):
        HUGE * HUGE


def test_threads_are_silent_at_the_same_time():
    quiet, both = Quiet(), Barrier(2, timeout=10)

    def meet(_):
        both.wait()
        return np.square(HUGE)

    with ThreadPoolExecutor(2) as pool:
        assert np.isinf(list(pool.map(lambda x: quiet.run(meet, x), range(2)))).all()
