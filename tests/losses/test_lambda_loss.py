"""A loss out of two functions goes everywhere that a loss goes."""

import copy

import numpy as np
import pytest

from minifw import Dense, Input, LambdaLoss, ModelFormatError, Sequential, load_model
from minifw.errors import ArgumentTypeError

X, Y = np.random.default_rng(1).normal(size=(6, 4)), np.random.default_rng(2).normal(size=(6, 2))


def far(y_true, y_pred):
    return ((y_pred - y_true) ** 4).mean(axis=-1)


def far_slopes(y_true, y_pred):
    return 4 * (y_pred - y_true) ** 3 / y_pred.shape[-1]


FUNCTIONS = {"far": far, "far_slopes": far_slopes}


def network(loss):
    net = Sequential([Input((4,)), Dense(3, "tanh"), Dense(2)], seed=1, dtype="float64")
    net.compile("sgd", loss, metrics=[far])
    return net


def test_it_trains_and_its_gradient_is_checked():
    net = network(LambdaLoss(far, far_slopes))
    assert net.check_gradients(X, Y).passed
    history = net.fit(X, Y, epochs=3, batch_size=6, shuffle=False, verbose=0).history
    assert history["loss"][2] < history["loss"][0] and np.allclose(history["loss"], history["far"])
    assert not network(LambdaLoss(far, lambda y, p: -far_slopes(y, p))).check_gradients(X, Y).passed
    assert "gradient(y, ŷ)" in str(net.jump_back(X, Y)[0].factor_text)


def test_it_comes_back_from_a_file_by_the_names_of_its_functions(tmp_path):
    net = network(LambdaLoss(far, far_slopes, reduction="sum"))
    net.fit(X, Y, verbose=0)
    net.save(tmp_path / "net")
    twin = load_model(tmp_path / "net", custom_objects=FUNCTIONS)
    assert twin.loss.config() == net.loss.config() and twin.train_on_batch(X, Y) == copy.deepcopy(net).train_on_batch(X, Y)
    with pytest.raises(ModelFormatError, match=r"LambdaLoss: its function is kept by name only.*custom_objects=.*far"):
        load_model(tmp_path / "net")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LambdaLoss(far), "gradient must be a function of .* got None; .*shaped like y_pred"),
        (lambda: LambdaLoss("mse", far_slopes), "function must be a function of .* got 'mse'"),
        (lambda: LambdaLoss(lambda y, p: 0, far_slopes).config(), "its function has no name that a file could hold"),
        (lambda: network(far), r"the loss 'far' is a function.*LambdaLoss\(far, slopes\)"),
    ],
)
def test_what_is_missing_is_said(make, words):
    with pytest.raises(ArgumentTypeError, match=words):
        make()
