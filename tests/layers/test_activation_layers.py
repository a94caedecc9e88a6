"""Activations as layers: the same as in Keras and PyTorch, by name, by class and inside others."""

import copy
from pathlib import Path

import numpy as np
import opened
import pytest

import minifw as mf
from minifw import Constant, Sequential, layers
from minifw.config import registered, resolve
from minifw.engine.tuning import MANY
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError

OTHERS = dict(np.load(Path(__file__).parents[1] / "reference" / "activations.npz"))
LAYERS = {
    "ReLU, all options": lambda: mf.ReLU(1.5, 0.3, threshold=0.4),
    "LeakyReLU": mf.LeakyReLU,
    "ELU, alpha": lambda: mf.ELU(0.7),
    "GELU, approximate": lambda: mf.GELU(approximate=True),
    "Softmax, two axes": lambda: mf.Softmax((1, 3)),
    "LogSoftmax, axis 1": lambda: mf.LogSoftmax(1),
    "PReLU": lambda: mf.PReLU(Constant(0.2)),
    "PReLU, shared axes": lambda: mf.PReLU(Constant(-0.4), shared_axes=[1, 3]),
}
KEYS = sorted({key.rpartition(": ")[0] for key in OTHERS if ": " in key})


@pytest.mark.parametrize("key", KEYS)
def test_values_and_gradients_agree_with_keras_and_pytorch(key):
    name = key.partition(": ")[2]
    for dtype, near in ((np.float64, 1e-12), (np.float32, 1e-5)):
        layer = LAYERS[name]() if name in LAYERS else mf.Activation(name)
        found = {"y": layer(OTHERS["x"].astype(dtype)), "message": layer.backward(OTHERS["error_grad"].astype(dtype))}
        found |= vars(layer.grads)
        for part, array in found.items():
            assert array.dtype == dtype
            assert np.allclose(array, OTHERS[f"{key}: {part}"], rtol=near, atol=near), part


def test_all_of_them_were_compared():
    strings = {name for name in KEYS if name.partition(": ")[2] not in LAYERS}
    classes = {type(mf.Activation(name.partition(": ")[2]).inner) for name in strings} | {type(LAYERS[k]()) for k in LAYERS}
    assert classes - {type(None)} == set(registered("activation")) - {mf.Activation}


@pytest.mark.parametrize("rows", [3, 2 * MANY // 50, 16 * MANY // 50])
@pytest.mark.parametrize("cls", [c for c in registered("activation") if issubclass(c, mf.Elementwise)])
def test_elementwise_layers_multiply_by_the_slope_bit_for_bit_in_both_modes_and_any_number_of_rows(cls, rows):
    rng = np.random.default_rng(0)
    x, error_grad = rng.normal(size=(rows, 50)), rng.normal(size=(rows, 50))
    layer = cls()
    values, messages = [], []
    for training in (False, True, True):
        values.append(layer(x, training).copy())
        slope = layer.backward(np.ones_like(x)).copy()
        messages.append(layer.backward(error_grad).copy())
        assert np.array_equal(messages[-1], error_grad * slope)
    parts = [copy.deepcopy(layer)(x[i : i + 1]) for i in range(2)]
    assert np.array_equal(np.concatenate(parts), values[0][:2])
    assert all(np.array_equal(v, values[0]) for v in values) and all(np.array_equal(m, messages[0]) for m in messages)


@pytest.mark.parametrize("rows", [1, 5000])
@pytest.mark.parametrize(
    ("layer", "slope"),
    [
        (mf.ReLU(), 0),
        (mf.ReLU(negative_slope=0.2), 0.2),
        (mf.LeakyReLU(0.1), 0.1),
        (mf.LeakyReLU(0), 0),
        (mf.LeakyReLU(-0.5), -0.5),
        (mf.LeakyReLU(2), 2),
    ],
)
def test_the_slope_at_0_and_minus_0_is_that_of_the_negative_side(layer, slope, rows):
    layer(np.tile([0.0, -0.0, -1.0, 1.0, 5e-324, -5e-324], (rows, 1)))
    assert np.array_equal(layer.backward(np.ones((rows, 6)))[-1], [slope, slope, slope, 1, 1, slope])


@pytest.mark.parametrize("layer", [mf.Sigmoid(), mf.Tanh()])
def test_saturated_activations_have_no_slope_and_no_nan(layer):
    for dtype, least in ((np.float32, 1e-38), (np.float64, 1e-307)):
        layer = copy.deepcopy(layer)
        slopes = layer(np.array([[-np.inf, -1e4, 1e4, np.inf]], dtype)) * 0 + layer.backward(np.ones((1, 4), dtype))
        assert slopes.dtype == dtype and (np.abs(slopes) <= least).all()


def test_slopes_err_by_at_most_4_eps_of_the_terms_of_their_formula():
    x = np.linspace(-30, 30, 601)[np.newaxis]
    for layer, wanted in ((mf.Sigmoid(), 1 / (4 * np.cosh(x / 2) ** 2)), (mf.Tanh(), 1 / np.cosh(x) ** 2)):
        y = layer(x)
        terms = y + y * y if isinstance(layer, mf.Sigmoid) else 1 + y * y
        assert (np.abs(layer.backward(np.ones_like(x)) - wanted) <= 4 * np.finfo(float).eps * terms).all()


@pytest.mark.parametrize("layer", [mf.Softmax(), mf.LogSoftmax(), mf.Softmax(1), mf.LogSoftmax((1, 2))])
def test_a_large_softmax_goes_through_in_blocks(layer):
    x = np.random.default_rng(0).normal(size=(700, 20, 20))
    y = layer(x, training=True).copy()
    message = layer.backward(x).copy()
    few = copy.deepcopy(layer)
    assert np.array_equal(few(x[:5], training=True), y[:5]) and np.array_equal(few.backward(x[:5]), message[:5])
    assert np.array_equal(layer(x), y) and np.array_equal(layer.backward(x), message)


STRINGS = {
    "relu": mf.ReLU,
    "leaky_relu": mf.LeakyReLU,
    "elu": mf.ELU,
    "selu": mf.SELU,
    "gelu": mf.GELU,
    "silu": mf.SiLU,
    "swish": mf.SiLU,
    "mish": mf.Mish,
    "softplus": mf.Softplus,
    "softsign": mf.Softsign,
    "sigmoid": mf.Sigmoid,
    "tanh": mf.Tanh,
    "softmax": mf.Softmax,
    "log_softmax": mf.LogSoftmax,
    "linear": mf.Activation,
}


@pytest.mark.parametrize("name", STRINGS)
def test_every_string_of_keras_works_in_dense_and_in_activation(name):
    assert type(resolve("activation", name)) is STRINGS[name]
    x = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    net = Sequential([mf.Input((5,)), mf.Dense(3, activation=name), mf.Activation(name)], seed=1)
    again = Sequential.from_config(net.config())
    again.set_weights(net.get_weights())
    net.compile("sgd", "mse")
    assert np.array_equal(net.predict(x), again(x)) and np.isfinite(net.train_on_batch(x, x[:, :3]))


def test_an_activation_takes_a_name_a_layer_or_nothing():
    x = np.array([[-1.0, 2.0]])
    assert np.array_equal(mf.Activation(None)(x), x) and np.array_equal(mf.Activation("linear").backward(x), x)
    assert np.array_equal(mf.Activation(mf.LeakyReLU(0.1))(x), [[-0.1, 2.0]])
    assert (
        repr(mf.Activation("relu")) == "Activation('relu')"
        and mf.Activation(mf.ReLU(6.0)).config()["activation"]["class"] == "ReLU"
    )

    class Double(layers.Layer):
        def forward(self, x, training=False):
            return 2 * x

        def backward(self, error_grad):
            return 2 * error_grad

    net = Sequential([mf.Activation(Double()), mf.Activation("tanh"), mf.Activation("tanh")], dtype="float64")
    assert np.array_equal(net.forward(x), np.tanh(np.tanh(2 * x)))
    assert [layer.name for layer in net.layers] == ["activation", "activation_1", "activation_2"]
    kinds = [type(layer).__name__ for layer, _ in opened.messages(net, x)]
    assert kinds == ["Tanh", "Tanh", "Double"] == [type(layer).__name__ for layer, _ in opened.outputs(net, x)][::-1]


def test_prelu_shapes_its_alpha_like_a_sample_with_1_on_shared_axes():
    for axes, shape in ((None, (3, 4, 2)), (1, (1, 4, 2)), ((1, 2), (1, 1, 2)), ([-1], (3, 4, 1))):
        layer = mf.PReLU("ones", shared_axes=axes)
        layer(np.ones((5, 3, 4, 2)))
        assert layer.get_weights()[0].shape == shape
    net = Sequential([mf.Input((4,)), mf.PReLU(alpha_regularizer="l2", alpha_constraint="non_neg")], seed=1)
    net.compile("sgd", "mse")
    net.train_on_batch(-np.ones((2, 4)), np.ones((2, 4)))
    assert np.array_equal(net.get_weights()[0], np.zeros(4))


def test_prelu_at_the_infinities_is_a_rectifier_while_alpha_is_0():
    layer = mf.PReLU()
    assert np.array_equal(layer(np.array([[-np.inf, np.inf, -1.0]])), [[0, np.inf, 0]])
    assert np.array_equal(layer.backward(np.ones((1, 3))), [[0, 1, 0]])


def test_steep_lines_of_the_largest_numbers_are_silent():
    x = np.array([[3e38, -3e38]], np.float32)
    for layer in (mf.ReLU(negative_slope=3.0), mf.ReLU(negative_slope=3.0, threshold=1e38), mf.PReLU(Constant(3.0))):
        for training in (False, True):
            assert np.array_equal(layer(x, training), [[np.float32(3e38), -np.inf]])


def test_an_elementwise_layer_without_its_slope_says_what_to_write():
    class Half(mf.Elementwise, registered=False):
        pass

    with pytest.raises(NotImplementedError, match=r"Half must write f\("):
        Half()(np.ones((1, 2)))


BAD = {
    "alpha": (mf.ELU, [0, -1.0, np.nan, np.inf, "1", None, True]),
    "approximate": (mf.GELU, [1, None, "tanh"]),
    "threshold": (lambda v: mf.ReLU(threshold=v), [-1.0, np.nan, np.inf, "0", None]),
    "max_value": (mf.ReLU, [-1.0, np.inf, True]),
    "negative_slope": (lambda v: mf.ReLU(negative_slope=v), [np.inf, "0", None, True]),
    "axis": (mf.LogSoftmax, [(), [0.5], (1, "2"), None]),
    "shared_axes": (lambda v: mf.PReLU(shared_axes=v), [(), 1.0, [True], "1"]),
}


@pytest.mark.parametrize(("name", "make", "value"), [(n, make, v) for n, (make, values) in BAD.items() for v in values])
def test_a_bad_argument_is_refused_when_it_is_given(name, make, value):
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=rf"\w+: {name}\b"):
        make(value)


@pytest.mark.parametrize(
    "layer", [mf.Softmax((1, 1)), mf.LogSoftmax((1, -2)), mf.PReLU(shared_axes=3), mf.Softmax([0, 1])], ids=repr
)
def test_axes_that_a_sample_has_not_or_has_once_are_refused(layer):
    with pytest.raises(ShapeError, match=r"(axis|shared_axes)=.* of an input of rank 3"):
        Sequential([mf.Input((4, 5)), layer])


def test_unknown_names_get_the_nearest_ones():
    with pytest.raises(ArgumentValueError, match=r"Activation: unknown activation 'gleu'.*'GELU'|'gelu'"):
        mf.Activation("gleu")
    with pytest.raises(ArgumentTypeError, match="Activation: a layer is a name, a class or an instance of one, got 3"):
        mf.Activation(3)
    with pytest.raises(ArgumentValueError, match=r"unknown initializer 'zeroes'"):
        mf.PReLU("zeroes")


def test_the_slope_of_a_sigmoid_is_the_same_in_both_modes_and_keeps_its_digits_far_out():
    x, layer = np.linspace(-30, 30, 61, dtype=np.float32)[np.newaxis], mf.Sigmoid()
    slopes = []
    for training in (False, True):
        layer(x, training=training)
        slopes.append(layer.backward(np.ones_like(x)).copy())
    assert np.array_equal(*slopes)
    assert np.allclose(slopes[0], 1 / (4 * np.cosh(x.astype(float) / 2) ** 2), rtol=1e-6)
