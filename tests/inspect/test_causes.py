"""Non-finite blame where it is easily wrong: flat outputs, state that moves, sizes, weights and penalties."""

import numpy as np
import pytest
from builders import network

from minifw import L2, SGD, NonFiniteError, Regularizer, Sequential
from minifw.layers import BatchNormalization, Dense, Lambda, ReLU
from minifw.losses import KLDivergenceLoss, Loss, MSELoss, PoissonLoss

pytestmark = pytest.mark.filterwarnings("ignore:.*its inputs go up to")
X, Y = np.ones((4, 1)), np.zeros(4)


def of_one_number(*layers, loss="mse", dtype="float32"):
    return network(*layers, inputs=(1,), optimizer=SGD(0.01), loss=loss, dtype=dtype)


def blamed(net, x=X, y=Y, **options):
    with pytest.raises(NonFiniteError) as caught:
        net.fit(x, y, shuffle=False, verbose=0, **options)
    return caught.value


def flat():
    return Lambda(lambda x: x[:, 0], lambda x, y, error_grad: error_grad[:, None])


def test_outputs_of_one_axis_are_blamed_like_others():
    y = np.zeros(64)
    y[2] = 1e30
    error = blamed(of_one_number(Dense(1), flat()), np.ones((64, 1)), y, batch_size=64)
    assert (error.layer, error.direction, error.rows) == ("MSELoss", "loss", [2]) and "scale the data" in error.cause


def test_an_error_inside_the_blame_hides_nothing():
    class Once(MSELoss):
        """Breaks when it is asked again for what is not finite."""

        calls = 0

        def values(self, y_true, y_pred):
            self.calls += 1
            if self.calls > 2:  # forward asks twice for what is not finite
                raise ZeroDivisionError("no more")
            return super().values(y_true, y_pred) * np.inf

    net = of_one_number(Dense(1), loss=Once())
    error = blamed(net, y=np.ones(4))
    assert str(error).startswith(f"fit: epoch 0, batch 0: {net.name} (Sequential), loss: the loss is not finite\n")
    assert error.layer == net.name and error.rows == [] and np.isinf(error.loss)
    assert error.cause == "unknown: going through the batch a second time raised ZeroDivisionError: no more"


def test_state_is_shown_as_it_was_before_the_batch():
    error = blamed(of_one_number(BatchNormalization(), Dense(1)), np.array([[3e38], [3e38], [3e38], [-3e38]], "f4"))
    assert error.layer == "batch_normalization" and error.cause.startswith("numbers too large for their dtype come in")
    assert error.weight_ranges["moving_mean"] == (0.0, 0.0) and error.weight_ranges["moving_variance"] == (1.0, 1.0)


class Unclipped(Loss):
    def values(self, y_true, y_pred):
        return -(y_true * np.log(y_pred)).sum(axis=-1)

    def slopes(self, y_true, y_pred):
        return -y_true / y_pred


class Broken:
    def values(self, y_true, y_pred):
        return super().values(y_true, y_pred) / 0.0


@pytest.mark.parametrize("loss", [MSELoss(), Unclipped()])
def test_sizes_come_before_logarithms(loss):
    error = blamed(
        of_one_number(Dense(1), ReLU(), loss=loss), -np.ones((64, 1)) * np.sign(first()), np.full(64, 1e38), batch_size=64
    )
    assert error.layer == type(loss).__name__ and len(error.rows) == 64
    assert error.cause.startswith("predictions or targets too large for their dtype")


def first():
    """The weight that the networks here begin with."""
    return of_one_number(Dense(1)).layers[0].params.kernel[0, 0]


@pytest.mark.parametrize("base, words", [(MSELoss, "Custom itself"), (KLDivergenceLoss, "a logarithm of 0, or a division")])
def test_only_a_loss_that_may_take_a_logarithm_is_said_to(base, words):
    loss = type("Custom", (Broken, base), {})()
    assert blamed(of_one_number(Dense(1), ReLU(), loss=loss), -X * np.sign(first()), Y + 0.5).cause.startswith(words)


def test_a_loss_of_counts_names_predictions_below_0():
    error = blamed(of_one_number(Dense(1), loss=PoissonLoss()), -X * np.sign(first()), Y + 0.5)
    assert error.cause.startswith("a logarithm of predictions below 0, down to -") and "softplus" in error.cause


class RootPenalty(Regularizer):
    """The sum of the roots of the sizes, which is infinitely steep at 0."""

    def penalty(self, w):
        return float(np.sqrt(np.abs(w)).sum())

    def gradient(self, w):
        return 0.5 / np.sqrt(np.abs(w))


@pytest.mark.parametrize("wrap", [lambda *layers: layers, lambda *layers: (Sequential(layers, name="inner"),)])
def test_the_gradient_of_a_penalty_is_blamed_on_the_regularizer_and_its_parameter(wrap):
    net = of_one_number(*wrap(Dense(2), Dense(1, bias_regularizer=RootPenalty())))
    error, path = blamed(net), "/".join([layer.name for layer in net.layers if layer.name == "inner"] + ["dense_1"])
    assert (error.layer, error.direction, error.rows) == (path, "backward", [])
    assert f"layer {path} (Dense), backward: the gradient of bias is not finite" in str(error)
    assert error.weight_ranges == {"bias": (0.0, 0.0)}
    assert error.cause == (
        f"the gradient of the regularizer RootPenalty at {path}/bias, in 1 of its 1 entries, which are exactly 0"
    )


def test_a_penalty_that_overflows_names_the_regularizer_and_its_parameter():
    error = blamed(of_one_number(Dense(1, kernel_initializer="zeros", bias_regularizer=Infinite())))
    assert error.direction == "loss" and error.cause == "a penalty that is not finite: Infinite of dense/bias"


class Infinite(L2):
    def penalty(self, w):
        return np.inf


@pytest.mark.parametrize("options", [{"sample_weight": np.array([1, 1, 3e38, 1])}, {"class_weight": {1: 3e38}}])
@pytest.mark.parametrize("kernel, x, direction", [("ones", 3.0, "loss"), ("zeros", 1e12, "backward")])
def test_weights_that_are_too_large_are_named(options, kernel, x, direction):
    net = of_one_number(Dense(1, kernel_initializer=kernel))
    error = blamed(net, np.full((4, 1), x), np.array([0, 0, 1.0, 0]), **options)
    assert error.direction == direction
    assert error.rows == [2]
    assert error.cause == (
        "the weights of the samples, which go up to 3e+38: too large for their dtype; divide sample_weight or class_weight "
        "by one number"
    )
