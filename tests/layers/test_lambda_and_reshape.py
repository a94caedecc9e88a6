"""Layers out of two functions, and layers that only change the shape."""

import copy
import functools
import pickle

import numpy as np
import pytest
from builders import network

from minifw import Sequential, check_gradients, check_layer
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError
from minifw.layers import Chain, Dense, Flatten, Input, Lambda, Reshape

X, Y = np.random.default_rng(0).normal(size=(8, 6)), np.random.default_rng(1).normal(size=(8, 2))


def square(x):
    return x * x


def square_back(x, y, error_grad):
    return 2 * x * error_grad


def around(layer):
    return network(Dense(4), layer, Dense(2), inputs=(6,), optimizer="adam")


# -- Lambda -----------------------------------------------------------------------------------------------------------


def test_a_lambda_trains_like_a_layer_class():
    net = around(Lambda(square, square_back))
    losses = net.fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and check_gradients(net, X, Y).passed


def test_gradient_gets_what_came_what_went_and_what_comes_back():
    seen = []
    layer = Lambda(np.exp, lambda *arguments: seen.append(arguments) or arguments[1] * arguments[2])
    y = layer.forward(X, training=True)
    error_grad = np.ones_like(X)
    assert np.array_equal(layer.backward(error_grad), np.exp(X))
    (arguments,) = seen
    assert all(found is given for found, given in zip(arguments, (X, y, error_grad), strict=True))


def test_the_shape_going_out_is_that_of_the_function_and_a_trial_never_warns():
    assert Lambda(lambda x: x[:, :2].sum(axis=1), square_back).output_shape((6,)) == ()
    assert Lambda(lambda x: np.log(x - 1)[..., None], square_back).output_shape((6,)) == (6, 1)


@pytest.mark.parametrize("function, shape", [(np.sum, r"\(\)"), (lambda x: x.mean(axis=0), r"\(6,\)")])
def test_a_function_that_loses_the_samples_is_refused_when_it_is_built(function, shape):
    with pytest.raises(
        ShapeError, match=rf"lambda \(Lambda\): function\(x\) must keep the first axis.* shape {shape} .*\(2, 6\)"
    ):
        Sequential([Input((6,)), Lambda(function, square_back)])


def test_a_missing_gradient_is_refused_with_an_explanation():
    with pytest.raises(
        ArgumentTypeError, match=r"gradient must be a function of \(x, y, error_grad\), got None; it returns dLoss/dx"
    ):
        Lambda(np.sin)


@pytest.mark.parametrize("arguments, words", [(("sin", square_back), r"function.*'sin'"), ((square, 3), r"gradient.*got 3")])
def test_what_is_no_function_is_refused(arguments, words):
    with pytest.raises(ArgumentTypeError, match=f"Lambda: {words}"):
        Lambda(*arguments)


def test_a_wrong_gradient_is_found():
    assert not check_layer(Lambda(square, lambda x, y, error_grad: x * error_grad), (3,)).passed


# -- Lambda, kept -----------------------------------------------------------------------------------------------------


def test_functions_are_kept_by_name_and_given_back_by_custom_objects():
    net = around(Chain([Lambda(square, square_back)]))
    config = net.config()
    kept = config["layers"][1]["config"]["layers"][0]["config"]
    assert (kept["function"], kept["gradient"]) == ("square", "square_back")
    twin = Sequential.from_config(config, {"square": square, "square_back": square_back})
    assert twin.config() == config and np.array_equal(twin.predict(X), net.predict(X))


@pytest.mark.parametrize("known", [None, {}, {"square": square}])
def test_a_function_that_is_not_given_back_is_named(known):
    name = "square_back" if known else "square"
    with pytest.raises(ArgumentValueError, match=rf"kept by name only.*custom_objects=\{{'{name}': \.\.\.\}}"):
        Lambda.from_config(Lambda(square, square_back).config(), known)


@pytest.mark.parametrize("nameless", [lambda x: x, functools.partial(np.multiply, 2)], ids=["lambda", "partial"])
def test_a_function_without_a_name_cannot_be_kept_and_the_layer_is_named(nameless):
    net = Sequential([Lambda(square, square_back), Lambda(nameless, square_back)])
    with pytest.raises(ArgumentTypeError, match=r"lambda_1 \(Lambda\): its function has no name"):
        net.config()
    with pytest.raises(ArgumentTypeError, match=r"mine \(Lambda\): its gradient has no name"):
        Lambda(square, lambda x, y, error_grad: error_grad, name="mine").config()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"])
def test_copies_go_on_bit_for_bit(copied):
    net = around(Lambda(square, square_back))
    net.fit(X, Y, verbose=0)
    twin = copied(net)
    for each in (net, twin):
        each.fit(X, Y, verbose=0)
    assert np.array_equal(net.packed.params, twin.packed.params)


def test_a_nameless_function_can_be_copied_all_the_same():
    net = around(Lambda(lambda x: x * x, lambda x, y, error_grad: 2 * x * error_grad))
    assert np.array_equal(copy.deepcopy(net).predict(X), net.predict(X))


# -- Reshape ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "shape", "wanted"),
    [((2, 3), (6,), (2, 3)), ((-1,), (2, 3), (6,)), ((3, -1), (6,), (3, 2)), ((1, 6, -1), (6,), (1, 6, 1)), ((), (1,), ())],
)
def test_samples_keep_their_numbers_and_their_order(target, shape, wanted):
    layer = Reshape(target)
    assert layer.output_shape(shape) == wanted
    x = np.arange(2.0 * np.prod(shape)).reshape(2, *shape)
    y = layer(x)
    assert y.shape == (2, *wanted) and np.array_equal(y.ravel(), x.ravel())
    assert np.array_equal(layer.backward(y), x)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ((4, 2), r"a sample of shape \(2, 3\) holds 6 numbers, which do not fill target_shape \(4, 2\) with its 8$"),
        ((-1, 4), r"holds 6 numbers, which do not fill target_shape \(-1, 4\) with its 4 or a multiple of them"),
        ((-1, 12), r"with its 12 or a multiple of them"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_when_it_is_built(target, words):
    net = Sequential([Reshape(target)])
    with pytest.raises(ShapeError, match=f"(?m)Reshape: .*{words}") as caught:
        net.build((2, 3))
    assert (caught.value.expected, caught.value.received) == (target, (2, 3)) and net.packed is None


@pytest.mark.parametrize("bad", [6, "6", None, (0,), (-2, 3), (2.0,), (True, 6), (-1, -1), np.array([2, 3])], ids=repr)
def test_what_is_no_shape_is_refused_when_it_is_given(bad):
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=r"^Reshape: target_shape"):
        Reshape(bad)


@pytest.mark.parametrize("layer", [Reshape((3, -1)), Reshape((2, 3)), Flatten()], ids=repr)
def test_no_samples_stay_no_samples(layer):
    net = Sequential([Input((6,)), layer])
    assert net.predict(np.empty((0, 6))).shape == (0, *layer.output_shape((6,)))


def test_a_reshaped_network_trains():
    net = Sequential([Input((6,)), Reshape((3, 2)), Dense(4, "tanh"), Reshape((-1,)), Dense(2)], dtype="float64", seed=1)
    net.compile("adam", "mse")
    losses = net.fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and check_gradients(net, X, Y).passed
