"""Callbacks are told what training does."""

from .base import Callback as Callback
from .epoch_lines import EpochLines as EpochLines
from .history import History as History
from .recorder import Recorder as Recorder

__all__ = ["Callback", "EpochLines", "History", "Recorder"]
