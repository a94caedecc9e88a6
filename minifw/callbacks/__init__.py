"""Callbacks are told what training does."""

from .base import Callback, LambdaCallback
from .checkpoints import BackupAndRestore, ModelCheckpoint
from .history import CSVLogger, History, Recorder
from .learning_rate import LearningRateScheduler, ReduceLROnPlateau
from .monitor import EarlyStopping, MonitorCallback, TerminateOnNaN
from .progress import EpochLines, ProgressBar

__all__ = [
    "BackupAndRestore", "CSVLogger", "Callback", "EarlyStopping", "EpochLines", "History", "LambdaCallback",
    "LearningRateScheduler", "ModelCheckpoint", "MonitorCallback", "ProgressBar", "Recorder", "ReduceLROnPlateau",
    "TerminateOnNaN",
]
