"""Layer objects on NumPy that send the error gradient back.

A layer owns `forward`, `backward` and what it remembers between the two. A network hands the outputs forwards and the
error gradient, dLoss/d(output), backwards, from layer to layer and as a plain array. An optimizer takes the pairs
`(param, grad)` that this leaves behind and moves the parameters.

Four numbers to three, by hand:

    >>> import numpy as np
    >>> from minifw import SGD, Dense, Input, MSELoss, Sequential, Sigmoid
    >>> x, y = np.random.default_rng(1).random((8, 4)), np.full((8, 3), 0.2)
    >>> net = Sequential([Input((4,)), Dense(5), Sigmoid(), Dense(3)], seed=1)
    >>> loss, optimizer = MSELoss(), SGD(learning_rate=0.5)
    >>> for _ in range(100):
    ...     y_pred = net.forward(x, training=True)
    ...     value = loss.forward(y, y_pred)
    ...     error_grad = loss.backward()
    ...     _ = net.backward(error_grad)
    ...     optimizer.step(net.params_and_grads())
    >>> value < 0.01
    True

As in Keras, the same:

    >>> net.compile(optimizer=SGD(0.5), loss="mse")
    >>> history = net.fit(x, y, epochs=10, verbose=0)

And seen: every jump of the backward pass with the factor it collects, from the loss to the first weights.

    >>> for jump in net.jump_back(x[:1], y[:1], loss="mse"):
    ...     print(jump.over, "|", jump.factor_text)
    the loss line MSELoss | 2 (ŷ - y) / n
    the weights of dense_1 | kernelᵀ
    the activation line sigmoid | σ(z) (1 - σ(z))
    the weights of dense | kernelᵀ

Where to go on:

    help(minifw.Layer)        write a layer of your own: two methods, three with parameters
    help(minifw.Sequential)   build, train, use, save and look at a network
    minifw.layers, losses, optimizers, metrics, callbacks, schedules, initializers, regularizers, constraints
                              what there is, by Keras' names and with its arguments
    minifw.ops                activations and softmax as functions of arrays
    net.health(x, y), history.plot(), net.plot_boundary(x, y)
                              how a training goes; the pictures need pip install "minifw[plot]"
    python -m minifw          the backward pass as a game in the terminal
"""

import sys

from . import (
    activations, callbacks, constraints, datasets, initializers, layers, left_out, losses, metrics, models, ops,
    optimizers, regularizers, schedules, utils,
)
from .callbacks import (
    BackupAndRestore, CSVLogger, Callback, EarlyStopping, EpochLines, History, LambdaCallback, LearningRateScheduler,
    ModelCheckpoint, MonitorCallback, ProgressBar, Recorder, ReduceLROnPlateau, TerminateOnNaN,
)
from .constraints import Constraint, MaxNorm, NonNeg
from .errors import (
    ArgumentTypeError, ArgumentValueError, MinifwError, ModelFormatError, NonFiniteError, ShapeError, UsageError,
)
from .files.model import load_model
from .initializers import (
    Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Initializer, LecunNormal, LecunUniform, Ones, Orthogonal,
    RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
)
from .inspect.checks import check_gradients, check_layer
from .layers import (
    Activation, AveragePooling1D, AveragePooling2D, BatchNormalization, Branches, Chain, Conv1D, Conv2D, Dense, Dropout,
    ELU, Elementwise, Embedding, Flatten, GELU, GaussianNoise, GlobalAveragePooling1D, GlobalAveragePooling2D,
    GlobalMaxPooling1D, GlobalMaxPooling2D, Identity, Input, Lambda, Layer, LayerNormalization, LeakyReLU, LogSoftmax,
    MaxPooling1D, MaxPooling2D, Mish, Normalization, Normalizer, PReLU, Param, Permute, RMSNormalization, ReLU,
    RepeatVector, Rescaling, Reshape, Residual, SELU, SiLU, Sigmoid, Softmax, Softplus, Softsign, Tanh, UpSampling1D,
    UpSampling2D, ZeroPadding1D, ZeroPadding2D,
)
from .losses import (
    BinaryCrossentropyLoss, CategoricalCrossentropyLoss, CosineSimilarityLoss, DifferenceLoss, ElementwiseLoss,
    HingeLoss, HuberLoss, KLDivergenceLoss, LambdaLoss, LogCoshLoss, Loss, MAELoss, MAPELoss, MSELoss, MSLELoss,
    PoissonLoss, QuantileLoss, SparseCategoricalCrossentropyLoss, SquaredHingeLoss,
)
from .metrics import (
    AUC, Accuracy, BinaryAccuracy, BinaryCrossentropy, CategoricalAccuracy, CategoricalCrossentropy, CosineSimilarity,
    CountMetric, F1Score, FalseNegatives, FalsePositives, Mean, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanMetric, MeanMetricWrapper, MeanSquaredError, MeanSquaredLogarithmicError, Metric, Precision, R2Score, Recall,
    RootMeanSquaredError, SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseTopKCategoricalAccuracy,
    SquaredHinge, SumMetric, TopKCategoricalAccuracy, TrueNegatives, TruePositives,
)
from .network.network import Network
from .optimizers import Adadelta, Adagrad, Adam, AdamW, Adamax, Lion, Nadam, Optimizer, RMSprop, SGD
from .regularizers import L1, L1L2, L2, Regularizer
from .schedules import (
    CosineDecay, ExponentialDecay, InverseTimeDecay, LearningRateSchedule, PiecewiseConstantDecay, PolynomialDecay,
)
from .sequential import Sequential

__all__ = [
    "AUC", "ELU", "GELU", "L1", "L1L2", "L2", "SELU", "SGD", "Accuracy", "Activation", "Adadelta", "Adagrad", "Adam",
    "AdamW", "Adamax", "ArgumentTypeError", "ArgumentValueError", "AveragePooling1D", "AveragePooling2D",
    "BackupAndRestore", "BatchNormalization", "BinaryAccuracy", "BinaryCrossentropy", "BinaryCrossentropyLoss", "Branches",
    "CSVLogger", "Callback", "CategoricalAccuracy", "CategoricalCrossentropy", "CategoricalCrossentropyLoss", "Chain",
    "Constant", "Constraint", "Conv1D", "Conv2D", "CosineDecay", "CosineSimilarity", "CosineSimilarityLoss", "CountMetric",
    "Dense", "DifferenceLoss", "Dropout", "EarlyStopping", "Elementwise", "ElementwiseLoss", "Embedding", "EpochLines",
    "ExponentialDecay", "F1Score", "FalseNegatives", "FalsePositives", "Flatten", "GaussianNoise",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlorotNormal",
    "GlorotUniform", "HeNormal", "HeUniform", "HingeLoss", "History", "HuberLoss", "Identity", "Initializer", "Input",
    "InverseTimeDecay", "KLDivergenceLoss", "Lambda", "LambdaCallback", "LambdaLoss", "Layer", "LayerNormalization",
    "LeakyReLU", "LearningRateSchedule", "LearningRateScheduler", "LecunNormal", "LecunUniform", "Lion", "LogCoshLoss",
    "LogSoftmax", "Loss", "MAELoss", "MAPELoss", "MSELoss", "MSLELoss", "MaxNorm", "MaxPooling1D", "MaxPooling2D", "Mean",
    "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanMetric", "MeanMetricWrapper", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Metric", "MinifwError", "Mish", "ModelCheckpoint", "ModelFormatError",
    "MonitorCallback", "Nadam", "Network", "NonFiniteError", "NonNeg", "Normalization", "Normalizer", "Ones", "Optimizer",
    "Orthogonal", "PReLU", "Param", "Permute", "PiecewiseConstantDecay", "PoissonLoss", "PolynomialDecay", "Precision",
    "ProgressBar", "QuantileLoss", "R2Score", "RMSNormalization", "RMSprop", "RandomNormal", "RandomUniform", "ReLU",
    "Recall", "Recorder", "ReduceLROnPlateau", "Regularizer", "RepeatVector", "Rescaling", "Reshape", "Residual",
    "RootMeanSquaredError", "Sequential", "ShapeError", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign",
    "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseCategoricalCrossentropyLoss",
    "SparseTopKCategoricalAccuracy", "SquaredHinge", "SquaredHingeLoss", "SumMetric", "Tanh", "TerminateOnNaN",
    "TopKCategoricalAccuracy", "TrueNegatives", "TruePositives", "TruncatedNormal", "UpSampling1D", "UpSampling2D",
    "UsageError", "VarianceScaling", "ZeroPadding1D", "ZeroPadding2D", "Zeros", "activations", "callbacks",
    "check_gradients", "check_layer", "constraints", "datasets", "initializers", "layers", "load_model", "losses",
    "metrics", "models", "ops", "optimizers", "regularizers", "schedules", "utils",
]

__version__ = "0.1.0"


left_out.answer_in(sys.modules[__name__])


def __dir__() -> list[str]:
    """Return what the package offers; how it is built inside is not among it."""
    return [*__all__, "__doc__", "__version__"]
