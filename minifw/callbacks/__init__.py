"""Callbacks are told what training does."""

from typing import TYPE_CHECKING

from ..late import late_names
from .base import Callback as Callback
from .csv_logger import CSVLogger as CSVLogger
from .early_stopping import EarlyStopping as EarlyStopping
from .epoch_lines import EpochLines as EpochLines
from .history import History as History
from .lambda_callback import LambdaCallback as LambdaCallback
from .learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
from .monitor import MonitorCallback as MonitorCallback
from .progress_bar import ProgressBar as ProgressBar
from .reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .terminate_on_nan import TerminateOnNaN as TerminateOnNaN

if TYPE_CHECKING:
    from .backup_and_restore import BackupAndRestore as BackupAndRestore
    from .model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from .recorder import Recorder as Recorder

__getattr__ = late_names(
    __name__,
    {
        "callbacks.backup_and_restore": "BackupAndRestore",
        "callbacks.model_checkpoint": "ModelCheckpoint",
        "callbacks.recorder": "Recorder",
    },
)

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
