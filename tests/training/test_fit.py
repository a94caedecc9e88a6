"""fit: the same bits as a loop by hand, Keras' semantics around it, and who is told what when."""

import functools
import re
import threading

import numpy as np
import pytest
from builders import bits, network

from minifw import L2, SGD, Adam, ArgumentTypeError, Callback, History, Sequential, UsageError
from minifw.layers import Dense, Dropout, Input, Layer, LeakyReLU, Param, Sigmoid
from minifw.losses import MSELoss, SparseCategoricalCrossentropyLoss
from minifw.metrics import Accuracy, MeanAbsoluteError, MeanSquaredError

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 5)), RNG.normal(size=(22, 2))
LABELS = RNG.integers(0, 2, 22)


class Log(Callback):
    """Writes down what it is told."""

    def __init__(self):
        self.calls = []
        self.logs = {}

    def note(self, event, *arguments):
        *numbers, logs = arguments
        self.calls.append((event, *numbers))
        if isinstance(logs, dict):
            self.logs[(event, *numbers)] = dict(logs)


for event in [name for name in vars(Callback) if name.startswith("on_")]:
    setattr(Log, event, functools.partialmethod(Log.note, event))


# -- the loop by hand -------------------------------------------------------------------------------------------------


class Fourfold(Layer):
    """Keeps a running mean in its state."""

    def build(self, input_shape):
        return {"mean": Param(input_shape, trainable=False)}

    def forward(self, x, training=False):
        if training:
            self.state.mean = 0.9 * self.state.mean + 0.1 * x.mean(axis=0)
        return x - self.state.mean

    def backward(self, error_grad):
        return error_grad


def by_hand(net, optimizer, loss, x, y, batch_size, epochs):
    values = []
    for _ in range(epochs):
        total = 0.0
        for begin in range(0, len(x), batch_size):
            part = slice(begin, begin + batch_size)
            y_pred = net.forward(x[part], training=True)
            total += (loss.forward(y[part], y_pred) + net.penalty()) * len(y_pred)
            net.backward(loss.backward())
            optimizer.step(net.params_and_grads())
        values.append(total / len(x))
    return values


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_size", [22, 8, 1])
def test_fit_and_the_loop_by_hand_give_the_same_bits(dtype, batch_size):
    layers = lambda: [Input((5,)), Dense(3), LeakyReLU(0.1), Dense(5), Sigmoid(), Dense(2), Sigmoid()]  # noqa: E731
    net, other = (Sequential(layers(), dtype=dtype, seed=42) for _ in range(2))
    values = by_hand(other, SGD(learning_rate=0.01), MSELoss(), X, Y, batch_size, 3)
    net.compile(optimizer=SGD(0.01), loss=MSELoss(), metrics=["mae"])
    history = net.fit(X, Y, batch_size=batch_size, epochs=3, shuffle=False, verbose=0)
    assert bits(net) == bits(other)
    assert history.history["loss"] == values


def hard():
    net = Sequential(
        [
            Input((5,)),
            Dense(4, kernel_regularizer=L2(0.01), activation="tanh"),
            Dropout(0.3),
            Dense(4),
            Fourfold(),
            Dense(2, bias_regularizer="l1"),
        ],
        dtype="float64",
        seed=3,
    )
    net.layers[2].trainable = False
    net.layers[4].learning_rate_multiplier = 0.5
    return net


@pytest.mark.parametrize(
    "optimizer",
    [
        {"global_clipnorm": 0.5},
        {"clipnorm": 0.1, "weight_decay": 0.01, "amsgrad": True},
        {"clipvalue": 0.01, "gradient_accumulation_steps": 2},
    ],
    ids=repr,
)
def test_also_with_everything_switched_on(optimizer):
    net, other = hard(), hard()
    values = by_hand(other, Adam(0.01, **optimizer), MSELoss(), X, Y, 8, 4)
    net.compile(Adam(0.01, **optimizer), "mse")
    history = net.fit(X, Y, batch_size=8, epochs=4, shuffle=False, verbose=0)
    assert bits(net) == bits(other)
    assert np.array_equal(net.packed.state, other.packed.state)
    assert history.history["loss"] == values


def test_train_on_batch_is_the_step_of_fit():
    net, other = network(optimizer=Adam(0.01)), network(optimizer=Adam(0.01))
    net.fit(X, Y, batch_size=22, epochs=3, shuffle=False, verbose=0)
    for _ in range(3):
        other.train_on_batch(X, Y)
    assert bits(net) == bits(other)


def test_two_networks_train_in_two_threads_as_one_after_the_other():
    nets, others = ([network(optimizer=Adam(0.01), metrics=["mae"]) for _ in range(2)] for _ in range(2))
    threads = [threading.Thread(target=net.fit, args=(X, Y, 3, 4), kwargs={"verbose": 0}) for net in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for net, other in zip(nets, others, strict=True):
        other.fit(X, Y, 3, 4, verbose=0)
        assert bits(net) == bits(other) and net.history.history == other.history.history


# -- batches and epochs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size, steps", [(None, 2), (32, 2), (10, 4), (40, 1), (1, 40), (100, 1)])
def test_batch_size_is_32_by_default_and_the_last_batch_may_be_short(batch_size, steps):
    log, net = Log(), network()
    x, y = np.resize(X, (40, 5)), np.resize(Y, (40, 2))
    history = net.fit(x, y, batch_size=batch_size, verbose=0, callbacks=[log])
    assert [call[1] for call in log.calls if call[0] == "on_train_batch_end"] == list(range(steps))
    assert history.params == {"verbose": 0, "epochs": 1, "steps": steps}
    assert net.optimizer.iterations == steps


def test_epochs_is_the_number_of_the_last_epoch():
    net = network()
    history = net.fit(X, Y, initial_epoch=2, epochs=4, verbose=0)
    assert history.epoch == [2, 3] and len(history.history["loss"]) == 2


@pytest.mark.parametrize("epochs", [{"epochs": 0}, {"epochs": 2, "initial_epoch": 2}, {"epochs": 1, "initial_epoch": 5}])
def test_no_epochs_are_a_legal_no_op(epochs):
    net, log = network(), Log()
    before = bits(net)
    history = net.fit(X, Y, verbose=0, callbacks=[log], **epochs)
    assert history.history == {} and history.epoch == [] and bits(net) == before
    assert [call[0] for call in log.calls] == ["on_train_begin", "on_train_end"]


def test_the_reported_loss_weights_batches_by_size_and_weights_move_within_the_epoch():
    net, other = network(), network()
    history = net.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
    wanted = sum(other.train_on_batch(X[i : i + 8], Y[i : i + 8]) * len(X[i : i + 8]) for i in (0, 8, 16)) / 22
    assert history.history["loss"] == [pytest.approx(wanted, rel=1e-15)]


def test_the_loss_includes_the_penalty_and_val_loss_too():
    net = Sequential([Input((5,)), Dense(2, kernel_regularizer=L2(0.5))], dtype="float64", seed=1)
    net.compile(SGD(0.0), "mse", metrics=["mse"])
    logs = net.fit(X, Y, validation_data=(X, Y), verbose=0, batch_size=5).history
    assert net.penalty() > 0.1
    for prefix in ("", "val_"):
        assert logs[f"{prefix}loss"][0] == pytest.approx(logs[f"{prefix}mse"][0] + net.penalty(), rel=1e-12)


# -- validation -------------------------------------------------------------------------------------------------------


def parts(n, share):
    """How many samples trained, and which validated."""
    seen = {True: [], False: []}

    class Watch(Dense):
        def forward(self, x, training=False):
            seen[training] += x[:, 0].astype(int).tolist()
            return super().forward(x, training)

    net = Sequential([Input((1,)), Watch(1)], seed=1)
    net.compile(SGD(0.0), "mse")
    x = np.arange(float(n))[:, None]
    net.fit(x, x, validation_split=share, verbose=0)
    return len(seen[True]), seen[False]


@pytest.mark.filterwarnings("ignore:.*the targets are sorted")
@pytest.mark.parametrize("n, share, trained", [(10, 0.2, 8), (30, 0.9, 2), (10, 0.25, 7), (7, 0.5, 3), (3, 0.34, 1)])
def test_validation_split_takes_the_last_part_before_shuffling(n, share, trained):
    assert parts(n, share) == (trained, list(range(trained, n)))


@pytest.mark.parametrize("n, share", [(22, 0.999), (1, 0.5), (1, 1e-9)])
def test_validation_split_that_leaves_a_part_empty_is_refused(n, share):
    net = network()
    before = bits(net)
    with pytest.raises(ValueError, match=rf"validation_split.*{n} samples.*both need at least one"):
        net.fit(X[:n], Y[:n], validation_split=share, verbose=0)
    assert bits(net) == before


def test_validation_split_takes_the_weights_along():
    weights = np.ones(22)
    weights[-4:] = 3.0
    net = network(optimizer=SGD(0.0))
    logs = net.fit(X, Y, sample_weight=weights, validation_split=0.2, verbose=0).history
    assert logs["val_loss"][0] == pytest.approx(net.evaluate(X[17:], Y[17:], sample_weight=weights[17:]))


def test_validation_data_comes_before_validation_split():
    net = network(optimizer=SGD(0.0))
    logs = net.fit(X, Y, validation_data=(X[:3], Y[:3]), validation_split=0.5, verbose=0).history
    assert logs["val_loss"] == [net.evaluate(X[:3], Y[:3])]
    assert net.history.params["steps"] == 1 and net.optimizer.iterations == 1


def test_validation_data_may_carry_weights():
    net, weights = network(optimizer=SGD(0.0)), np.arange(22.0)
    logs = net.fit(X, Y, validation_data=(X, Y, weights), verbose=0).history
    assert logs["val_loss"] == [net.evaluate(X, Y, sample_weight=weights)]


def test_validation_sees_the_weights_of_the_end_of_the_epoch_and_moves_nothing():
    net, other = network(), network()
    logs = net.fit(X, Y, validation_data=(X, Y), epochs=3, verbose=0).history
    other.fit(X, Y, epochs=3, verbose=0)
    assert bits(net) == bits(other) and logs["val_loss"][-1] == net.evaluate(X, Y)


@pytest.mark.parametrize("freq, epochs", [(1, [0, 1, 2, 3, 4]), (2, [1, 3]), ([1, 4], [0, 3]), (9, [])])
def test_validation_freq_is_a_stride_or_a_list_of_one_based_epochs(freq, epochs):
    log = Log()
    network().fit(X, Y, validation_data=(X, Y), validation_freq=freq, epochs=5, verbose=0, callbacks=[log])
    assert [call[1] for call in log.calls if call[0] == "on_epoch_end" and "val_loss" in log.logs[call]] == epochs


def test_validation_batch_size_is_that_of_training_unless_given():
    for given, batches in ((None, 3), (11, 2), (22, 1)):
        log = Log()
        network().fit(X, Y, batch_size=8, validation_batch_size=given, validation_data=(X, Y), verbose=0, callbacks=[log])
        assert sum(call[0] == "on_test_batch_end" for call in log.calls) == batches


# -- callbacks --------------------------------------------------------------------------------------------------------


def test_callbacks_are_told_in_keras_order():
    log = Log()
    network().fit(X, Y, batch_size=11, epochs=1, validation_data=(X[:5], Y[:5]), verbose=0, callbacks=[log])
    assert log.calls == [
        ("on_train_begin",),
        ("on_epoch_begin", 0),
        *[("on_train_batch_begin", 0), ("on_backward_end", 0), ("on_train_batch_end", 0)],
        *[("on_train_batch_begin", 1), ("on_backward_end", 1), ("on_train_batch_end", 1)],
        *[("on_test_begin",), ("on_test_batch_begin", 0), ("on_test_batch_end", 0), ("on_test_end",)],
        ("on_epoch_end", 0),
        ("on_train_end",),
    ]


def test_logs_hold_the_means_of_the_epoch_so_far():
    log, net = Log(), network(metrics=["mae"])
    history = net.fit(X, Y, batch_size=8, verbose=0, callbacks=[log])
    end = log.logs["on_epoch_end", 0]
    assert log.logs["on_train_batch_end", 2] == end == {key: values[0] for key, values in history.history.items()}
    assert log.logs["on_train_batch_end", 0]["loss"] != end["loss"]
    assert log.logs["on_train_end",] == end


def test_logs_are_sorted_and_shared_by_callbacks_in_order():
    class Write(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = epoch

    class Read(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.keys = list(logs)

    read, net = Read(), network(metrics=["mse", "mae"])
    history = net.fit(X, Y, validation_split=0.5, verbose=0, callbacks=[Write(), read])
    assert read.keys == ["loss", "mae", "mse", "val_loss", "val_mae", "val_mse", "extra"]
    assert history.history["extra"] == [0]


def test_callbacks_know_the_network_and_the_parameters():
    log, net = Log(), network()
    history = net.fit(X, Y, epochs=2, verbose=0, callbacks=[log])
    assert log.model is net and log.params == {"verbose": 0, "epochs": 2, "steps": 1}
    assert net.history is history and isinstance(history, History)


def test_on_backward_end_sees_the_gradients_before_the_update():
    net = network()

    class Watch(Callback):
        def on_backward_end(self, batch, pairs):
            assert pairs is net.params_and_grads()
            self.before = bits(net)
            self.norm = float(np.linalg.norm(net.packed.grads))

    watch, before = Watch(), bits(net)
    net.fit(X, Y, verbose=0, callbacks=[watch])
    assert watch.before == before != bits(net) and watch.norm > 0


def test_history_restarts_with_every_fit_and_slots_go_on():
    net, other = network(optimizer=Adam(0.01)), network(optimizer=Adam(0.01))
    first = net.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    second = net.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    assert second.epoch == [0, 1] and second is not first and len(first.epoch) == 2
    other.fit(X, Y, epochs=4, verbose=0, shuffle=False)
    assert bits(net) == bits(other) and net.optimizer.iterations == 4


def test_compiling_again_starts_slots_anew_and_keeps_the_weights():
    net, other = network(optimizer=Adam(0.01)), network(optimizer=Adam(0.01))
    net.fit(X, Y, verbose=0)
    before = bits(net)
    net.compile(Adam(0.01), "mse")
    assert bits(net) == before and net.optimizer.iterations == 0
    other.set_weights(net.get_weights())
    net.fit(X, Y, verbose=0, shuffle=False)
    other.fit(X, Y, verbose=0, shuffle=False)
    assert bits(net) == bits(other)


class Stop(Callback):
    def __init__(self, event, at):
        self.event, self.at = event, at

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training |= self.event == "batch" and batch == self.at

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training |= self.event == "epoch" and epoch == self.at


def test_stop_training_is_honoured_after_the_batch_and_the_epoch_is_closed():
    log, net = Log(), network()
    history = net.fit(X, Y, 5, epochs=4, verbose=0, validation_data=(X, Y), callbacks=[Stop("batch", 1), log])
    names = [call[0] for call in log.calls]
    assert names.count("on_train_batch_end") == 2 and names[-2:] == ["on_epoch_end", "on_train_end"]
    assert history.epoch == [0] and "val_loss" in history.history


@pytest.mark.parametrize(
    "event, batches, epochs",
    [
        ("on_train_begin", 0, 0),
        *[(event, 1, 1) for event in ("on_epoch_begin", "on_train_batch_begin", "on_backward_end", "on_train_batch_end")],
        *[(event, 5, 1) for event in ("on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end")],
        ("on_epoch_end", 5, 1),
        ("on_train_end", 15, 3),
    ],
)
@pytest.mark.parametrize("steps", [None, 5])
def test_every_event_may_stop_and_an_epoch_that_has_begun_ends_after_a_batch(event, batches, epochs, steps):
    stop = type("Stopping", (Callback,), {event: lambda self, *given: setattr(self.model, "stop_training", True)})
    log, net = Log(), network(metrics=["mae"])
    found = net.fit(X, Y, 5, 3, 0, [stop(), log], validation_data=(X, Y), steps_per_epoch=steps)
    names = [call[0] for call in log.calls]
    assert (names.count("on_train_batch_end"), names.count("on_epoch_end")) == (batches, epochs)
    assert net.optimizer.iterations == batches and names.count("on_epoch_begin") == epochs
    assert all(len(values) == epochs and np.isfinite(values).all() for values in found.history.values())
    assert set(found.history) == ({"loss", "mae", "val_loss", "val_mae"} if epochs else set())


def test_stop_training_is_honoured_after_the_epoch_and_forgotten_by_the_next_fit():
    net = network()
    assert net.fit(X, Y, epochs=9, verbose=0, callbacks=[Stop("epoch", 2)]).epoch == [0, 1, 2]
    assert net.fit(X, Y, epochs=2, verbose=0).epoch == [0, 1]


def test_a_callback_may_change_the_learning_rate():
    class Slow(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.0

    net = network()
    before = bits(net)
    net.fit(X, Y, verbose=0, callbacks=[Slow()])
    assert bits(net) == before and net.optimizer.learning_rate == 0.0


def test_a_callback_may_predict_and_copy_at_any_batch():
    class Curious(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.predict(X)

        def on_train_batch_end(self, batch, logs=None):
            self.model.predict(X[:3])
            self.model.get_weights()

        on_epoch_begin = on_epoch_end = on_train_begin = on_train_end = on_test_batch_end = on_train_batch_begin

    net, other = network(metrics=["mae"]), network(metrics=["mae"])
    found = net.fit(X, Y, batch_size=8, epochs=2, verbose=0, validation_split=0.2, callbacks=[Curious()]).history
    assert found == other.fit(X, Y, batch_size=8, epochs=2, verbose=0, validation_split=0.2).history
    assert bits(net) == bits(other)


@pytest.mark.parametrize("event", ["on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_epoch_end"])
def test_fit_inside_fit_is_refused(event):
    again = type("Again", (Callback,), {event: lambda self, *arguments: self.model.fit(X, Y, verbose=0)})
    net = network()
    with pytest.raises(UsageError, match="being fitted already") as caught:
        net.fit(X, Y, verbose=0, callbacks=[again()])
    assert isinstance(caught.value, RuntimeError)
    assert net.fit(X, Y, verbose=0).epoch == [0]


@pytest.mark.parametrize("event, steps", [("on_train_batch_begin", 1), ("on_backward_end", 1), ("on_train_batch_end", 2)])
def test_an_exception_in_a_callback_leaves_the_state_after_the_last_whole_batch(event, steps):
    def fail(self, batch, *rest):
        if batch == 1:
            raise KeyError("mine")

    net, other, log = network(optimizer=Adam(0.01)), network(optimizer=Adam(0.01)), Log()
    failing = type("Failing", (Callback,), {event: fail})()
    with pytest.raises(KeyError, match="mine"):
        net.fit(X, Y, 8, verbose=0, shuffle=False, callbacks=[failing, log])
    assert log.calls[-1] == ("on_train_end",)
    other.fit(X[: 8 * steps], Y[: 8 * steps], 8, verbose=0, shuffle=False)
    assert bits(net) == bits(other) and net.optimizer.iterations == steps
    net.fit(X, Y, 8, verbose=0, shuffle=False)
    other.fit(X, Y, 8, verbose=0, shuffle=False)
    assert bits(net) == bits(other)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_inside_a_layer_leaves_the_state_before_the_batch(error):
    class Fuse(Layer):
        burning = False

        def forward(self, x, training=False):
            return x

        def backward(self, error_grad):
            if self.burning:
                raise error
            return error_grad

    net = Sequential([Input((5,)), Dense(4), Fuse(), Dropout(0.5), Fourfold(), Dense(2)], seed=1, dtype="float64")
    net.compile(Adam(0.1), "mse")
    net.fit(X, Y, verbose=0)
    params, state, rng = bits(net), net.packed.state.copy(), net.layers[2].rng.bit_generator.state
    for verb in (lambda: net.fit(X, Y, verbose=0), lambda: net.train_on_batch(X, Y)):
        net.layers[1].burning = True
        with pytest.raises(error):
            verb()
        assert bits(net) == params and np.array_equal(net.packed.state, state) and net.optimizer.iterations == 1
        assert net.layers[2].rng.bit_generator.state == rng
        net.layers[1].burning = False
    net.fit(X, Y, verbose=0)


def test_the_first_batch_may_fail_and_the_dropout_still_begins_at_the_beginning():
    class Once(Layer):
        failed = False

        def forward(self, x, training=False):
            if training and not self.failed:
                self.failed = True
                raise OSError
            return x

        def backward(self, error_grad):
            return error_grad

    nets = [Sequential([Input((5,)), Dropout(0.5), Once(), Dense(2)], seed=1) for _ in range(2)]
    nets[1].layers[1].failed = True
    for net in nets:
        net.compile("sgd", "mse")
    with pytest.raises(OSError):
        nets[0].train_on_batch(X, Y)
    assert nets[0].train_on_batch(X, Y) == nets[1].train_on_batch(X, Y)


@pytest.mark.parametrize("callbacks", [[3], ["log"], [History], History, "log"])
def test_callbacks_are_a_list_of_callbacks(callbacks):
    with pytest.raises(ArgumentTypeError, match="callbacks must be a list of Callback"):
        network().fit(X, Y, verbose=0, callbacks=callbacks)


# -- weights ----------------------------------------------------------------------------------------------------------


def test_sample_weights_divide_by_the_number_of_samples():
    net, weights = network(optimizer=SGD(0.0), metrics=["mse"], weighted_metrics=["mse"]), np.arange(22.0)
    logs = net.fit(X, Y, sample_weight=weights, verbose=0, shuffle=False).history
    each = np.square(net.predict(X) - Y).mean(axis=1)
    assert logs["loss"] == [pytest.approx((weights * each).sum() / 22)]
    assert logs["mse"] == [pytest.approx(each.mean())]
    assert logs["weighted_mse"] == [pytest.approx((weights * each).sum() / weights.sum())]


def test_sample_weights_follow_their_samples_through_the_shuffle():
    net, other, weights = network(), network(), np.zeros(22)
    weights[3] = 22.0
    net.fit(X, Y, sample_weight=weights, batch_size=22, verbose=0)
    other.fit(X[3:4], Y[3:4], verbose=0)
    np.testing.assert_allclose(net.packed.params, other.packed.params, rtol=1e-12)


@pytest.mark.parametrize("shape", [(22,), (22, 1)])
def test_sample_weights_may_be_a_column(shape):
    net, other = network(), network()
    net.fit(X, Y, sample_weight=np.arange(22.0).reshape(shape), verbose=0, batch_size=8)
    other.fit(X, Y, sample_weight=np.arange(22.0), verbose=0, batch_size=8)
    assert bits(net) == bits(other)


def test_batches_of_weights_0_train_nothing():
    net, other, weights = network(), network(), np.zeros(22)
    weights[0] = 1.0
    net.fit(X, Y, sample_weight=weights, batch_size=1, verbose=0, shuffle=False)
    other.fit(X[:1], Y[:1], verbose=0)
    assert bits(net) == bits(other)


# -- metrics in logs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metrics, keys",
    [
        (["accuracy"], ["accuracy"]),
        (["acc"], ["acc"]),
        (["mse", "mae"], ["mse", "mae"]),
        (["MSE"], ["MSE"]),
        (["mse", "mse", "mse"], ["mse", "mse_1", "mse_2"]),
        ([MeanSquaredError], ["mean_squared_error"]),
        ([MeanAbsoluteError(), MeanAbsoluteError(name="mine"), Accuracy()], ["mean_absolute_error", "mine", "accuracy"]),
    ],
    ids=str,
)
def test_metrics_have_the_keys_of_keras(metrics, keys):
    net = network(metrics=metrics)
    assert list(net.fit(X, Y, verbose=0, validation_data=(X, Y)).history) == sorted(
        ["loss", *keys, "val_loss", *[f"val_{key}" for key in keys]]
    )
    assert list(net.evaluate(X, Y, return_dict=True)) == ["loss", *keys]


def test_a_weighted_metric_whose_key_is_taken_is_called_weighted():
    net = network(metrics=["mse"], weighted_metrics=["mse", "mae"])
    assert list(net.evaluate(X, Y, return_dict=True)) == ["loss", "mse", "weighted_mse", "mae"]


def classifier():
    net = Sequential([Input((5,)), Dense(2, activation="softmax")], seed=1)
    net.compile(SGD(0.0), SparseCategoricalCrossentropyLoss(), metrics=["accuracy"])
    return net


def test_accuracy_resolves_by_shape_from_batch_to_batch():
    net = classifier()
    right = (net.predict(X).argmax(axis=1) == LABELS).mean()
    for labels in (LABELS, LABELS[:, None], LABELS.astype(float)):
        assert net.fit(X, labels, batch_size=5, verbose=0).history["accuracy"] == [pytest.approx(right)]
    binary = Sequential([Input((5,)), Dense(1, activation="sigmoid")], seed=1)
    binary.compile(SGD(0.0), "mse", metrics=["accuracy"])
    right = ((binary.predict(X)[:, 0] > 0.5) == LABELS).mean()
    for labels in (LABELS, LABELS[:, None]):
        assert binary.fit(X, labels, batch_size=5, verbose=0).history["accuracy"] == [pytest.approx(right)]
    net.compile(SGD(0.0), "mse", metrics=["accuracy"])
    right = (net.predict(X).argmax(axis=1) == LABELS).mean()
    assert net.fit(X, np.eye(2)[LABELS], batch_size=5, verbose=0).history["accuracy"] == [pytest.approx(right)]


@pytest.mark.parametrize("metrics", ["accuracy", Accuracy(), 3])
def test_metrics_must_be_a_list(metrics):
    with pytest.raises(ArgumentTypeError, match="must be a list"):
        network(metrics=metrics)


# -- what is printed --------------------------------------------------------------------------------------------------

LINE = r"{n}/{n} - \d+s - \d+(s|ms|us)/step( - \w+: \d+\.\d{{4}}(e-\d\d)?)+"


def printed(capsys, **options):
    net = network(metrics=["mae"])
    net.fit(X, Y, batch_size=8, **options)
    return capsys.readouterr()


def test_verbose_0_is_silent(capsys):
    assert printed(capsys, verbose=0, epochs=3) == ("", "")


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_one_plain_line_an_epoch_under_a_header(capsys, verbose):
    out, err = printed(capsys, verbose=verbose, epochs=3, validation_split=0.5)
    assert err == "" and out.endswith("\n")
    lines = out.splitlines()
    assert lines[::2] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]
    for line in lines[1::2]:
        assert re.fullmatch(LINE.format(n=2), line) and re.findall(r"(\w+):", line) == ["loss", "mae", "val_loss", "val_mae"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2500-\u259f]", out)


def test_a_single_epoch_has_no_header(capsys):
    out, _ = printed(capsys, epochs=1)
    (line,) = out.splitlines()
    assert re.fullmatch(LINE.format(n=3), line)


def test_header_counts_from_the_initial_epoch(capsys):
    out, _ = printed(capsys, epochs=5, initial_epoch=3)
    assert out.splitlines()[::2] == ["Epoch 4/5", "Epoch 5/5"]


def test_values_have_four_digits_and_small_ones_an_exponent(capsys):
    net = network(optimizer=SGD(0.0))
    net.set_weights([0 * w for w in net.get_weights()])
    net.fit(X, np.full((22, 2), 0.01), verbose=2)
    net.fit(X, np.full((22, 2), 2.0), verbose=2)
    assert re.findall(r"loss: (\S+)", capsys.readouterr().out) == ["1.0000e-04", "4.0000"]


@pytest.mark.parametrize("verbose", [3, -1, "loud", None, 1.0])
def test_another_verbose_is_refused(verbose):
    with pytest.raises(ValueError, match="verbose"):
        network().fit(X, Y, verbose=verbose)
