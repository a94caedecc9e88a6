"""evaluate, predict and their brothers for one batch."""

import re

import numpy as np
import pytest
from builders import network, samples

from minifw import L2, SGD, Callback, Metric, MSELoss, Sequential
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError
from minifw.layers import Dense, Dropout, Flatten, Input, Layer, Residual

X, Y = samples(22)


def with_dropout(dtype="float64", **options):
    return network(Dense(4, activation="tanh"), Dropout(0.5), Dense(2), dtype=dtype, **options)


# -- evaluate ---------------------------------------------------------------------------------------------------------


def test_evaluate_returns_one_float_without_metrics_and_a_list_with_them():
    net = with_dropout()
    wanted = MSELoss().forward(Y, net.predict(X))
    found = net.evaluate(X, Y)
    assert type(found) is float and found == pytest.approx(wanted, rel=1e-14)
    assert net.evaluate(X, Y, return_dict=True) == {"loss": found}
    net = with_dropout(metrics=["mae", "mse"])
    found = net.evaluate(X, Y)
    assert isinstance(found, list) and len(found) == 3 and found[0] == pytest.approx(found[2])
    assert net.evaluate(X, Y, return_dict=True) == dict(zip(["loss", "mae", "mse"], found, strict=True))


@pytest.mark.parametrize("batch_size", [1, 5, 22, 100])
def test_evaluate_weights_batches_by_their_size(batch_size):
    net = with_dropout(metrics=["mae"])
    assert net.evaluate(X, Y, batch_size=batch_size) == pytest.approx(net.evaluate(X, Y, batch_size=22), rel=1e-13)


def test_evaluate_counts_metrics_from_the_start_each_time():
    net = with_dropout(metrics=["mae"])
    assert net.evaluate(X, Y) == net.evaluate(X, Y)


def test_evaluate_includes_the_penalty():
    net = Sequential([Input((5,)), Dense(2, kernel_regularizer=L2(0.5))], dtype="float64", seed=1)
    net.compile("sgd", "mse", metrics=["mse"])
    loss, mse = net.evaluate(X, Y)
    assert loss == pytest.approx(mse + net.penalty(), rel=1e-13) and net.penalty() > 0.1


def test_evaluate_weighs_samples_as_fit_does():
    net, weights = with_dropout(), np.arange(22.0)
    each = np.square(net.predict(X) - Y).mean(axis=1)
    for batch_size in (None, 5):
        found = net.evaluate(X, Y, batch_size=batch_size, sample_weight=weights)
        assert found == pytest.approx((each * weights).sum() / 22, rel=1e-13)


def test_evaluate_changes_nothing():
    net = with_dropout(metrics=["mae"])
    before = net.packed.params.copy()
    net.evaluate(X, Y, verbose=0)
    assert np.array_equal(before, net.packed.params)
    assert all(layer.cache is None for layer in net.layers)


def test_evaluate_tells_callbacks():
    class Log(Callback):
        def __init__(self):
            self.calls = []

        def on_test_begin(self, logs=None):
            self.calls.append("begin")

        def on_test_batch_end(self, batch, logs=None):
            self.calls.append(batch)

        def on_test_end(self, logs=None):
            self.calls.append(sorted(logs))

    log, net = Log(), with_dropout(metrics=["mae"])
    net.evaluate(X, Y, batch_size=10, callbacks=[log])
    assert log.calls == ["begin", 0, 1, 2, ["loss", "mae"]] and log.model is net


def test_the_running_loss_told_to_callbacks_is_a_mean():
    class Log(Callback):
        def on_test_batch_end(self, batch, logs=None):
            self.loss = logs["loss"]

    log, net = Log(), with_dropout()
    assert net.evaluate(X, Y, batch_size=10, callbacks=[log]) == pytest.approx(log.loss)


@pytest.mark.parametrize("callbacks", [[3], [Callback], Callback])
def test_evaluate_takes_a_list_of_callbacks_only(callbacks):
    with pytest.raises(ArgumentTypeError, match="callbacks must be a list of Callback"):
        with_dropout().evaluate(X, Y, callbacks=callbacks)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_loss_that_is_not_reduced_cannot_train_or_measure(verb):
    net = Sequential([Input((5,)), Dense(2)], seed=1)
    before = net.packed.params.copy()
    with pytest.raises(ArgumentValueError, match="reduction"):
        net.compile("sgd", MSELoss(reduction="none"))
        getattr(net, verb)(X, Y)
    assert np.array_equal(net.packed.params, before)


@pytest.mark.parametrize("verb", ["evaluate", "train_on_batch", "test_on_batch", "fit"])
def test_no_samples_are_refused(verb):
    net = with_dropout()
    with pytest.raises(ShapeError, match=f"{verb}.*0 samples"):
        getattr(net, verb)(np.empty((0, 5)), np.empty((0, 2)))


# -- one batch --------------------------------------------------------------------------------------------------------


def test_train_on_batch_returns_what_held_before_the_update():
    net = Sequential([Input((5,)), Dense(2)], dtype="float64", seed=1)
    net.compile(SGD(0.1), "mse", metrics=["mae"])
    before = net.test_on_batch(X, Y)
    assert net.train_on_batch(X, Y) == before == pytest.approx(before)
    assert net.train_on_batch(X, Y)[0] < before[0]
    assert list(net.train_on_batch(X, Y, return_dict=True)) == ["loss", "mae"]


def test_train_on_batch_starts_metrics_anew():
    net = with_dropout(optimizer=SGD(0.0), metrics=["mae"])
    net.evaluate(X, Y + 100.0)
    first = net.test_on_batch(X, Y)
    assert net.test_on_batch(X, Y) == first == pytest.approx(net.evaluate(X, Y))


def test_on_batch_forms_without_metrics_are_floats():
    net = with_dropout()
    for verb in (net.train_on_batch, net.test_on_batch):
        assert type(verb(X, Y)) is float
        assert list(verb(X, Y, return_dict=True)) == ["loss"]


def test_sample_weights_reach_one_batch_too():
    net = Sequential([Input((5,)), Dense(2)], dtype="float64", seed=1)
    net.compile(SGD(0.1), "mse", metrics=["mse"], weighted_metrics=["mae"])
    weights = np.arange(22.0)
    wanted = net.evaluate(X, Y, sample_weight=weights)
    assert net.test_on_batch(X, Y, sample_weight=weights) == pytest.approx(wanted)
    assert net.train_on_batch(X, Y, sample_weight=weights) == pytest.approx(wanted)


def test_test_on_batch_changes_nothing():
    net = with_dropout()
    before = net.packed.params.copy()
    net.test_on_batch(X, Y)
    assert np.array_equal(before, net.packed.params)
    assert all(layer.cache is None for layer in net.layers)


# -- predict ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("float64", 1e-14)])
def test_rows_agree_with_one_at_a_time_to_rounding(dtype, tolerance):
    net = with_dropout(dtype)
    whole = net.predict(X)
    single = np.vstack([net.predict(x[np.newaxis]) for x in X])
    np.testing.assert_allclose(whole, single, rtol=tolerance, atol=tolerance)
    for batch_size in (1, 3, 22, 50):
        np.testing.assert_allclose(net.predict(X, batch_size=batch_size), whole, rtol=tolerance, atol=tolerance)


def test_many_rows_are_predicted_in_parts():
    net = Sequential([Input((2000,)), Dense(3)], seed=1)
    rows, forward = [], net.layers[0].forward
    net.layers[0].forward = lambda x, training=False: rows.append(len(x)) or forward(x, training)
    x = np.random.default_rng(0).normal(size=(500, 2000)).astype("f4")
    y = net.predict(x)
    assert y.shape == (500, 3) and sum(rows) == 500 and 32 <= max(rows) < 500
    np.testing.assert_allclose(y, x @ net.layers[0].params.kernel, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_samples_give_no_predictions_of_the_right_width_and_dtype(dtype, batch_size):
    for net in (with_dropout(dtype), Sequential([Flatten(), Dense(2)], dtype=dtype)):
        y = net.predict(np.empty((0, 5)), batch_size=batch_size)
        assert y.shape == (0, 2) and y.dtype == dtype
    assert net.predict_on_batch(np.empty((0, 5))).shape == (0, 2)


@pytest.mark.parametrize("verb", ["predict", "predict_on_batch"])
def test_a_prediction_belongs_to_the_caller(verb):
    net = with_dropout()
    y = getattr(net, verb)(X)
    kept = y.copy()
    net.predict(X + 1)
    net.fit(X, Y, verbose=0, epochs=2)
    assert np.array_equal(y, kept) and y.flags.writeable
    y[...] = np.nan
    assert np.isfinite(net.predict(X)).all()


class Total(Metric):
    """Gives out the array that it counts in."""

    def __init__(self, **options):
        self.total = np.zeros(2)
        super().__init__(**options)

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += y_pred.sum(axis=0)

    def result(self):
        return self.total

    def reset_state(self):
        self.total[:] = 0


class Double(Layer, registered=False):
    """Writes every output into the same array."""

    def forward(self, x, training=False):
        own = vars(self).setdefault("own", np.zeros_like(X[:, :2]))
        return np.multiply(x, 2, out=own[: len(x)])

    def backward(self, error_grad):
        return 2 * error_grad


GIVEN_OUT = {
    "predict": lambda net: [net.predict(X)],
    "predict in batches": lambda net: [net.predict(X, batch_size=11), net.predict(iter([X]))],
    "predict_on_batch": lambda net: [net.predict_on_batch(X)],
    "train_on_batch": lambda net: net.train_on_batch(X, Y)[1:],
    "test_on_batch": lambda net: net.test_on_batch(X, Y)[1:],
    "evaluate": lambda net: net.evaluate(X, Y, verbose=0)[1:],
    "fit": lambda net: net.fit(X, Y, epochs=2, verbose=0).history["total"],
    "activations": lambda net: net.activations(X).values(),
    "input_gradient": lambda net: [net.input_gradient(X, Y)],
    "loss_and_grad": lambda net: net.loss_and_grad(net.get_flat(), X, Y)[1:],
    "get_flat": lambda net: [net.get_flat()],
    "get_weights": lambda net: net.get_weights(),
}


@pytest.mark.filterwarnings("ignore:Total. result.. returned shape")
@pytest.mark.parametrize("verb", GIVEN_OUT.values(), ids=GIVEN_OUT)
@pytest.mark.parametrize("last", [Dense, lambda units: Residual([Dense(units)])])
def test_what_a_network_gives_out_belongs_to_the_caller(verb, last):
    net = Sequential([Input((5,)), Dense(2), Double(), last(2)], dtype="float64", seed=1)
    net.compile(SGD(0.1), "mse", [Total()])
    found = [array for _ in range(3) for array in verb(net)]
    kept = [array.copy() for array in found]
    net.fit(X + 1, Y, epochs=2, verbose=0)
    assert all(map(np.array_equal, found, kept))
    owned = [X, Y, net.packed.params, net.packed.state, net.packed.grads]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(found) for b in [*found[:i], *owned])


def test_a_prediction_does_not_follow_the_input_around():
    net, x = Sequential([Input((5,)), Dropout(0.5)], dtype="float64"), X.copy()
    for batch_size in (None, 4):
        y = net.predict(x, batch_size=batch_size)
        assert np.array_equal(y, x) and not np.shares_memory(x, y)


def test_predict_drops_nothing_out_and_leaves_no_caches():
    net = with_dropout()
    assert np.array_equal(net.predict(X), net.predict(X))
    assert np.array_equal(net.predict(X), net.forward(X))
    net.predict(X, batch_size=5)
    assert all(layer.cache is None for layer in net.layers)


def test_predict_needs_no_compile_and_builds_from_the_data():
    net = Sequential([Dense(3)], seed=1)
    assert net.predict(X).shape == (22, 3)
    assert Sequential([Dense(3)], seed=1).predict_on_batch(X).shape == (22, 3)


LINE = r"%s/%s - 0s - \d+(ms|us)/step"


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_evaluate_prints_one_line_in_a_pipe(capsys, verbose):
    with_dropout(metrics=["mae"]).evaluate(X, Y, batch_size=8, verbose=verbose)
    assert re.fullmatch(LINE % (3, 3) + r" - loss: \d\.\d{4} - mae: \d\.\d{4}\n", capsys.readouterr().out)


def test_predict_prints_one_line_if_it_is_asked_to(capsys):
    for verbose in (0, "auto"):
        with_dropout().predict(X, verbose=verbose)
    assert capsys.readouterr() == ("", "")
    for verbose in (1, 2):
        with_dropout().predict(X, batch_size=8, verbose=verbose)
        assert re.fullmatch(LINE % (3, 3) + r"\n", capsys.readouterr().out)


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, True, "3"])
@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_another_batch_size_is_refused(verb, batch_size):
    data = (X,) if verb == "predict" else (X, Y)
    with pytest.raises((ArgumentTypeError, ArgumentValueError), match=f"{verb}: batch_size"):
        getattr(with_dropout(), verb)(*data, batch_size=batch_size)


@pytest.mark.parametrize("verbose", [3, -1, "loud", None])
@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_another_verbose_is_refused(verb, verbose):
    data = (X,) if verb == "predict" else (X, Y)
    with pytest.raises(ArgumentValueError, match=f"{verb}: verbose must be one of"):
        getattr(with_dropout(), verb)(*data, verbose=verbose)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_nothing_is_measured_before_compile(verb):
    net = Sequential([Input((5,)), Dense(2)])
    with pytest.raises(UsageError, match=rf"{verb} needs compile\(optimizer=.*, loss=.*\) first"):
        getattr(net, verb)(X, Y)
    net.compile("sgd")
    with pytest.raises(UsageError, match=rf"{verb} needs a loss"):
        getattr(net, verb)(X, Y)
    assert net.predict(X).shape == (22, 2)
