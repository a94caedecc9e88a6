"""Misuse around fit: what goes wrong leaves a network of whole batches, and fit can be called again."""

import copy
import pickle

import numpy as np
import pytest
from builders import everything, network, samples

from minifw import SGD, Adam, Callback, LambdaCallback, Sequential, SparseCategoricalCrossentropyLoss
from minifw.errors import ShapeError, UsageError
from minifw.layers import Dense, Dropout, Input, Layer
from minifw.metrics import MeanAbsoluteError, MeanMetric, Metric

X, Y = samples(24)


class Fuse(Layer):
    """Breaks in the training batch that it is told."""

    at, seen = None, 0

    def forward(self, x, training=False):
        self.seen += training
        if training and self.seen - 1 == self.at:
            raise KeyError("mine")
        return x

    def backward(self, error_grad):
        return error_grad


class Spy(MeanMetric):
    at, seen = None, 0

    def values(self, y_true, y_pred):
        self.seen += 1
        if self.seen - 1 == self.at:
            raise KeyError("mine")
        return np.zeros(len(y_true))


def with_fuse(**compiled):
    layers = Dense(4, activation="tanh"), Fuse(), Dropout(0.3), Dense(2)
    return network(*layers, optimizer=Adam(0.01), **compiled)


def raising(self, *given):
    if self.model.optimizer.iterations == self.at:
        raise KeyError("mine")


def in_layer(net, batch):
    net.layers[1].at = batch
    net.fit(X, Y, 8, 2, shuffle=False, verbose=0)


def in_metric(net, batch):
    spy = Spy(name="spy")
    net.metrics.plain["spy"], spy.at = spy, batch - 1
    try:
        net.fit(X, Y, 8, 2, shuffle=False, verbose=0)
    finally:
        del net.metrics.plain["spy"]


def in_callback(event, at=0):
    def fail(net, batch):
        failing = type("Failing", (Callback,), {event: raising, "at": batch - at})()
        net.fit(X, Y, 8, 2, shuffle=False, verbose=0, validation_data=(X, Y), callbacks=[failing])

    return fail


FAILURES = {
    "layer": in_layer,
    "metric": in_metric,
    **{event: in_callback(event) for event in ("on_train_batch_begin", "on_train_batch_end", "on_backward_end")},
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("batches", [1, 2, 4])
def test_an_exception_stays_as_it_is_and_leaves_whole_batches(fail, batches):
    net, other, ended = with_fuse(), with_fuse(), []
    if fail is in_layer:
        net.layers[1].seen = 0
    with pytest.raises(KeyError) as caught:
        fail(net, batches)
    assert caught.value.args == ("mine",)
    for i in range(batches):
        part = slice(8 * (i % 3), 8 * (i % 3) + 8)
        other.train_on_batch(X[part], Y[part])
    assert everything(net) == everything(other)
    end = LambdaCallback(on_train_end=lambda logs: ended.append(True))
    for each in (net, other):
        each.layers[1].at = None
        each.fit(X, Y, 8, 2, shuffle=False, verbose=0, callbacks=[end])
    assert everything(net) == everything(other) and ended == [True, True]


@pytest.mark.parametrize("event", ["on_train_begin", "on_epoch_begin", "on_epoch_end", "on_test_batch_end", "on_train_end"])
def test_on_train_end_is_heard_by_all_before_the_one_that_fails(event):
    heard = []

    def fail(*given):
        raise KeyError("mine")

    first = LambdaCallback(on_train_end=lambda logs: heard.append("first"))
    net = with_fuse()
    with pytest.raises(KeyError):
        net.fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=[first, LambdaCallback(**{event: fail})])
    assert heard == ["first"] and net.fit(X, Y, verbose=0).epoch == [0]


def test_other_batch_sizes_and_numbers_of_samples_between_calls():
    net = with_fuse()
    for n, batch_size in ((24, 8), (5, 3), (24, 100), (1, 1), (24, 5)):
        assert len(net.fit(X[:n], Y[:n], batch_size, verbose=0).history["loss"]) == 1
        assert net.predict(X[:n]).shape == (n, 2) and np.isfinite(net.evaluate(X[:n], Y[:n], batch_size, verbose=0))


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_another_width_after_building_is_refused(verb):
    net = with_fuse()
    net.fit(X, Y, verbose=0)
    before = everything(net)
    with pytest.raises(ShapeError, match=r"layer 0, dense \(Dense\): expects \(batch, 5\), got \(24, 4\)"):
        getattr(net, verb)(X[:, :4], Y)
    with pytest.raises(ShapeError, match=r"expects \(batch, 5\), got \(24, 4\)"):
        net.fit(X, Y, validation_data=(X[:, :4], Y), verbose=0)
    assert everything(net) == before


def test_fitting_again_goes_on_with_slots_and_orders_and_restarts_epochs_and_history():
    net, other = with_fuse(), with_fuse()
    net.fit(X, Y, 8, 3, verbose=0)
    for _ in range(3):
        history = other.fit(X, Y, 8, 1, verbose=0)
        assert history.epoch == [0]
    assert everything(net) == everything(other) and net.shuffles == other.shuffles == 3


def test_freezing_in_a_callback_takes_effect_at_the_next_batch_and_keeps_the_slots():
    net, other = with_fuse(), with_fuse()

    def freeze(epoch, logs):
        net.layers[0].trainable = epoch != 1

    net.fit(X, Y, 8, 3, shuffle=False, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=freeze)])
    for epoch in range(3):
        other.layers[0].trainable = epoch != 1
        before = other.layers[0].get_weights()
        other.fit(X, Y, 8, shuffle=False, verbose=0)
        assert all(map(np.array_equal, before, other.layers[0].get_weights())) == (epoch == 1)
    assert everything(net) == everything(other)


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"])
def test_a_copy_made_in_the_middle_trains_on_like_the_original(clone):
    net, copies = with_fuse(), []

    class Copy(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 4:
                copies.append(clone(self.model))

    net.fit(X, Y, 8, 2, shuffle=False, verbose=0, callbacks=[Copy()])
    (other,) = copies
    other.fit(X[8:], Y[8:], 8, shuffle=False, verbose=0)
    assert everything(net) == everything(other)


class Largest(Metric):
    """Counts in place, and holds another metric."""

    def __init__(self, inner=None, **options):
        self.inner, self.sums = inner or MeanAbsoluteError(), np.zeros(2)
        super().__init__(**options)

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.inner.update_state(y_true, y_pred)
        self.sums += np.abs(y_true - y_pred).max(axis=0)

    def result(self):
        return self.sums.sum() + self.inner.result()

    def reset_state(self):
        self.inner.reset_state()
        self.sums[:] = 0


LOOKS = {
    "evaluate": lambda net: net.evaluate(X[:5], Y[:5], verbose=0),
    "test_on_batch": lambda net: net.test_on_batch(X[:5], Y[:5]),
    "predict": lambda net: net.predict(X[:5], batch_size=2),
    "predict_on_batch": lambda net: net.predict_on_batch(X[:5]),
    "loss_and_grad": lambda net: net.loss_and_grad(net.get_flat(), X[:5], Y[:5]),
    "input_gradient": lambda net: net.input_gradient(X[:5], Y[:5]),
    "activations": lambda net: net.activations(X[:5]),
    "check_gradients": lambda net: net.check_gradients(X[:2], Y[:2]),
    "health": lambda net: net.health(X[:5], Y[:5]),
    "jump_back": lambda net: net.jump_back(X[:5], Y[:5]),
    "check": lambda net: net.check(X[:5], Y[:5]),
}
EVENTS = [event for event in vars(Callback) if event.startswith("on_") and "predict" not in event]


def on_all(verb, net):
    return LambdaCallback(**dict.fromkeys(EVENTS, lambda *given: verb(net)))


@pytest.mark.parametrize("verb", LOOKS.values(), ids=LOOKS)
def test_callbacks_may_look_at_any_time(verb):
    net, other = (with_fuse(metrics=["mae", Largest(), "accuracy"]) for _ in range(2))
    found = net.fit(X, Y, 8, 2, verbose=0, validation_data=(X, Y), callbacks=[on_all(verb, net)])
    wanted = other.fit(X, Y, 8, 2, verbose=0, validation_data=(X, Y))
    assert found.history == wanted.history and everything(net) == everything(other)
    assert net.evaluate(X, Y, 8, verbose=0, callbacks=[on_all(verb, net)]) == other.evaluate(X, Y, 8, verbose=0)


def test_callbacks_that_train_leave_the_metrics_and_the_waiting_gradients_as_they_were():
    def train(net):
        net.train_on_batch(X[:5], Y[:5])

    net, other = (Sequential([Input((5,)), Dense(2)], dtype="float64", seed=1) for _ in range(2))
    for each in (net, other):
        each.compile(SGD(0.0), "mse", ["mae", Largest()])
    found = net.fit(X, Y, 8, 2, verbose=0, validation_data=(X, Y), callbacks=[on_all(train, net)])
    assert found.history == other.fit(X, Y, 8, 2, verbose=0, validation_data=(X, Y)).history
    net.optimizer.learning_rate, before = 0.1, net.packed.params.copy()
    net.fit(X, Y, 24, verbose=0, callbacks=[LambdaCallback(on_backward_end=lambda *given: train(net))])
    wanted = -np.sum([other.loss_and_grad(before, X[:n], Y[:n])[1] for n in (5, 24)], axis=0)
    np.testing.assert_allclose((net.packed.params - before) / 0.1, wanted, rtol=1e-12)


@pytest.mark.parametrize("event", [event for event in EVENTS if event != "on_train_end"])
def test_compiling_without_a_loss_in_a_callback_says_what_is_missing(event):
    net = with_fuse()
    anew = LambdaCallback(**{event: lambda *given: net.compile("sgd")})
    with pytest.raises(UsageError, match=r"needs a loss: compile\(\.\.\., loss='mse'\) first"):
        net.fit(X, Y, 8, 2, verbose=0, validation_data=(X, Y), callbacks=[anew])


def test_fit_before_compile_says_what_is_missing():
    net = Sequential([Dense(2)])
    with pytest.raises(UsageError, match=r"fit needs compile\(optimizer=\.\.\., loss=\.\.\.\) first"):
        net.fit(iter([(X, Y)]), verbose=0)


def test_the_caller_may_change_the_data_between_batches_and_afterwards():
    net, other = with_fuse(), with_fuse()
    x, y = X.copy(), Y.copy()

    def spoil(batch, logs):
        x[8 * batch : 8 * batch + 8] = np.nan  # those of this batch, which are copied already

    net.fit(x, y, 8, shuffle=False, verbose=0, callbacks=[LambdaCallback(on_train_batch_begin=spoil)])
    other.fit(X, Y, 8, shuffle=False, verbose=0)
    assert everything(net) == everything(other)
    y_pred = net.predict(x := X.copy())
    x[...] = 0
    assert np.array_equal(y_pred, other.predict(X))


@pytest.mark.parametrize("verb", ["fit", "train_on_batch"])
def test_a_label_out_of_range_in_the_second_batch_leaves_the_first(verb):
    net = Sequential([Input((5,)), Dense(2, activation="softmax")], dtype="float64", seed=1)
    net.compile("sgd", SparseCategoricalCrossentropyLoss())
    other = copy.deepcopy(net)
    labels = np.repeat([0, 1, 7], 8)
    with pytest.raises(ValueError, match="class numbers must be 0 to 1 for 2 outputs, got 7 to 7"):
        if verb == "fit":
            net.fit((part for part in ((X[i : i + 8], labels[i : i + 8]) for i in (0, 8, 16))), verbose=0)
        else:
            for part in (slice(0, 8), slice(8, 16), slice(16, 24)):
                net.train_on_batch(X[part], labels[part])
    other.fit(X[:16], labels[:16], 8, shuffle=False, verbose=0)
    assert np.array_equal(net.packed.params, other.packed.params)
