"""The callbacks that come with the package, one by one."""

import contextlib
import copy
import csv
import functools
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from builders import network, samples

import minifw
from minifw import SGD, Adam, ExponentialDecay, MeanMetric
from minifw.errors import ArgumentTypeError, ArgumentValueError, ShapeError, UsageError

X, Y = samples(22)
NAN, INF = float("nan"), float("inf")
REFERENCE = json.loads(Path(__file__).parents[1].joinpath("reference", "callbacks.json").read_text(encoding="utf-8"))


def fast(optimizer=None, metrics=()):
    return network(optimizer=optimizer or SGD(0.5), metrics=list(metrics))


class Say(minifw.Callback):
    """Writes numbers into the logs of the epochs, before those that read them."""

    def __init__(self, *values, key="val_loss"):
        self.values, self.key = values, key

    def on_epoch_end(self, epoch, logs=None):
        if epoch < len(self.values) and self.values[epoch] is not None:
            logs[self.key] = self.values[epoch]


def told(callback, *values, key="val_loss", net=None, **options):
    """Fit with a callback that sees these numbers; returns the network."""
    net = net or fast()
    net.fit(X, Y, epochs=len(values), verbose=0, callbacks=[Say(*values, key=key), callback], **options)
    return net


# -- monitors ---------------------------------------------------------------------------------------------------------


def same(found, wanted):
    return found == wanted if wanted is not None else found is None or found != found


@pytest.mark.parametrize("case", REFERENCE, ids=range(len(REFERENCE)))
def test_the_decisions_are_those_of_keras(case):
    callback = getattr(minifw, case["class"])(**case["options"])
    values, found, rates = [NAN if value is None else value for value in case["values"]], case["found"], []
    net = fast()

    class Weight(minifw.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            net.layers[1].params.bias = np.full(2, float(epoch))

        def on_train_batch_end(self, batch, logs=None):
            net.layers[1].params.bias = np.full(2, float(len(rates)))

    class Rates(minifw.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(logs.get("learning_rate"))

    say = Say(*values, key="loss")
    net.fit(X, Y, epochs=len(values), verbose=0, callbacks=[Weight(), say, callback, Rates()])
    assert len(rates) == found["epochs"] and net.layers[1].params.bias[0] == found["weight"]
    assert rates == found["rates"] and net.optimizer.learning_rate == found["rate"]
    for name in ("best", "best_epoch", "stopped_epoch", "wait", "cooldown_counter"):
        assert same(getattr(callback, name, None), found.get(name)), name


@pytest.mark.parametrize("monitor, values, epochs", [("val_mae", (3, 2, 1, 1), 4), ("val_accuracy", (1, 2, 3, 3), 4)])
def test_the_direction_is_that_of_the_metric(monitor, values, epochs):
    stop = minifw.EarlyStopping(monitor=monitor)
    told(stop, *values, 9, 9, key=monitor, net=fast(metrics=["mae", "accuracy"]))
    assert stop.stopped_epoch + 1 == epochs and stop.best == values[2]


@pytest.mark.parametrize("metric", ["mse", "mae", "accuracy", "binary_accuracy", "categorical_accuracy"])
def test_every_metric_has_a_direction(metric):
    assert told(minifw.EarlyStopping(monitor=metric), 1.0, key=metric, net=fast(metrics=[metric])).history.epoch == [0]


class Odd(MeanMetric):
    def values(self, y_true, y_pred):
        return np.abs(y_true - y_pred).max(axis=-1)


@pytest.mark.parametrize("callback", [minifw.EarlyStopping, minifw.ReduceLROnPlateau])
def test_several_numbers_cannot_be_watched(callback):
    with pytest.raises(ShapeError, match=rf"{callback.__name__}: 'several' is 3 numbers, and only one can be watched"):
        told(callback(monitor="several", mode="min"), np.ones(3), key="several")
    assert told(callback(monitor="one", mode="min"), np.array(1.0), key="one").history.epoch == [0]


@pytest.mark.parametrize("callback", [minifw.EarlyStopping, minifw.ReduceLROnPlateau])
def test_an_unknown_direction_is_an_error_before_anything_is_trained(callback):
    for metrics, monitor, words in (
        (["mae"], "val_mea", r"'val_mea' .*mode='max' or mode='min'.*did you mean 'mae'"),
        ([Odd(name="odd")], "val_odd", r"'val_odd' should be large or small is not known"),
        ([], "learning_rate", "is not known"),
    ):
        net = fast(metrics=metrics)
        before = net.get_weights()
        with pytest.raises(ArgumentValueError, match=rf"{callback.__name__}: whether .*{words}"):
            net.fit(X, Y, verbose=0, callbacks=[callback(monitor=monitor)])
        assert all(map(np.array_equal, before, net.get_weights())) and net.history.epoch == []
    assert told(callback(monitor="extra", mode="min"), 1, 2, key="extra").history.epoch[0] == 0


@pytest.mark.parametrize("callback", [minifw.EarlyStopping, minifw.ReduceLROnPlateau])
def test_a_missing_monitor_is_a_warning_that_lists_what_is_there(callback):
    net = fast(metrics=["mae"])
    with pytest.warns(UserWarning, match=rf"{callback.__name__}: the logs have no 'val_loss'.*they have .*loss, mae"):
        history = net.fit(X, Y, epochs=2, verbose=0, callbacks=[callback()])
    assert history.epoch == [0, 1]


def test_another_mode_is_a_warning_and_auto():
    with pytest.warns(UserWarning, match="EarlyStopping: mode 'least' is none of"):
        stop = minifw.EarlyStopping(mode="least")
    assert stop.mode == "auto"


# -- EarlyStopping ----------------------------------------------------------------------------------------------------


def test_early_stopping_says_what_it_does(capsys):
    stop = minifw.EarlyStopping(patience=2, restore_best_weights=True, verbose=1)
    told(stop, 9, 8, 7, 6, 5, 4, 4, 4, 1)
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (4, 5, 7)
    assert capsys.readouterr().out == (
        "Epoch 8: early stopping\nRestoring model weights from the end of the best epoch: 6.\n"
    )


def test_the_best_weights_come_back_also_when_the_epochs_run_out():
    best = {}
    keep = minifw.LambdaCallback(on_epoch_end=lambda epoch, logs: best.update({epoch: net.get_weights()}))
    net = fast()
    stop = minifw.EarlyStopping(patience=9, restore_best_weights=True)
    net.fit(X, Y, epochs=4, verbose=0, callbacks=[Say(3, 1, 2, 2), keep, stop])
    assert stop.stopped_epoch == 0 and stop.best_epoch == 1
    assert all(map(np.array_equal, net.get_weights(), best[1]))


def test_the_best_weights_come_back_also_when_an_error_ends_training():
    def fail(epoch, logs):
        if epoch == 2:
            raise KeyError("mine")

    net, best = fast(), []
    keep = minifw.LambdaCallback(on_epoch_end=lambda epoch, logs: best.append(net.get_weights()))
    stop = minifw.EarlyStopping(patience=9, restore_best_weights=True)
    with pytest.raises(KeyError):
        net.fit(X, Y, epochs=4, verbose=0, callbacks=[Say(1, 2, 2), keep, stop, minifw.LambdaCallback(on_epoch_end=fail)])
    assert all(map(np.array_equal, net.get_weights(), best[0]))


def test_without_restoring_the_last_weights_stay():
    net, other = fast(), fast()
    told(minifw.EarlyStopping(), 1, 2, 3, net=net)
    other.fit(X, Y, epochs=2, verbose=0)
    assert all(map(np.array_equal, net.get_weights(), other.get_weights()))


def test_a_used_callback_starts_anew():
    stop = minifw.EarlyStopping(restore_best_weights=True)
    told(stop, 0.1, 0.2)
    assert stop.stopped_epoch == 1
    net = told(stop, 5, 4, 3)
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (3, 2, 0) and net.history.epoch == [0, 1, 2]


# -- ReduceLROnPlateau, LearningRateScheduler -------------------------------------------------------------------------


def test_reduce_says_what_it_does_and_logs_the_rate_of_the_epoch(capsys):
    net = told(minifw.ReduceLROnPlateau(patience=1, factor=0.5, verbose=1, min_lr=0.2), 1, 1, 1, 1)
    assert net.history.history["learning_rate"] == [0.5, 0.5, 0.25, 0.2]
    assert capsys.readouterr().out == (
        "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.25.\n"
        "Epoch 3: ReduceLROnPlateau reducing learning rate to 0.2.\n"
    )


class Halving:
    def __call__(self, epoch, rate, /):
        return rate / 2

    def method(self, *given):
        return given[1] / 2


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch, rate: rate / 2,
        lambda epoch: 0.5 / 2 ** (epoch + 1),
        lambda epoch, lr=0.0: lr / 2,
        lambda epoch, *, base=0.5: base / 2 ** (epoch + 1),
        Halving(),
        Halving().method,
        functools.partial(lambda base, epoch: base / 2 ** (epoch + 1), 0.5),
    ],
)
def test_the_schedule_takes_the_epoch_and_the_rate_or_the_epoch(capsys, schedule):
    net = fast()
    net.fit(X, Y, epochs=3, verbose=0, callbacks=[minifw.LearningRateScheduler(schedule, verbose=1)])
    assert net.history.history["learning_rate"] == [0.25, 0.125, 0.0625] and net.optimizer.learning_rate == 0.0625
    assert capsys.readouterr().out.splitlines()[1] == "Epoch 2: LearningRateScheduler setting learning rate to 0.125."


@pytest.mark.parametrize("schedule", [lambda epoch: epoch + None, lambda epoch, rate: len(epoch), lambda: 0.1])
def test_a_type_error_of_the_schedule_is_its_own(schedule):
    with pytest.raises(TypeError) as caught:
        schedule(*(0, 0.5)[: schedule.__code__.co_argcount or 1])
    with pytest.raises(TypeError) as found:
        fast().fit(X, Y, verbose=0, callbacks=[minifw.LearningRateScheduler(schedule)])
    assert str(found.value) == str(caught.value) and found.value.__context__ is None


def test_the_rate_is_that_of_the_epoch():
    net, other = fast(), fast()
    net.fit(X, Y, epochs=2, verbose=0, callbacks=[minifw.LearningRateScheduler(lambda epoch: [0.1, 0.2][epoch])])
    other.optimizer.learning_rate = 0.1
    other.fit(X, Y, verbose=0)
    other.optimizer.learning_rate = 0.2
    other.fit(X, Y, verbose=0)
    assert all(map(np.array_equal, net.get_weights(), other.get_weights()))


@pytest.mark.parametrize(
    "value, error", [(1, TypeError), ("0.1", TypeError), (None, TypeError), (NAN, ValueError), (-0.1, ValueError)]
)
def test_the_schedule_must_return_a_rate(value, error):
    net = fast()
    with pytest.raises(error, match=r"LearningRateScheduler: the schedule .* for epoch 0"):
        net.fit(X, Y, verbose=0, callbacks=[minifw.LearningRateScheduler(lambda epoch, rate: value)])
    assert net.optimizer.iterations == 0


def test_a_numpy_float_is_a_float():
    net = fast()
    net.fit(X, Y, verbose=0, callbacks=[minifw.LearningRateScheduler(lambda epoch, rate: np.float32(0.25))])
    assert type(net.optimizer.learning_rate) is float and net.optimizer.learning_rate == 0.25


@pytest.mark.parametrize("rate", [ExponentialDecay(0.1, 10, 0.9), lambda step: 0.1])
@pytest.mark.parametrize("callback", [minifw.ReduceLROnPlateau(), minifw.LearningRateScheduler(lambda epoch: 0.1)])
def test_a_rate_that_follows_a_schedule_cannot_be_set(rate, callback):
    net = fast(SGD(rate))
    with pytest.raises(
        ArgumentTypeError, match=f"{type(callback).__name__} sets the learning rate, but .* make the optimizer"
    ):
        net.fit(X, Y, verbose=0, callbacks=[callback])
    assert net.optimizer.iterations == 0


@pytest.mark.parametrize("callback", [minifw.ReduceLROnPlateau(), minifw.LearningRateScheduler(lambda epoch: 0.1)])
def test_without_a_network_there_is_no_rate(callback):
    with pytest.raises(UsageError, match=r"fit\(callbacks=\[\.\.\.\]\)"):
        callback.on_epoch_end(0, {"val_loss": 1.0})


# -- CSVLogger --------------------------------------------------------------------------------------------------------


def lines(path):
    return Path(path).read_text(encoding="utf-8").splitlines()


def test_a_line_an_epoch_with_sorted_columns(tmp_path):
    net, log = fast(metrics=["mse", "mae"]), minifw.CSVLogger(tmp_path / "log.csv")
    history = net.fit(X, Y, epochs=3, verbose=0, validation_split=0.5, callbacks=[log])
    with open(tmp_path / "log.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "loss", "mae", "mse", "val_loss", "val_mae", "val_mse"]
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert all([float(row[key]) for row in rows] == values for key, values in history.history.items())
    assert (tmp_path / "log.csv").read_bytes().count(b"\r\n") == 4


def test_columns_are_those_of_the_first_epoch_and_what_is_missing_is_na(tmp_path):
    net, path = fast(), str(tmp_path / "log.csv")
    say = Say(None, 7, key="later")
    net.fit(
        X, Y, epochs=2, verbose=0, validation_data=(X, Y), validation_freq=2, callbacks=[say, minifw.CSVLogger(path, ";")]
    )
    header, first, second = (line.split(";") for line in lines(path))
    assert header == ["epoch", "loss", "val_loss"] and first[2] == "NA" != second[2]


def test_appending_goes_on_without_a_second_header(tmp_path):
    path = tmp_path / "log.csv"
    for epochs, append in ((2, True), (1, True)):
        fast().fit(X, Y, epochs=epochs, verbose=0, callbacks=[minifw.CSVLogger(path, append=append)])
    assert [line.split(",")[0] for line in lines(path)] == ["epoch", "0", "1", "0"]
    fast().fit(X, Y, verbose=0, callbacks=[minifw.CSVLogger(path)])
    assert len(lines(path)) == 2


def test_a_line_is_there_as_soon_as_the_epoch_is_over(tmp_path):
    path, found = tmp_path / "log.csv", []
    look = minifw.LambdaCallback(on_epoch_end=lambda epoch, logs: found.append(len(lines(path))))
    fast().fit(X, Y, epochs=3, verbose=0, callbacks=[minifw.CSVLogger(path), look])
    assert found == [2, 3, 4]


def test_values_that_are_lists_stay_in_one_column(tmp_path):
    told(minifw.CSVLogger(tmp_path / "log.csv"), np.array([1.0, 2.0]), key="many")
    with open(tmp_path / "log.csv", newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["many"] == "[1.0, 2.0]"


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize(
    ("event", "stop", "save_freq"), [("on_train_batch_end", 5, 2), ("on_epoch_end", 3, 2), ("on_epoch_begin", 3, "epoch")]
)
def test_a_resumed_run_leaves_the_lines_of_one_that_never_stopped(append, event, stop, save_freq, tmp_path):
    def run(folder, stop=None):
        def halt(*_):
            calls.append(0)
            if len(calls) == stop:
                raise KeyboardInterrupt

        calls, path = [], folder / "log.csv"
        told = [minifw.CSVLogger(path, append=append), minifw.LambdaCallback(**{event: halt})]
        told.append(minifw.BackupAndRestore(folder / "kept", save_freq))
        with contextlib.suppress(KeyboardInterrupt):
            fast().fit(X, Y, batch_size=8, epochs=4, verbose=0, callbacks=told)
        return lines(path)

    for folder in ("whole", "stopped"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "log.csv").write_text("of another run\r\n", encoding="utf-8")
    whole = run(tmp_path / "whole")
    assert run(tmp_path / "stopped", stop) != whole == run(tmp_path / "stopped")


def test_a_log_that_is_gone_or_of_an_older_checkpoint_goes_on(tmp_path):
    for state in ({"keys": ["loss"], "size": 99}, {"keys": ["loss"]}):
        log = minifw.CSVLogger(tmp_path / "log.csv")
        log.on_train_begin()
        log.set_state(state)
        log.on_epoch_end(3, {"loss": 0.5})
        log.on_train_end()
        assert lines(tmp_path / "log.csv")[-2:] == [("epoch,loss", "3,0.5")[len(state) < 2], "3,0.5"]


def test_a_file_that_cannot_be_written_is_an_error_before_training(tmp_path):
    net = fast()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        net.fit(X, Y, verbose=0, callbacks=[minifw.CSVLogger(tmp_path / "file" / "log.csv")])
    assert net.optimizer.iterations == 0


def test_missing_folders_are_made_before_training(tmp_path):
    net, seen = fast(), []
    paths = [tmp_path / "a" / "b" / "log.csv", tmp_path / "c" / "net", tmp_path / "d", tmp_path / "e" / "{epoch}" / "net"]
    look = minifw.LambdaCallback(on_epoch_begin=lambda *_: seen.append(all(path.parent.is_dir() for path in paths[:3])))
    kinds = minifw.CSVLogger, minifw.ModelCheckpoint, minifw.BackupAndRestore, minifw.ModelCheckpoint
    net.fit(X, Y, epochs=2, verbose=0, callbacks=[*(kind(path) for kind, path in zip(kinds, paths, strict=True)), look])
    assert seen == [True, True] and sorted(tmp_path.glob("e/*/net")) == [tmp_path / f"e/{i}/net" for i in (1, 2)]


# -- LambdaCallback, History ------------------------------------------------------------------------------------------


def test_lambdas_are_called_with_what_methods_are():
    calls = []
    events = [
        "on_epoch_begin",
        "on_epoch_end",
        "on_train_begin",
        "on_train_end",
        "on_train_batch_begin",
        "on_train_batch_end",
    ]
    events += ["on_backward_end", "on_test_begin", "on_test_batch_end", "on_test_end"]
    note = {event: lambda *given, event=event: calls.append((event, *given[:-1])) for event in events}
    net = fast()
    net.fit(X, Y, verbose=0, validation_data=(X, Y), callbacks=[minifw.LambdaCallback(**note)])
    assert [call[0] for call in calls] == [
        *("on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_backward_end", "on_train_batch_end"),
        *("on_test_begin", "on_test_batch_end", "on_test_end", "on_epoch_end", "on_train_end"),
    ]
    assert minifw.LambdaCallback().on_epoch_end(0, {}) is None


def test_a_misspelt_event_gets_the_nearest_one():
    with pytest.raises(ArgumentTypeError, match="'on_epoch_ends'; did you mean 'on_epoch_end'"):
        minifw.LambdaCallback(on_epoch_ends=print)
    with pytest.raises(ArgumentTypeError, match="on_epoch_end must be a function, got 3"):
        minifw.LambdaCallback(on_epoch_end=3)


def test_a_history_of_ones_own_is_used():
    mine, net = minifw.History(), fast()
    assert net.fit(X, Y, verbose=0, callbacks=[mine]) is mine is net.history and mine.epoch == [0]


# -- all --------------------------------------------------------------------------------------------------------------

WRONG = [
    lambda: minifw.EarlyStopping(patience=-1),
    lambda: minifw.EarlyStopping(patience=1.5),
    lambda: minifw.EarlyStopping(monitor=3),
    lambda: minifw.EarlyStopping(min_delta="1"),
    lambda: minifw.EarlyStopping(baseline="low"),
    lambda: minifw.EarlyStopping(start_from_epoch=-1),
    lambda: minifw.ReduceLROnPlateau(factor=1.0),
    lambda: minifw.ReduceLROnPlateau(factor=-0.5),
    lambda: minifw.ReduceLROnPlateau(cooldown=-1),
    lambda: minifw.ReduceLROnPlateau(min_lr=NAN),
    lambda: minifw.LearningRateScheduler(0.1),
    lambda: minifw.CSVLogger("log.csv", append="yes"),
]


@pytest.mark.parametrize("make", WRONG)
def test_arguments_are_checked_when_they_are_given(make):
    with pytest.raises((ArgumentTypeError, ArgumentValueError)):
        make()


def test_what_training_must_go_on_with_is_plain():
    stop, lower = minifw.EarlyStopping(patience=9, restore_best_weights=True), minifw.ReduceLROnPlateau(patience=5)
    net = fast()
    net.fit(X, Y, epochs=3, verbose=0, callbacks=[Say(1, 2, 3), stop, lower])
    state = stop.get_state()
    numbers = {"best": 1, "wait": 2, "best_epoch": 0, "stopped_epoch": 0}
    assert {key: value for key, value in state.items() if key != "best_weights"} == numbers
    assert all(type(array) is np.ndarray for array in state["best_weights"])
    assert lower.get_state() == {"best": 1, "wait": 2, "cooldown_counter": 0}
    again = minifw.EarlyStopping()
    again.set_state(state)
    assert again.get_state() == state and minifw.Callback().get_state() == {}


def test_a_history_says_how_long_it_is_and_how_far_the_loss_came():
    history = minifw.History()
    assert repr(history) == "History(no epochs)"
    for epoch in range(30):
        history.on_epoch_end(epoch, {"loss": 0.1264 - 0.00067 * epoch, "val_loss": 1.0})
        if epoch == 0:
            assert repr(history) == "History(1 epoch, loss 0.126)"
    assert repr(history) == "History(30 epochs, loss 0.126 -> 0.107)"


@pytest.mark.parametrize(
    "callback",
    [
        minifw.EarlyStopping(),
        minifw.ReduceLROnPlateau(),
        minifw.CSVLogger("x"),
        minifw.TerminateOnNaN(),
        minifw.EpochLines(),
        minifw.History(),
        minifw.MonitorCallback(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_callbacks_can_be_copied_and_pickled_after_training(callback, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = fast(Adam(0.01))
    net.fit(X, Y, epochs=2, verbose=0, validation_split=0.2, callbacks=[callback])
    for again in (copy.deepcopy(callback), pickle.loads(pickle.dumps(callback))):
        assert again.get_state().keys() == callback.get_state().keys()
