"""Convolution, pooling and embedding: the values of others, the memory they take, and what they refuse."""

import importlib.util
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import minifw
from minifw import Sequential, check_gradients
from minifw.engine import convolve, windows
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE = dict(np.load(FOLDER / "convolution.npz"))
SCRIPT = importlib.util.spec_from_file_location("make_convolution", FOLDER / "make_convolution.py")
MAKE = importlib.util.module_from_spec(SCRIPT)
SCRIPT.loader.exec_module(MAKE)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-5)])
@pytest.mark.parametrize("case", MAKE.CASES)
def test_values_and_gradients_are_those_of_keras_and_pytorch(case, dtype, tolerance):
    name, options, _ = MAKE.CASES[case]
    found = {key.split("/")[1]: value for key, value in REFERENCE.items() if key.startswith(f"{case}/")}
    layer = getattr(minifw, name)(**options)
    net = Sequential([layer], dtype=np.dtype(dtype).name)
    net.build(found["x"].shape[1:])
    net.set_weights([found[f"weight_{i}"] for i in range(len(layer.get_weights()))])
    y = net.forward(found["x"], training=True)
    message = net.backward(found["g"].astype(dtype), to_input=True)
    assert np.allclose(y, found["y"], rtol=tolerance, atol=tolerance)
    assert ("message" in found) == (message is not None)
    if message is not None:
        assert np.allclose(message, found["message"], rtol=tolerance, atol=tolerance)
    for i, grad in enumerate(vars(layer.grads).values()):
        assert np.allclose(grad, found[f"weight_{i}_grad"], rtol=tolerance, atol=10 * tolerance)


@pytest.mark.parametrize("options", [{}, {"strides": 2}, {"groups": 2}, {"groups": 2, "strides": 2}, {"groups": 4}])
def test_blocks_of_any_size_give_the_same(options, monkeypatch):
    x = RNG.normal(size=(3, 9, 8, 4))
    layer = minifw.Conv2D(4, 3, padding="same", **options)
    layer(x)
    y = np.array(layer.forward(x, True))
    message, grad = np.array(layer.backward(y)), np.array(layer.grads.kernel)
    for limit in (1, 300, 1000):
        monkeypatch.setattr(convolve, "COLUMNS", limit)
        assert np.allclose(layer.forward(x, True), y, rtol=1e-13)
        assert np.allclose(layer.backward(y), message, rtol=1e-12, atol=1e-12)
        assert np.allclose(layer.grads.kernel, grad, rtol=1e-12, atol=1e-12)


def test_every_window_is_in_one_block():
    axes = windows.axis(9, 3, 2, "same"), windows.axis(8, 3, 1, "valid")
    for limit in (1, 50, 100, 500, 10_000):
        seen = np.zeros((4, axes[0].out), int)
        for samples, rows in windows.blocks(4, axes, 9, limit):
            seen[samples, rows] += 1
        assert (seen == 1).all()


def test_working_memory_does_not_grow_with_the_batch():
    def extra(n):
        x = RNG.normal(size=(n, 32, 32, 8)).astype(np.float32)
        layer = minifw.Conv2D(8, 5, padding="same")
        layer(x[:1])
        layer.backward(layer.forward(x, True))  # its arrays exist now
        tracemalloc.start()
        layer.backward(layer.forward(x, True))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert extra(64) < 1.5 * extra(8) < 8e6


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (lambda: minifw.Conv2D(2, 5), (4, 9, 1), r"Conv2D: a window of \(5, 5\) does not fit into samples of \(4, 9, 1\)"),
        (
            lambda: minifw.Conv2D(2, (2, 3), dilation_rate=4),
            (6, 6, 1),
            r"a window of \(5, 9\) does not fit into samples of \(6, 6, 1\)",
        ),
        (
            lambda: minifw.Conv1D(2, 5),
            (4, 1),
            r'Conv1D: a window of \(5,\) .* of \(4, 1\); make it smaller, or use padding="same"',
        ),
        (
            lambda: minifw.MaxPooling2D(3),
            (2, 5, 1),
            r"MaxPooling2D: a window of \(3, 3\) does not fit into samples of \(2, 5, 1\)",
        ),
        (
            lambda: minifw.Conv2D(2, 3),
            (28, 28),
            r"wants samples of shape \(height, width, channels\), got \(28, 28\); put Reshape",
        ),
        (lambda: minifw.MaxPooling1D(2), (9,), r"MaxPooling1D: wants samples of shape \(steps, channels\), got \(9,\)"),
        (lambda: minifw.GlobalAveragePooling1D(), (9,), r"wants samples of shape \(steps, channels\), got \(9,\)"),
    ],
)
def test_samples_that_do_not_fit_are_refused_with_both_shapes(layer, shape, text):
    with pytest.raises(ShapeError, match=text):
        Sequential([layer()]).build(shape)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: minifw.Conv2D(0, 3), ArgumentValueError, r"filters must be in \[1, inf\), got 0"),
        (lambda: minifw.Conv2D(4, 2.5), ArgumentTypeError, r"kernel_size must be an integer in \[1, inf\), got 2\.5"),
        (
            lambda: minifw.Conv2D(4, (3, 3, 3)),
            ArgumentValueError,
            r"kernel_size must be an integer or 2 of them, got \(3, 3, 3\)",
        ),
        (lambda: minifw.Conv2D(4, 3, strides=0), ArgumentValueError, r"strides must be in \[1, inf\), got 0"),
        (
            lambda: minifw.Conv2D(4, 3, padding="causal"),
            ArgumentValueError,
            r"one of 'valid', 'same', got 'causal'",
        ),
        (
            lambda: minifw.Conv2D(4, 3, data_format="channels_first"),
            ArgumentValueError,
            r"one of None, 'channels_last'",
        ),
        (
            lambda: minifw.Conv2D(4, 3, strides=2, dilation_rate=2),
            ArgumentValueError,
            r"cannot both be above 1, got 2 and 2",
        ),
        (
            lambda: minifw.Conv2D(4, 3, groups=3),
            ArgumentValueError,
            r"multiple of groups, got filters=4 and groups=3",
        ),
        (lambda: minifw.Conv2D(4, 3, activation="sigmod"), ArgumentValueError, r"did you mean 'Sigmoid'"),
        (lambda: minifw.Embedding(0, 3), ArgumentValueError, r"input_dim must be in \[1, inf\), got 0"),
        (
            lambda: minifw.Embedding(5, 3, mask_zero=True),
            ArgumentTypeError,
            r"'mask_zero' is an argument of Keras",
        ),
        (
            lambda: minifw.MaxPooling2D(padding="full"),
            ArgumentValueError,
            r"padding must be one of 'valid', 'same', got 'full'",
        ),
    ],
)
def test_bad_arguments_are_refused_when_the_layer_is_made(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_channels_must_be_a_multiple_of_groups():
    with pytest.raises(ArgumentValueError, match=r"must be a multiple of groups=2, got 3 in samples of \(5, 5, 3\)"):
        Sequential([minifw.Conv2D(4, 2, groups=2)]).build((5, 5, 3))


def test_ties_send_the_message_to_the_first():
    layer = minifw.MaxPooling2D(2)
    layer(np.zeros((1, 2, 2, 1)))
    layer.forward(np.zeros((1, 2, 2, 1)), True)
    assert layer.backward(np.ones((1, 1, 1, 1))).ravel().tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("size", "places"),
    [
        *((size, 4) for size in (255, 256, 257)),
        *((size, 1) for size in (65_536, 65_537)),
        *(pytest.param(size, 4, marks=pytest.mark.campaign) for size in (40_000, 65_536, 65_537)),
    ],
)
def test_the_largest_of_a_long_window_is_found_wherever_it_lies(size, places):
    for at in (size - 1, 0, 1, size // 2)[:places]:
        x = np.zeros((1, size, 1))
        x[0, at] = 1.0
        layer = minifw.MaxPooling1D(size)
        assert layer(x).ravel().tolist() == [1.0]
        assert np.array_equal(layer.backward(np.ones((1, 1, 1))), x)


def test_padding_never_wins_and_does_not_count():
    x = np.full((1, 3, 3, 1), -5.0)
    assert (minifw.MaxPooling2D(2, padding="same")(x) == -5).all()
    assert (minifw.AveragePooling2D(2, padding="same")(x) == -5).all()


@pytest.mark.parametrize("bad", [[[0, 7]], [[-1, 2]]])
def test_numbers_outside_the_table_are_refused(bad):
    net = Sequential([minifw.Embedding(7, 3), minifw.Flatten(), minifw.Dense(1)], seed=1)
    net.compile("sgd", "mse")
    net.build((2,))
    before = net.packed.params.copy()
    with pytest.raises(ArgumentValueError, match=r"Embedding: the numbers must be 0 to 6 for input_dim=7, got"):
        net.train_on_batch(bad, [[0.0]])
    assert np.array_equal(before, net.packed.params)
    with pytest.raises(ArgumentValueError, match="whole numbers"):
        net.predict([[0.5, 1]], verbose=0)


@pytest.mark.parametrize("front", [minifw.Flatten, minifw.Softmax, lambda: minifw.Chain([minifw.Flatten()])])
@pytest.mark.parametrize("verb", ["fit", "predict", "check_gradients"])
def test_an_embedding_behind_another_layer_says_where_it_belongs(front, verb):
    net = Sequential([front(), minifw.Embedding(7, 3), minifw.Flatten(), minifw.Dense(1)], seed=1)
    net.compile("sgd", "mse")
    with pytest.raises(UsageError, match=r"Embedding: it takes whole numbers.* sends float\d\d; put it first") as caught:
        getattr(net, verb)(np.zeros((1, 2)), *([[0.0]] if verb != "predict" else []))
    assert any("layer 1, embedding (Embedding), forward" in note for note in caught.value.__notes__)


def test_rows_looked_up_twice_get_both_gradients_and_others_none():
    layer = minifw.Embedding(5, 2)
    layer(np.array([[1, 3, 1]]))
    layer.forward(np.array([[1, 3, 1]]), True)
    assert layer.backward(np.ones((1, 3, 2))) is None
    assert layer.grads.embeddings[:, 0].tolist() == [0, 2, 0, 1, 0]


@pytest.mark.parametrize(
    "behind", [lambda: minifw.Flatten(), lambda: minifw.GlobalAveragePooling1D(), lambda: minifw.Conv1D(3, 2)]
)
def test_an_embedding_starts_a_network(behind):
    net = Sequential(
        [minifw.Chain([minifw.Embedding(6, 4)]), behind(), minifw.Flatten(), minifw.Dense(2)], dtype="float64", seed=1
    )
    net.compile("adam", "mse")
    x, y = RNG.integers(0, 6, (8, 5)), RNG.normal(size=(8, 2))
    net.fit(x, y, epochs=2, verbose=0)
    assert check_gradients(net, x, y).passed
    assert np.array_equal(net.predict(x.astype(np.int32), verbose=0), net.predict(x.astype(np.float64), verbose=0))
