"""A size that NumPy counted, in the smallest type that holds it, is a size like any other: nothing overflows."""

import numpy as np
import pytest

from minifw import SGD, HuberLoss, Sequential, datasets
from minifw.layers import AveragePooling2D, Conv1D, Conv2D, Dense, Embedding, Flatten, Input, MaxPooling1D, PReLU, Reshape
from minifw.schedules import CosineDecay

TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]

LAYERS = {
    "Dense": (lambda size: [Dense(size(100))], (30, 40)),
    "Embedding": (lambda size: [Embedding(size(100), size(100)), Flatten()], (40,)),
    "Conv2D": (lambda size: [Conv2D(size(32), size(3), size(2), "same", groups=size(2))], (33, 20, 40)),
    "Conv2D, tuples": (lambda size: [Conv2D(size(100), (size(3), size(5)), dilation_rate=[size(2), size(3)])], (9, 16, 20)),
    "Conv1D": (lambda size: [Conv1D(size(100), size(100), padding="causal", dilation_rate=size(3))], (120, 12)),
    "pooling": (lambda size: [AveragePooling2D((size(12), size(20)), size(11), "same")], (30, 40, 10)),
    "MaxPooling1D": (lambda size: [MaxPooling1D(size(100), size(3))], (300, 10)),
    "Reshape": (lambda size: [Reshape((size(100), size(40)))], (4000,)),
    "PReLU": (lambda size: [PReLU(shared_axes=(size(1), size(2)))], (12, 40, 100)),
    "Input": (lambda size: [Input((size(100), size(100))), Flatten(), Dense(size(3))], (100, 100)),
    "Input, one number": (lambda size: [Input(size(100)), Dense(size(3))], (100,)),
    "input_dim": (lambda size: [Dense(size(100), input_dim=size(100))], (100,)),
}


def _results(layers, shape):
    net = Sequential(layers, seed=1)
    x = np.random.default_rng(0).normal(size=(3, *shape)) * (net.input_kind == "float")
    y = net.forward(x, training=True)
    message = net.backward(np.ones_like(y), to_input=True)
    return (
        net.config(),
        repr(net.layers[0].config()),
        y,
        net.predict(x),
        net.packed.grads,
        np.zeros(1) if message is None else message,
    )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("row", LAYERS)
def test_layers_take_every_integer_type(row, kind):
    layers, shape = LAYERS[row]
    found, wanted = _results(layers(kind), shape), _results(layers(int), shape)
    assert found[:2] == wanted[:2]
    assert all(np.array_equal(a, b) for a, b in zip(found[2:], wanted[2:], strict=True))


def _trained(**options):
    net = Sequential([Input((1,)), Dense(1)], seed=1)
    net.compile(SGD(0.01, **options), HuberLoss())
    net.fit(np.linspace(0, 1, 300)[:, np.newaxis], np.ones((300, 1)), batch_size=1, verbose=0)
    return net.packed.params.tolist()


OTHERS = {
    "gradient_accumulation_steps": lambda size: _trained(gradient_accumulation_steps=size(3)),
    "ema_overwrite_frequency": lambda size: _trained(use_ema=True, ema_overwrite_frequency=size(100)),
    "warmup": lambda size: [
        CosineDecay(0.1, size(100), 0.0, None, size(1), size(100))(step) for step in (0, 128, 256, 70_000)
    ],
    "delta": lambda size: HuberLoss(size(100))(np.full((2, 3), -300.0), np.full((2, 3), 1.0)),
    "spirals": lambda size: [str(a.dtype) + str(a.tolist()) for a in datasets.spirals(size(9), classes=size(3))],
    "moons": lambda size: [str(a.dtype) + str(a.tolist()) for a in datasets.moons(size(9))],
    "xor": lambda size: [str(a.dtype) + str(a.tolist()) for a in datasets.xor(size(9))],
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("row", OTHERS)
def test_whole_numbers_elsewhere_may_be_of_every_type_too(row, kind):
    assert OTHERS[row](kind) == OTHERS[row](int)
