"""Ctrl-C waits until a batch is over."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Inside a `with`, the first Ctrl-C is remembered until `check` or the end raises it; a second one ends at once.

    The handler is there in the main thread only, where Python has it, and what was there before comes back. A fit inside
    a callback of another one shares the handler of the outer.
    """

    def __init__(self) -> None:
        self.pending = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is not threading.main_thread():
            return self
        before = signal.getsignal(signal.SIGINT)
        outer = getattr(before, "__self__", None)
        if isinstance(outer, Interrupt):
            return outer
        if callable(before):  # neither ignored nor somebody else's who is not Python
            self._before = before
            signal.signal(signal.SIGINT, self._hold)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._hold:
            signal.signal(signal.SIGINT, self._before)
        self.check()

    def check(self) -> None:
        """Raise what was held back."""
        if self.pending:
            self._release(None)

    def _hold(self, number: int, frame: FrameType | None) -> None:
        if self.pending:
            self._release(frame)
        else:
            self.pending = True

    def _release(self, frame: FrameType | None) -> None:
        self.pending = False
        self._before(signal.SIGINT, frame)
