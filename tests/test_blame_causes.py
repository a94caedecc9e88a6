"""Non-finite blame where it is easily wrong: flat outputs, state that moves, sizes, weights and penalties."""

import numpy as np
import pytest

from minifw import (
    SGD,
    BatchNormalization,
    Dense,
    Input,
    Lambda,
    MSELoss,
    NonFiniteError,
    Sequential,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*its inputs go up to")
X, Y = np.ones((4, 1)), np.zeros(4)


def network(*layers, loss="mse", dtype="float32"):
    net = Sequential([Input((1,)), *layers], dtype=dtype, seed=1)
    net.compile(SGD(0.01), loss)
    return net


def blamed(net, x=X, y=Y, **options):
    with pytest.raises(NonFiniteError) as caught:
        net.fit(x, y, shuffle=False, verbose=0, **options)
    return caught.value


def flat():
    return Lambda(lambda x: x[:, 0], lambda x, y, error_grad: error_grad[:, None])


def test_outputs_of_one_axis_are_blamed_like_others():
    y = np.zeros(64)
    y[2] = 1e30
    error = blamed(network(Dense(1), flat()), np.ones((64, 1)), y, batch_size=64)
    assert (error.layer, error.direction, error.rows) == ("MSELoss", "loss", [2]) and "scale the data" in error.cause


def test_an_error_inside_the_blame_hides_nothing():
    class Once(MSELoss):
        """Breaks when it is asked again for what is not finite."""

        calls = 0

        def values(self, y_true, y_pred):
            self.calls += 1
            if self.calls > 1:
                raise ZeroDivisionError("no more")
            return super().values(y_true, y_pred) * np.inf

    net = network(Dense(1), loss=Once())
    error = blamed(net, y=np.ones(4))
    assert str(error).startswith(f"fit: epoch 0, batch 0: {net.name} (Sequential), loss: the loss is not finite\n")
    assert error.layer == net.name and error.rows == [] and np.isinf(error.loss)
    assert error.cause == "unknown: going through the batch a second time raised ZeroDivisionError: no more"


def test_state_is_shown_as_it_was_before_the_batch():
    error = blamed(network(BatchNormalization(), Dense(1)), np.array([[3e38], [3e38], [3e38], [-3e38]], "f4"))
    assert error.layer == "batch_normalization" and error.cause.startswith("numbers too large for their dtype come in")
    assert error.weight_ranges["moving_mean"] == (0.0, 0.0) and error.weight_ranges["moving_variance"] == (1.0, 1.0)
