"""Weights of PyTorch's modules, there and back; the numbers and predictions are PyTorch's own."""

from pathlib import Path

import numpy as np
import pytest
from builders import Tensor, bits

import minifw as mf
from minifw import ArgumentTypeError, ArgumentValueError, Dense, Flatten, Input, ModelFormatError, Sequential
from minifw.files.safetensors import Packed

RNG = np.random.default_rng(7)


def reference():
    """The state dict, samples and predictions of each network, samples channels last."""
    networks = {}
    with np.load(Path(__file__).parents[1] / "reference" / "torch_networks.npz") as kept:
        for name, array in kept.items():
            network, _, key = name.partition("/")
            networks.setdefault(network, {})[key] = array
    return {name: (arrays, arrays.pop("x"), arrays.pop("y")) for name, arrays in networks.items()}


REFERENCE = reference()


def cnn():
    norm = {"epsilon": 1e-5}
    behind = [mf.BatchNormalization(**norm), mf.Dropout(0.3), mf.PReLU(), mf.LayerNormalization(**norm), mf.Tanh()]
    return [
        *(Input((8, 11, 2)), mf.Conv2D(4, 3, padding="same", activation="relu"), mf.BatchNormalization(**norm)),
        *(mf.MaxPooling2D(2), mf.Conv2D(6, (2, 3), groups=2), mf.PReLU(shared_axes=(1, 2)), Flatten()),
        *(*behind, mf.RMSNormalization(epsilon=float(np.finfo(np.float32).eps))),
        *(Dense(5), mf.PReLU(shared_axes=1), Dense(5)),
    ]


def sequence():
    first = [mf.Conv1D(4, 3, dilation_rate=2), mf.GELU(), mf.AveragePooling1D(2)]
    return [Input((12, 3)), Sequential(first), mf.Chain([Flatten()]), Dense(4)]


def table():
    return [Input((5,)), mf.Embedding(7, 3), Flatten(), Dense(4, activation="sigmoid"), Dense(4)]


def norms():
    every = mf.LayerNormalization(axis=(1, 2, 3), epsilon=1e-5)
    return [Input((4, 4, 2)), mf.Conv2D(3, 2), every, mf.Conv2D(2, 1, use_bias=False)]


NETWORKS = {"cnn": cnn, "sequence": sequence, "table": table, "norms": norms}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_state_dict_as_it_is_makes_the_same_predictions_and_goes_back_bit_for_bit(name):
    state, x, y = REFERENCE[name]
    net = Sequential(NETWORKS[name](), seed=1)
    net.load_weights(state)
    assert np.allclose(net.predict(x, verbose=0), y, atol=2e-6 * np.abs(y).max())
    back = net.to_torch(state)
    assert list(back) == [key for key in state if "num_batches" not in key]
    for key, array in back.items():
        assert array.dtype == np.float32 and array.shape == state[key].shape and array.flags.c_contiguous
        assert array.tobytes() == state[key].tobytes()
