"""Non-finite blame: the first layer that is to blame is named with its numbers, and nothing is trained by such a batch."""

import pickle
import warnings

import numpy as np
import pytest
from builders import everything, network, samples

from minifw import SGD, Adam, Callback, Loss, MSELoss, NonFiniteError, Sequential, TerminateOnNaN, UsageError
from minifw.layers import Chain, Dense, Dropout, Elementwise, Input, Layer, LeakyReLU, Param, ReLU, Sigmoid

X, Y = samples(24)
NAN, INF = float("nan"), float("inf")


def layer(name, forward, backward):
    """A layer without parameters, made of two functions of numbers."""

    def go(self, x, training=False):
        self.cache = x
        return forward(x)

    return type(name, (Layer,), {"forward": go, "backward": lambda self, error_grad: error_grad * backward(self.cache)})


Log = layer("Log", np.log, lambda x: 1 / x)
Exp = layer("Exp", np.exp, np.exp)
Root = layer("Root", np.sqrt, lambda x: 0.5 / np.sqrt(x))
Standardize = layer("Standardize", lambda x: (x - x.mean(axis=0)) / x.std(axis=0), lambda x: 1 / x.std(axis=0))
Broken = layer("Broken", lambda x: x + 1, lambda x: np.full_like(x, NAN))
Forgetful = layer("Forgetful", lambda x: np.where(np.arange(x.shape[1]) == 1, NAN, x), np.ones_like)


class LogOf(Elementwise):
    def f(self, x, out=None, slope=None):
        if slope is not None:
            np.divide(1, x, slope)
        return np.log(x, out)


class Scale(Layer):
    def build(self, input_shape):
        return {"gain": Param(input_shape, initializer="ones")}

    def forward(self, x, training=False):
        self.cache = x
        return x * self.params.gain

    def backward(self, error_grad):
        self.grads.gain = np.full(self.grads.gain.shape, INF)
        return error_grad * self.params.gain


class LogLoss(Loss):
    """Binary cross-entropy that clips nothing."""

    def values(self, y_true, y_pred):
        return -(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred)).mean(axis=-1)

    def slopes(self, y_true, y_pred):
        return (y_pred - y_true) / (y_pred * (1 - y_pred)) / y_pred.shape[-1]


def deep(*more, rate=0.01, loss="mse", dtype="float64", last=2):
    layers = Dense(4, activation="tanh"), Dropout(0.2), *more, Dense(last)
    return network(*layers, optimizer=SGD(rate), loss=loss, dtype=dtype)


def blamed(net, x=X, y=Y, **options):
    """The error of fit, raised on whole weights and without a warning."""
    if net.loss is None:
        net.compile("sgd", "mse")
    with warnings.catch_warnings(), pytest.raises(NonFiniteError) as caught:
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "layer 0.*its inputs go up to")  # said before, and not what is tested here
        net.fit(x, y, **{"batch_size": 8, "epochs": 200, "shuffle": False, "verbose": 0, **options})
    assert np.isfinite(net.packed.params).all() and np.isfinite(net.packed.state).all()
    assert isinstance(caught.value, ArithmeticError)
    return caught.value


def planted(x, rows, value):
    x = x.copy()
    x[rows, 1] = value
    return x


# -- six causes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_nan_in_the_data_is_blamed_on_the_data_and_names_the_rows(value):
    error = blamed(deep(), planted(X, [11, 14], value))
    assert (error.layer, error.epoch, error.batch_number, error.rows) == ("dense", 0, 1, [11, 14])
    assert error.cause == "the data: x holds NaN or infinities in 2 of the 8 rows; fill or drop them"
    assert "rows of x: 11, 14 (2 of 8 in the batch)" in str(error)


@pytest.mark.parametrize("loss", [MSELoss(), LogLoss()])
def test_nan_in_the_targets_is_blamed_on_the_targets(loss):
    net = deep()
    net.add(Sigmoid())
    net.compile(SGD(0.01), loss)
    error = blamed(net, X, planted(Y, [17], NAN))
    assert (error.layer, error.direction, error.batch_number, error.rows) == (type(loss).__name__, "loss", 2, [17])
    assert error.cause.startswith("the data: y holds NaN")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [10.0, 1e5])
def test_an_exploding_rate_is_blamed_on_the_learning_rate(dtype, rate):
    error = blamed(deep(LeakyReLU(), rate=rate, dtype=dtype))
    assert error.layer in ("dense", "dense_1", "MSELoss") and error.learning_rate == rate
    assert "exploding weights" in error.cause and "the learning rate is too high" in error.cause
    assert f"learning rate: {rate}" in str(error)


def test_the_logarithm_of_0_in_a_layer():
    error = blamed(deep(ReLU(), Log()))
    assert (error.layer, error.direction, error.batch_number) == ("log", "forward", 0)
    assert error.input_range[0] == 0.0 < error.input_range[1] and "logarithm of 0" in error.cause


def test_the_logarithm_of_0_in_a_loss():
    net = Sequential([Input((5,)), Dense(1, kernel_initializer="ones"), Sigmoid()], dtype="float64", seed=1)
    net.compile(SGD(0.1), LogLoss())
    y = (X[:, :1] > 0).astype(float)
    error = blamed(net, planted(X, [9], 800.0), y)
    assert (error.layer, error.direction, error.rows) == ("LogLoss", "loss", [9]) and "logarithm of 0" in error.cause


@pytest.mark.parametrize("dtype, reach", [("float32", 88.7), ("float64", 709.7)])
def test_an_exponential_that_overflows(dtype, reach):
    net = Sequential([Input((5,)), Exp(), Dense(2)], dtype=dtype, seed=1)
    net.compile(SGD(0.01), "mse")
    error = blamed(net, planted(X, [9], 1.01 * reach))
    assert (error.layer, error.direction, error.rows) == ("exp", "forward", [9])
    assert "exponential that overflows" in error.cause and error.input_range[1] == pytest.approx(1.01 * reach)


def test_zero_variance():
    net = Sequential([Input((5,)), Standardize(), Dense(2)], dtype="float64", seed=1)
    net.compile(SGD(0.01), "mse")
    error = blamed(net, planted(X, slice(None), 3.0))
    assert (error.layer, error.direction, len(error.rows)) == ("standardize", "forward", 8)
    assert error.cause.startswith("a division by a deviation of 0")


@pytest.mark.parametrize(
    "bad, direction, rows", [(Broken(), "backward", 8), (Forgetful(), "forward", 8), (Scale(), "backward", 0)]
)
def test_a_bad_layer_of_ones_own(bad, direction, rows):
    error = blamed(deep(bad))
    name = type(bad).__name__
    assert (error.layer, error.direction, len(error.rows)) == (name.lower(), direction, rows)
    assert error.cause == f"the {direction} of {name} itself (minifw.check_layer({name}(...), shape) tries it)"


# -- others -----------------------------------------------------------------------------------------------------------


def test_a_slope_that_is_infinite_is_blamed_backwards():
    error = blamed(deep(ReLU(), Root()))
    assert (error.layer, error.direction) == ("root", "backward") and "division by 0" in error.cause


def test_weights_that_were_loaded_broken():
    net = deep()
    net.layers[0].params.kernel[0, 0] = NAN
    with pytest.raises(NonFiniteError) as caught:
        net.fit(X, Y, verbose=0)
    assert caught.value.layer == "dense" and caught.value.cause.startswith("its kernel is not finite itself")


def test_data_too_large_for_its_dtype():
    net = deep(dtype="float32", loss="mse")
    net.layers[0].inner.__class__ = LeakyReLU  # what saturates would hide it
    net.layers[0].inner.negative_slope = 0.1
    error = blamed(net, 1e38 * X)
    assert "scale the data" in error.cause


def test_the_layer_inside_others_is_named_with_its_place():
    error = blamed(deep(Chain([Dense(3), Chain([Exp(), Broken()])]), Sequential([Dense(3)])))
    assert error.layer == "chain/chain/broken"
    error = blamed(Sequential([Input((5,)), Dense(4, activation=LogOf()), Dense(2)], dtype="float64", seed=1))
    assert error.layer == "dense/activation" and "below 0" in error.cause


class Both(Layer):
    """The sum of two branches, a composite of a user's."""

    def __init__(self, first, second, **options):
        self.first, self.second = first, second
        super().__init__(**options)

    def children(self, input_shape=None):
        return [("first", self.first, input_shape), ("second", self.second, input_shape)]

    def forward(self, x, training=False):
        return self.first.forward(x, training) + self.second.forward(x, training)

    def backward(self, error_grad):
        return self.first.backward(error_grad) + self.second.backward(error_grad)


def test_the_input_of_a_branch_is_that_of_the_composite():
    branches = Both(Chain([Dense(5, kernel_initializer="zeros"), ReLU()]), Chain([Exp(), ReLU()]))
    error = blamed(Sequential([Input((5,)), branches, Dense(2)], dtype="float64", seed=1), planted(X, [3], 900.0))
    assert error.layer == "both/second/exp" and error.input_range[1] == 900.0 and error.rows == [3]


def test_rows_follow_the_shuffle():
    net = deep()
    error = blamed(net, planted(X, [3], NAN), shuffle=True)
    assert error.rows == [3] and np.isnan(error.batch[0]).any()
    x, _, _ = error.batch
    place = int(np.flatnonzero(np.isnan(x).any(axis=1))[0])
    assert np.array_equal(np.delete(x[place], 1), np.delete(X[3], 1))


def test_the_batch_rides_on_the_error_and_both_can_be_pickled():
    error = blamed(deep(), planted(X, [11], NAN), sample_weight=np.arange(24.0))
    x, y, sample_weight = error.batch
    assert np.array_equal(y, Y[8:16]) and np.array_equal(sample_weight, np.arange(8.0, 16.0)) and np.isnan(x[3, 1])
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.rows == [11] and np.isnan(error.loss)


def test_the_message_reads_well():
    net = Sequential([Input((2,)), Exp(name="grow"), Dense(1)], dtype="float64", seed=1)
    net.compile(SGD(0.5), "mse")
    error = blamed(net, np.array([[0.0, 1.0], [2.0, 800.0]]), np.zeros((2, 1)), batch_size=2)
    assert str(error) == (
        "fit: epoch 0, batch 0: layer grow (Exp), forward: its output is not finite\n"
        "  its input: 0 to 800\n"
        "  rows of x: 1 (1 of 2 in the batch)\n"
        "  loss: inf\n"
        "  learning rate: 0.5\n"
        "  likely cause: an exponential that overflows: its input reaches 800 there; scale it or subtract its maximum\n"
        "The weights are those from before this batch."
    )


def test_weights_state_slots_and_generators_are_those_before_the_batch():
    net, other = deep(), deep()
    for each in (net, other):
        each.compile(Adam(0.01), "mse")
    blamed(net, planted(X, [17], NAN))
    other.fit(X[:16], Y[:16], 8, shuffle=False, verbose=0)
    assert everything(net) == everything(other)
    net.fit(X, Y, 8, shuffle=False, verbose=0)
    other.fit(X, Y, 8, shuffle=False, verbose=0)
    assert everything(net) == everything(other)


def test_the_replay_sees_the_same_dropped_units():
    class Sink(Layer):
        """Fails for one pattern of zeros only."""

        def forward(self, x, training=False):
            self.cache = x
            return np.where((x == 0).sum() % 2 == 0, x, NAN)

        def backward(self, error_grad):
            return error_grad

    for seed in range(6):
        net = Sequential([Input((5,)), Dropout(0.5), Sink(), Dense(2)], dtype="float64", seed=seed)
        net.compile(SGD(0.01), "mse")
        assert blamed(net).layer == "sink"


def test_train_on_batch_blames_too():
    net = deep()
    before = everything(net)
    with pytest.raises(NonFiniteError, match=r"^train_on_batch, batch 0: layer dense \(Dense\), forward") as caught:
        net.train_on_batch(planted(X, [5], NAN), Y)
    assert caught.value.rows == [5] and everything(net)[:3] == before[:3]


def test_frozen_gradients_are_stale_and_not_looked_at():
    net = deep(Scale())
    net.layers[2].trainable = False
    assert np.isfinite(net.fit(X, Y, verbose=0, epochs=2).history["loss"]).all()


@pytest.mark.filterwarnings("ignore:.*its inputs go up to")
def test_squares_may_overflow_over_finite_gradients():
    net = Sequential([Input((1,)), Dense(1, use_bias=False)], dtype="float32", seed=1)
    net.compile(SGD(1e-30), "mse")
    x = np.full((4, 1), 1e12, "f4")
    history = net.fit(x, -x, verbose=0, epochs=2)
    assert np.isfinite(history.history["loss"]).all()
    assert 1e20 < np.abs(net.packed.grads).max() < INF  # its square is more than a float32 holds


def test_a_callback_may_mend_or_spoil_the_gradients():
    class Zero(Callback):
        def on_backward_end(self, batch, pairs):
            for _, grad in pairs:
                grad[...] = self.value

    net = deep(Scale())
    zero = Zero()
    zero.value = 0.0
    assert net.fit(X, Y, verbose=0, callbacks=[zero]).epoch == [0]
    zero.value = NAN
    net = deep()
    before = everything(net)[:3]
    with pytest.raises(NonFiniteError, match="a callback has changed the gradients") as caught:
        net.fit(X, Y, verbose=0, callbacks=[zero])
    assert everything(net)[:3] == before and caught.value.rows == []


# -- TerminateOnNaN ---------------------------------------------------------------------------------------------------


def test_with_terminate_on_nan_fit_stops_instead(capsys):
    net, other = deep(), deep()
    history = net.fit(planted(X, [11], NAN), Y, 8, epochs=5, shuffle=False, verbose=0, callbacks=[TerminateOnNaN()])
    other.fit(X[:8], Y[:8], 8, verbose=0, shuffle=False)
    assert history.epoch == [0] and np.isnan(history.history["loss"]).all() and everything(net) == everything(other)
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"


def test_terminate_on_nan_stops_for_a_gradient_too(capsys):
    net = deep(Broken())
    history = net.fit(X, Y, 8, epochs=5, verbose=0, callbacks=[TerminateOnNaN()])
    assert history.epoch == [0] and np.isfinite(history.history["loss"]).all() and net.optimizer.iterations == 0


def test_terminate_on_nan_may_raise_after_all():
    net = deep()
    with pytest.raises(UsageError, match="batch 1") as caught:
        net.fit(planted(X, [11], NAN), Y, 8, shuffle=False, verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])
    assert isinstance(caught.value, RuntimeError) and isinstance(caught.value.__cause__, NonFiniteError)


def test_terminate_on_nan_looks_at_the_running_loss(capsys):
    stop, net = TerminateOnNaN(), deep()
    stop.set_model(net)
    stop.on_train_batch_end(0, {"loss": 1.0})
    stop.on_train_batch_end(1, {})
    assert not net.stop_training
    stop.on_train_batch_end(3, {"loss": INF})
    assert net.stop_training and capsys.readouterr().out == "Batch 3: Invalid loss, terminating training\n"


# -- silence ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", [SGD(1e3), Adam(1e30), SGD(1e3, momentum=0.9), Adam(1e3, weight_decay=0.1)], ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_diverging_network_warns_of_nothing(optimizer, dtype):
    layers = [Input((5,)), Dense(4, kernel_regularizer="l2"), LeakyReLU(), Dense(2)]
    net = Sequential(layers, dtype=dtype, seed=1)
    net.compile(type(optimizer)(**optimizer.config()), "mse", metrics=["mse", "mae"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        options = {"verbose": 0, "epochs": 300, "validation_data": (X, Y), "callbacks": [TerminateOnNaN()]}
        net.fit(X, Y, **options)
        net.evaluate(X, Y, verbose=0)
        net.predict(1e300 * X)
        net.test_on_batch(X, Y)
