"""Callbacks are told what training does."""

from .backup_and_restore import BackupAndRestore as BackupAndRestore
from .base import Callback as Callback
from .csv_logger import CSVLogger as CSVLogger
from .early_stopping import EarlyStopping as EarlyStopping
from .epoch_lines import EpochLines as EpochLines
from .history import History as History
from .lambda_callback import LambdaCallback as LambdaCallback
from .learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
from .model_checkpoint import ModelCheckpoint as ModelCheckpoint
from .monitor import MonitorCallback as MonitorCallback
from .progress_bar import ProgressBar as ProgressBar
from .recorder import Recorder as Recorder
from .reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .terminate_on_nan import TerminateOnNaN as TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "EpochLines",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgressBar",
    "Recorder",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
