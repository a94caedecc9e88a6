"""minifw: layer objects on NumPy that send the error gradient back."""

from typing import TYPE_CHECKING

from . import constraints as constraints
from . import initializers as initializers
from . import layers as layers
from . import losses as losses
from . import metrics as metrics
from . import ops as ops
from . import optimizers as optimizers
from . import regularizers as regularizers
from . import schedules as schedules
from .constraints import Constraint as Constraint
from .constraints import MaxNorm as MaxNorm
from .constraints import NonNeg as NonNeg
from .errors import ArgumentTypeError as ArgumentTypeError
from .errors import ArgumentValueError as ArgumentValueError
from .errors import MinifwError as MinifwError
from .errors import ModelFormatError as ModelFormatError
from .errors import NonFiniteError as NonFiniteError
from .errors import ShapeError as ShapeError
from .errors import UsageError as UsageError
from .initializers import Constant as Constant
from .initializers import GlorotNormal as GlorotNormal
from .initializers import GlorotUniform as GlorotUniform
from .initializers import HeNormal as HeNormal
from .initializers import HeUniform as HeUniform
from .initializers import Initializer as Initializer
from .initializers import LecunNormal as LecunNormal
from .initializers import LecunUniform as LecunUniform
from .initializers import Ones as Ones
from .initializers import Orthogonal as Orthogonal
from .initializers import RandomNormal as RandomNormal
from .initializers import RandomUniform as RandomUniform
from .initializers import TruncatedNormal as TruncatedNormal
from .initializers import VarianceScaling as VarianceScaling
from .initializers import Zeros as Zeros
from .late import late_names
from .layers import ELU as ELU
from .layers import GELU as GELU
from .layers import SELU as SELU
from .layers import Activation as Activation
from .layers import AveragePooling1D as AveragePooling1D
from .layers import AveragePooling2D as AveragePooling2D
from .layers import BatchNormalization as BatchNormalization
from .layers import Branches as Branches
from .layers import Chain as Chain
from .layers import Conv1D as Conv1D
from .layers import Conv2D as Conv2D
from .layers import Dense as Dense
from .layers import Dropout as Dropout
from .layers import Elementwise as Elementwise
from .layers import Embedding as Embedding
from .layers import Flatten as Flatten
from .layers import GaussianNoise as GaussianNoise
from .layers import GlobalAveragePooling1D as GlobalAveragePooling1D
from .layers import GlobalAveragePooling2D as GlobalAveragePooling2D
from .layers import Input as Input
from .layers import Lambda as Lambda
from .layers import Layer as Layer
from .layers import LayerNormalization as LayerNormalization
from .layers import LeakyReLU as LeakyReLU
from .layers import LogSoftmax as LogSoftmax
from .layers import MaxPooling1D as MaxPooling1D
from .layers import MaxPooling2D as MaxPooling2D
from .layers import Mish as Mish
from .layers import Normalization as Normalization
from .layers import Normalizer as Normalizer
from .layers import Param as Param
from .layers import PReLU as PReLU
from .layers import ReLU as ReLU
from .layers import Rescaling as Rescaling
from .layers import Reshape as Reshape
from .layers import Residual as Residual
from .layers import RMSNormalization as RMSNormalization
from .layers import Sigmoid as Sigmoid
from .layers import SiLU as SiLU
from .layers import Softmax as Softmax
from .layers import Softplus as Softplus
from .layers import Softsign as Softsign
from .layers import Tanh as Tanh
from .losses import BinaryCrossentropyLoss as BinaryCrossentropyLoss
from .losses import CategoricalCrossentropyLoss as CategoricalCrossentropyLoss
from .losses import DifferenceLoss as DifferenceLoss
from .losses import ElementwiseLoss as ElementwiseLoss
from .losses import HingeLoss as HingeLoss
from .losses import HuberLoss as HuberLoss
from .losses import KLDivergenceLoss as KLDivergenceLoss
from .losses import LogCoshLoss as LogCoshLoss
from .losses import Loss as Loss
from .losses import MAELoss as MAELoss
from .losses import MSELoss as MSELoss
from .losses import PoissonLoss as PoissonLoss
from .losses import QuantileLoss as QuantileLoss
from .losses import SparseCategoricalCrossentropyLoss as SparseCategoricalCrossentropyLoss
from .metrics import AUC as AUC
from .metrics import Accuracy as Accuracy
from .metrics import BinaryAccuracy as BinaryAccuracy
from .metrics import BinaryCrossentropy as BinaryCrossentropy
from .metrics import CategoricalAccuracy as CategoricalAccuracy
from .metrics import CategoricalCrossentropy as CategoricalCrossentropy
from .metrics import CountMetric as CountMetric
from .metrics import F1Score as F1Score
from .metrics import FalseNegatives as FalseNegatives
from .metrics import FalsePositives as FalsePositives
from .metrics import MeanAbsoluteError as MeanAbsoluteError
from .metrics import MeanMetric as MeanMetric
from .metrics import MeanMetricWrapper as MeanMetricWrapper
from .metrics import MeanSquaredError as MeanSquaredError
from .metrics import Metric as Metric
from .metrics import Precision as Precision
from .metrics import R2Score as R2Score
from .metrics import Recall as Recall
from .metrics import RootMeanSquaredError as RootMeanSquaredError
from .metrics import SparseCategoricalAccuracy as SparseCategoricalAccuracy
from .metrics import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from .metrics import SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy
from .metrics import SumMetric as SumMetric
from .metrics import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from .metrics import TrueNegatives as TrueNegatives
from .metrics import TruePositives as TruePositives
from .sequential import Sequential as Sequential
from .network.network import Network as Network
from .optimizers import SGD as SGD
from .optimizers import Adadelta as Adadelta
from .optimizers import Adagrad as Adagrad
from .optimizers import Adam as Adam
from .optimizers import Adamax as Adamax
from .optimizers import AdamW as AdamW
from .optimizers import Lion as Lion
from .optimizers import Nadam as Nadam
from .optimizers import Optimizer as Optimizer
from .optimizers import RMSprop as RMSprop
from .regularizers import L1 as L1
from .regularizers import L1L2 as L1L2
from .regularizers import L2 as L2
from .regularizers import Regularizer as Regularizer
from .schedules import CosineDecay as CosineDecay
from .schedules import ExponentialDecay as ExponentialDecay
from .schedules import InverseTimeDecay as InverseTimeDecay
from .schedules import LearningRateSchedule as LearningRateSchedule
from .schedules import PiecewiseConstantDecay as PiecewiseConstantDecay
from .schedules import PolynomialDecay as PolynomialDecay

if TYPE_CHECKING:
    from . import callbacks as callbacks
    from . import datasets as datasets
    from . import models as models
    from . import utils as utils
    from .callbacks import BackupAndRestore as BackupAndRestore
    from .callbacks import Callback as Callback
    from .callbacks import CSVLogger as CSVLogger
    from .callbacks import EarlyStopping as EarlyStopping
    from .callbacks import EpochLines as EpochLines
    from .callbacks import History as History
    from .callbacks import LambdaCallback as LambdaCallback
    from .callbacks import LearningRateScheduler as LearningRateScheduler
    from .callbacks import ModelCheckpoint as ModelCheckpoint
    from .callbacks import MonitorCallback as MonitorCallback
    from .callbacks import ProgressBar as ProgressBar
    from .callbacks import Recorder as Recorder
    from .callbacks import ReduceLROnPlateau as ReduceLROnPlateau
    from .callbacks import TerminateOnNaN as TerminateOnNaN
    from .checkpoint.model import load_model as load_model
    from .inspect.gradients import check_gradients as check_gradients
    from .inspect.layer_check import check_layer as check_layer

_LATE = {
    "callbacks": "callbacks BackupAndRestore CSVLogger Callback EarlyStopping EpochLines History LambdaCallback "
    "LearningRateScheduler ModelCheckpoint MonitorCallback ProgressBar Recorder ReduceLROnPlateau TerminateOnNaN",
    "checkpoint.model": "load_model",
    "datasets": "datasets",
    "inspect.gradients": "check_gradients",
    "inspect.layer_check": "check_layer",
    "models": "models",
    "utils": "utils",
}
__getattr__ = late_names(__name__, _LATE)

__version__ = "0.1.0"


def __dir__() -> list[str]:
    """Return all names, those that are not loaded yet, too."""
    loaded = {name for name in globals() if not name.startswith("_")} - {"TYPE_CHECKING", "late_names"}
    return sorted({*loaded, "__version__", *" ".join(_LATE.values()).split()})


__all__ = [name for name in __dir__() if not name.startswith("_")]
