"""Ctrl-C: the first waits for the end of the batch, the second does not, and the handler comes back."""

import _thread
import random
import signal
import threading

import pytest
from builders import everything, network, samples

from minifw import Adam, Callback, Dense, Dropout, LambdaCallback, Layer, Param
from minifw.training import loop
from minifw.training.loop import Interrupt

X, Y = samples(22)


@pytest.fixture(autouse=True)
def ctrl_c():
    """A shell starts what runs in its background with Ctrl-C ignored, and nothing would interrupt then."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Count(Layer):
    """Counts its training batches in its state."""

    def build(self, input_shape):
        return {"batches": Param((1,), trainable=False)}

    def forward(self, x, training=False):
        if training:
            self.state.batches += 1
        return x

    def backward(self, error_grad):
        return error_grad


def counting():
    return network(Dense(4, activation="tanh"), Dropout(0.3), Count(), Dense(2), optimizer=Adam(0.01))


class Strike(Callback):
    """Presses Ctrl-C at an event, as often as it is told."""

    def __init__(self, event, batch=1, times=1):
        self.event, self.batch, self.times = event, batch, times
        setattr(self, event, self.strike)

    def strike(self, number, *rest):
        for _ in range(self.times if number == self.batch else 0):
            signal.raise_signal(signal.SIGINT)


def test_fifty_interrupts_at_random_moments_leave_whole_batches():
    found = []
    moments = random.Random(3)
    for _ in range(50):
        net = counting()
        timer = threading.Timer(moments.uniform(0.0, 0.01), _thread.interrupt_main)
        begin = LambdaCallback(on_train_begin=lambda logs, timer=timer: timer.start())
        with pytest.raises(KeyboardInterrupt):
            net.fit(X, Y, 8, epochs=10**9, verbose=0, shuffle=False, validation_data=(X, Y), callbacks=[begin])
        timer.join()
        assert int(net.packed.state[0]) == net.optimizer.iterations
        assert len(net.history.epoch) == len(net.history.history.get("val_loss", []))
        assert net.optimizer.iterations - 3 * len(net.history.epoch) in (0, 1, 2, 3)
        found.append((net.optimizer.iterations, net))
    other, steps = counting(), dict.fromkeys(count for count, _ in found)
    for count in range(max(steps) + 1):
        if count in steps and count:
            steps[count] = everything(other)
        part = slice(8 * (count % 3), 8 * (count % 3) + 8)
        other.train_on_batch(X[part], Y[part])
    assert all(everything(net) == steps[count] for count, net in found if count)
    assert len(steps) > 10


@pytest.mark.parametrize("event, batches", [("on_train_batch_begin", 2), ("on_backward_end", 2), ("on_train_batch_end", 2)])
def test_the_first_is_raised_when_the_batch_is_over(event, batches):
    net, other = counting(), counting()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, batch_size=8, verbose=0, shuffle=False, callbacks=[Strike(event)])
    other.fit(X[:16], Y[:16], batch_size=8, verbose=0, shuffle=False)
    assert net.optimizer.iterations == batches and everything(net) == everything(other)
    assert net.history.history == {}
    net.fit(X[16:], Y[16:], verbose=0, shuffle=False)
    other.fit(X[16:], Y[16:], verbose=0, shuffle=False)
    assert everything(net) == everything(other)


def test_net_history_holds_the_epochs_before():
    net, ended = counting(), []
    end = type("End", (Callback,), {"on_train_end": lambda self, logs=None: ended.append(sorted(logs))})
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=9, verbose=0, callbacks=[Strike("on_epoch_begin", 3), end()])
    assert net.history.epoch == [0, 1, 2] and len(net.history.history["loss"]) == 3
    assert ended == [["loss"]]


@pytest.mark.parametrize("event", ["on_test_batch_end", "on_epoch_end"])
def test_validation_and_the_end_of_an_epoch_are_boundaries_too(event):
    net = counting()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=9, verbose=0, batch_size=8, validation_data=(X, Y), callbacks=[Strike(event)])
    assert net.history.epoch == ([0, 1] if event == "on_epoch_end" else [])
    assert net.optimizer.iterations == (6 if event == "on_epoch_end" else 3)


def test_one_in_the_last_moment_is_not_lost():
    net = counting()
    strike = type("Late", (Callback,), {"on_train_end": lambda self, logs=None: signal.raise_signal(signal.SIGINT)})
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, verbose=0, callbacks=[strike()])
    assert net.history.epoch == [0]


def test_one_before_the_first_moment_leaves_a_network_that_can_be_fitted(monkeypatch):
    class Early(Interrupt):
        def __enter__(self):
            raise KeyboardInterrupt

    net = counting()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(loop, "Interrupt", Early)
        net.fit(X, Y, verbose=0)
    assert net.fit(X, Y, verbose=0).epoch == [0]


def test_the_second_ends_at_once():
    net, reached = counting(), []
    after = type("After", (Callback,), {"on_backward_end": lambda self, batch, pairs: reached.append(batch)})
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, batch_size=8, verbose=0, callbacks=[Strike("on_backward_end", times=2), after()])
    assert reached == [0] and net.optimizer.iterations == int(net.packed.state[0]) == 1


def test_an_update_that_was_cut_off_says_so():
    net = counting()
    net.fit(X, Y, verbose=0)

    def cut(step):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    net.optimizer.learning_rate = cut
    with pytest.raises(KeyboardInterrupt) as caught:
        net.fit(X, Y, verbose=0)
    assert "may be half done" in caught.value.__notes__[0]


@pytest.mark.parametrize("callbacks", [[], [Strike("on_train_batch_end", 0)]])
def test_the_handler_comes_back(callbacks):
    before = signal.getsignal(signal.SIGINT)
    try:
        counting().fit(X, Y, verbose=0, callbacks=callbacks)
    except KeyboardInterrupt:
        assert callbacks
    assert signal.getsignal(signal.SIGINT) is before is signal.default_int_handler


def test_a_handler_of_the_callers_own_is_called_when_the_batch_is_over():
    net, calls = counting(), []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(net.optimizer.iterations))
    try:
        net.fit(X, Y, batch_size=8, verbose=0, callbacks=[Strike("on_backward_end")])
        mine = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert calls == [2] and net.optimizer.iterations == 3 and mine is not before


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert counting().fit(X, Y, verbose=0, callbacks=[Strike("on_epoch_begin", 0)]).epoch == [0]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_fit_inside_the_callback_of_another_ends_with_it():
    inner = counting()
    nested = type("Nested", (Callback,), {"on_epoch_end": lambda self, epoch, logs=None: inner.fit(X, Y, 8, **inside)})
    inside = {"epochs": 9, "verbose": 0, "callbacks": [Strike("on_backward_end")]}
    net = counting()
    with pytest.raises(KeyboardInterrupt):
        net.fit(X, Y, epochs=5, verbose=0, callbacks=[nested()])
    assert inner.optimizer.iterations == 2 and net.optimizer.iterations == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_leave_signals_alone():
    found = []

    class Look(Callback):
        def on_epoch_end(self, epoch, logs=None):
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=lambda: counting().fit(X, Y, verbose=0, callbacks=[Look()]))
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
