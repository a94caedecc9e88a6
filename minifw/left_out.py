"""Names of Keras that are left out on purpose, and what to use instead; for any other name the nearest that is there."""

from __future__ import annotations

import sys
from functools import partial
from opcode import opmap
from types import ModuleType
from typing import NoReturn

import numpy as np

from .errors import nearest

_SEQUENCES = "for sequences there are Conv1D, and Embedding with GlobalAveragePooling1D or Flatten"
_OWN = "write your own: a subclass of Loss, MeanMetric, Elementwise, Constraint or Regularizer is two short methods"

LEFT_OUT = {
    "LSTM GRU SimpleRNN RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells Bidirectional ConvLSTM1D ConvLSTM2D": _SEQUENCES,
    "Attention AdditiveAttention MultiHeadAttention GroupQueryAttention": _SEQUENCES,
    "TimeDistributed EinsumDense": "Dense works on the last axis of samples of any rank, and so do the activations",
    "Model Functional Concatenate concatenate Add add Subtract Multiply multiply Average Maximum Dot KerasTensor":
        "networks are lists: Sequential, Chain, Residual, which adds, and Branches, which puts side by side",
    "InputLayer InputSpec": "Input((4,)) stands first in Sequential",
    "Masking preprocessing": "utils.pad_sequences pads, and layers.Normalization and Rescaling bring inputs to scale",
    "Conv2DTranspose Conv1DTranspose": "UpSampling2D and then Conv2D(..., padding='same') enlarge too",
    "SeparableConv2D SeparableConv1D DepthwiseConv2D DepthwiseConv1D":
        "Conv2D(channels, 3, groups=channels), and Conv2D(filters, 1) behind it",
    "Conv3D MaxPooling3D AveragePooling3D Cropping1D Cropping2D": "write a Layer, or a Lambda of two functions",
    "AlphaDropout GaussianDropout ActivityRegularization": "use Dropout or GaussianNoise",
    "SpatialDropout1D SpatialDropout2D": "Dropout(rate, noise_shape=(None, 1, channels)) drops whole channels",
    "GroupNormalization UnitNormalization SpectralNormalization": "use BatchNormalization or LayerNormalization",
    "TextVectorization StringLookup IntegerLookup Hashing Tokenizer CategoryEncoding Discretization":
        "number them with np.unique(words, return_inverse=True), np.digitize or utils.to_categorical",
    "RandomFlip RandomRotation RandomZoom RandomCrop RandomTranslation Resizing CenterCrop ImageDataGenerator PyDataset "
    "image_dataset_from_directory": "change images with NumPy; fit takes arrays and generators of (x, y)",
    "TensorBoard RemoteMonitor": "CSVLogger writes a file, history.plot() draws curves, Recorder films the backward pass",
    "SwapEMAWeights": "every optimizer has use_ema=True",
    "GradientTape": "layers go backward themselves: net.backward(loss.backward()); optimizer.step(net.params_and_grads())",
    "set_random_seed": "nothing is global: give the seed to the network, Sequential([...], seed=42)",
    "keras": "its modules are here themselves: from minifw import layers, losses, optimizers",
    "backend K floatx set_floatx mixed_precision": "the dtype is the network's: Sequential(..., dtype='float64')",
    "random Variable Tensor": "arrays are NumPy's, and np.random.default_rng(seed) draws",
    "applications": "there are no networks that others have trained",
    "mnist fashion_mnist cifar10 cifar100 imdb reuters california_housing boston_housing get_file":
        "nothing is fetched over the network: load the data yourself; scikit-learn has the digits",
    "Ftrl Adafactor Lamb Muon LossScaleOptimizer": "use Adam, AdamW, Adagrad or Lion",
    "CosineDecayRestarts": "a rate may be any function of the step: SGD(lambda step: ...)",
    "Dice Tversky BinaryFocalCrossentropy CategoricalFocalCrossentropy CTC MeanIoU IoU BinaryIoU FBetaScore LogCoshError "
    "SensitivityAtSpecificity UnitNorm MinMaxNorm OrthogonalRegularizer hard_sigmoid relu6 exponential celu": _OWN,
    "register_keras_serializable custom_object_scope get_custom_objects CustomObjectScope":
        "classes are found by their names, and functions by load_model(path, custom_objects={...})",
    "save_model model_from_json serialize deserialize": "model.save(path), load_model(path), x.config(), from_config",
    "plot_model model_to_dot": "model.summary(), or model.jump_back(x, y).save_html(path)",
}
"""Names, parted by spaces, and what to use instead."""


def explain(module: ModuleType, name: str) -> NoReturn:
    """Raise for a name that a module does not have.

    To `from module import name` Python answers with a text of its own if the module raises an `AttributeError`, which
    `hasattr` needs; so an import statement is told by what the caller is about to do.
    """
    reason = next((reason for names, reason in LEFT_OUT.items() if name in names.split()), "")
    if module.__name__.endswith(".ops") and hasattr(np, name):
        reason = f"arrays are NumPy's: np.{name}"
    hint = f": left out on purpose; {reason}" if reason else nearest(name, vars(module).get("__all__", vars(module)))
    text = f"{module.__name__} has no {name!r}{hint}"
    frame = sys._getframe(1)
    if frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]:
        raise ImportError(text, name=name, path=module.__file__)
    raise AttributeError(text)


def answer_in(package: ModuleType) -> None:
    """Let a package, and the modules that it offers, explain the names that they do not have."""
    for module in (package, *(vars(package)[name] for name in package.__all__)):
        if isinstance(module, ModuleType):
            vars(module)["__getattr__"] = partial(explain, module)
