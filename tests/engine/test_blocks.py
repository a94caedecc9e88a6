"""Large batches go through in blocks: no entry of new memory is read before it was written, and no block is too long."""

import copy

import numpy as np
import pytest

from minifw import ArgumentTypeError, Conv2D, Embedding, LambdaLoss
from minifw.config import registered
from minifw.engine.buffers import blocks
from minifw.engine.tuning import BLOCK
from minifw.layers import Elementwise

SHAPES = [(999, 257), (200, 1000), (1000, 1000), (3, 50_000), (70_000, 3)]
LAYERS = [cls for cls in registered("activation") if issubclass(cls, Elementwise) or "Softmax" in cls.__name__]
NORMALIZATIONS = [cls for cls in registered("layer") if cls.__name__ in ("BatchNormalization", "LayerNormalization")]


@pytest.fixture
def poisoned(monkeypatch):
    """What NumPy allocates without a value is NaN, and a whole number is the smallest one."""

    def poisoning(allocate):
        def poisoned(*args, **kwargs):
            array = allocate(*args, **kwargs)
            array.reshape(-1).view(np.uint8)[...] = 0xFF
            return array

        return poisoned

    def start():
        for name in ("empty", "empty_like"):
            monkeypatch.setattr(np, name, poisoning(getattr(np, name)))

    return start


def losses():
    for cls in registered("loss"):
        if cls is LambdaLoss:  # it is the caller's functions
            continue
        yield cls()
        try:
            yield cls(from_logits=True)
        except ArgumentTypeError:
            continue


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", list(losses()), ids=repr)
def test_a_loss_of_a_large_batch_reads_no_memory_before_it_wrote_there(loss, dtype, shape, poisoned):
    rng = np.random.default_rng(0)
    y, p = rng.random((2, *shape)).astype(dtype)
    target = rng.integers(0, shape[1], shape[0]) if loss.target_kind == "index" else y
    exact, twin = loss.forward(target, p), copy.deepcopy(loss)
    slopes = loss.backward()
    poisoned()
    assert twin.forward(target, p) == exact and np.array_equal(twin.backward(), slopes)
    rows = slice(shape[0] // 2, shape[0] // 2 + 7)
    few = copy.deepcopy(loss)
    vars(few)["reduction"] = "sum"
    few.forward(target[rows], p[rows])
    assert np.allclose(few.backward(), slopes[rows] * shape[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cls", [*LAYERS, *NORMALIZATIONS])
def test_a_layer_of_a_large_batch_reads_no_memory_before_it_wrote_there(cls, shape, poisoned):
    x, g = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    layer = cls()
    layer(x[:2])
    twin = copy.deepcopy(layer)
    y = layer.forward(x, True).copy()
    message = layer.backward(g).copy()
    poisoned()
    assert np.array_equal(twin.forward(x, True), y) and np.array_equal(twin.backward(g), message)
    assert np.isfinite(twin.forward(x)).all()


@pytest.mark.parametrize("options", [{}, {"strides": 2}, {"groups": 16}, {"groups": 2, "padding": "same"}])
def test_a_convolution_of_a_large_batch_reads_no_memory_before_it_wrote_there(options, poisoned):
    x = np.random.default_rng(0).normal(size=(40, 19, 18, 16)).astype(np.float32)
    layer = Conv2D(16, 3, **options)
    g = np.ones_like(layer(x))
    twin = copy.deepcopy(layer)
    y, message = layer.forward(x, True).copy(), layer.backward(g).copy()
    poisoned()
    assert np.array_equal(twin.forward(x, True), y) and np.array_equal(twin.backward(g), message)
    assert np.array_equal(twin.grads.kernel, layer.grads.kernel) and np.array_equal(twin.grads.bias, layer.grads.bias)


def test_a_large_table_reads_no_memory_before_it_wrote_there(poisoned):
    ids = np.random.default_rng(0).integers(0, 50, (300, 7))
    layer = Embedding(60, 5)
    g = np.random.default_rng(1).normal(size=layer(ids).shape).astype(np.float32)
    poisoned()
    layer.forward(ids, True)
    layer.backward(g)
    wanted = np.zeros((60, 5))
    np.add.at(wanted, ids, g.astype(np.float64))
    assert np.allclose(layer.grads.embeddings, wanted, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 1), (5, 100_000), (999, 77), (0, 4), (4, 0)])
def test_blocks_hold_every_row_once_and_are_within_the_limit_and_about_as_long(shape, dtype):
    x = np.broadcast_to(dtype(0), shape)
    found = blocks(x)
    assert [i for part in found for i in range(part.start, part.stop)] == list(range(shape[0]))
    sizes = [part.stop - part.start for part in found]
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert all(size * shape[1] * x.itemsize <= BLOCK or size == 1 for size in sizes)
