"""A training that was stopped goes on and ends with the same bits as one that never was; ModelCheckpoint."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from builders import network

import minifw
from minifw import SGD, Adam, ArgumentValueError, ModelFormatError, Sequential, load_model
from minifw.callbacks import (
    BackupAndRestore,
    Callback,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from minifw.config import registered
from minifw.files import checkpoint, machine
from minifw.layers import Dense, Dropout, Input, Residual

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(75, 4)), RNG.normal(size=(75, 2))  # 60 of them train: 20 batches of 3
OPTIMIZERS = {
    **{cls.__name__: cls for cls in registered("optimizer")},
    "accumulating": lambda: Adam(0.01, gradient_accumulation_steps=3, use_ema=True),
    "schedule": lambda: SGD(minifw.ExponentialDecay(0.01, 7, 0.9), momentum=0.9),
}
SMALL = [cls for cls in registered("layer") if cls.__name__ == "BatchNormalization"]


class StoppedError(Exception):
    pass


class StopAfter(Callback):
    """Ends training after so many batches of this process."""

    def __init__(self, batches):
        self.left = batches

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            raise StoppedError
        self.left -= 1


def of_everything(optimizer="adam", loss="mse"):
    layers = [Dense(5, "tanh"), *[cls() for cls in SMALL], Dropout(0.3), Residual([Dense(5, kernel_constraint="max_norm")])]
    layers += [Dropout(0.2, seed=3), Dense(2, kernel_regularizer="l2")]
    measured = {"metrics": ["mae"], "weighted_metrics": ["mse"]}
    return network(*layers, inputs=(4,), optimizer=optimizer, loss=loss, dtype="float32", **measured)


def callbacks(net, watch=True):
    if not watch:
        return []
    early = EarlyStopping("val_loss", patience=50, restore_best_weights=True)
    plateau = ReduceLROnPlateau("loss", patience=0, min_delta=10.0, factor=0.9)
    return [early] if callable(net.optimizer._learning_rate) else [early, plateau]  # which refuses a schedule


def train(net, folder=None, stop=None, watch=True, save_freq=1, **options):
    told = callbacks(net, watch)
    told += [StopAfter(stop)] if stop is not None else [StopAfter(-1)]
    told += [BackupAndRestore(folder, save_freq)] if folder is not None else []
    options = {"batch_size": 3, "epochs": 3, "validation_split": 0.2, "verbose": 0, **options}
    try:
        return net.fit(X, Y, callbacks=told, **options).history
    except StoppedError:
        return None


def ended(net):
    return net.fingerprint(), net.packed.params.tobytes()


# -- the same bits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("stops", [[27], pytest.param(range(1, 60), marks=pytest.mark.campaign)], ids=len)
def test_a_run_that_stops_after_any_batch_ends_with_the_same_bits(optimizer, stops, tmp_path):
    whole = of_everything(OPTIMIZERS[optimizer]())
    history = train(whole)
    for stop in stops:
        folder = tmp_path / str(stop)
        assert train(of_everything(OPTIMIZERS[optimizer]()), folder, stop) is None
        net = of_everything(OPTIMIZERS[optimizer]())
        assert train(net, folder) == history
        assert ended(net) == ended(whole) and not folder.exists()


def test_a_resume_of_a_resume_from_checkpoints_of_every_kind(tmp_path):
    whole = of_everything()
    history = train(whole)
    for save_freq, stops in (("epoch", [20, 25, 10]), (4, [6, 9, 1, 14]), (50, [51, 3]), (1, [1] * 30)):
        for stop in stops:
            assert train(of_everything(), tmp_path, stop, save_freq=save_freq) is None
        net = of_everything()
        assert train(net, tmp_path, save_freq=save_freq) == history and ended(net) == ended(whole)


@pytest.mark.parametrize("stops", [[6, 7, 13], pytest.param(range(1, 28), marks=pytest.mark.campaign)], ids=len)
def test_steps_that_go_on_across_epochs_and_batches_from_a_sequence(stops, tmp_path):
    batches = [(X[i : i + 5], Y[i : i + 5]) for i in range(0, 60, 5)]
    for arguments in ((X, Y), (batches,)):
        options = {"steps_per_epoch": 7, "epochs": 4, "verbose": 0}
        size = {"batch_size": 5} if arguments[1:] else {}

        def run(stop, folder=None, options=options, size=size, arguments=arguments):
            net = of_everything()
            told = [StopAfter(stop), *([BackupAndRestore(folder, 1)] if folder else [])]
            try:
                return net.fit(*arguments, callbacks=told, **options, **size).history, ended(net)
            except StoppedError:
                return None

        whole = run(-1)
        for stop in stops:
            assert run(stop, tmp_path) is None
            assert run(-1, tmp_path) == whole


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    def run(folder=None, stop=-1):
        net = of_everything()
        early = EarlyStopping("loss", patience=0, min_delta=100.0, restore_best_weights=True)
        told = [early, StopAfter(stop), *([BackupAndRestore(folder, delete_checkpoint=False)] if folder else [])]
        return net.fit(X, Y, epochs=9, verbose=0, callbacks=told).history, ended(net)

    whole = run()
    assert len(whole[0]["loss"]) == 2
    assert run(tmp_path) == whole and run(tmp_path) == whole


def test_a_stop_within_an_epoch_is_kept_too(tmp_path):
    class StopAt(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 4:
                self.model.stop_training = True

    def run(told):
        net = of_everything()
        return net.fit(X, Y, batch_size=3, epochs=2, verbose=0, callbacks=told).history, ended(net)

    class StopInValidation(StopAt):
        def on_epoch_end(self, epoch, logs=None):
            raise StoppedError

    whole = run([StopAt()])
    StopInValidation.__name__ = "StopAt"
    with pytest.raises(StoppedError):
        run([StopInValidation(), BackupAndRestore(tmp_path, 1)])
    assert run([StopAt(), BackupAndRestore(tmp_path, 1)]) == whole


def test_resume_goes_on_from_a_folder_and_flags_and_rates_come_along(tmp_path):
    class Thaw(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.layers[0].trainable = epoch > 0
            self.model.layers[-1].learning_rate_multiplier = 1.0 / (1 + epoch)

    def run(stop=-1, **options):
        net = of_everything("sgd")
        told = [Thaw(), LearningRateScheduler(lambda epoch, rate: rate * 0.5), StopAfter(stop), *options.pop("told", [])]
        try:
            return net.fit(X, Y, batch_size=3, epochs=3, verbose=0, callbacks=told, **options).history, ended(net)
        except StoppedError:
            return None

    whole = run()
    run(27, told=[BackupAndRestore(tmp_path / "a", 2)])
    assert run(resume=tmp_path / "a") == whole
    assert os.listdir(tmp_path / "a") == ["backup-000001-00000001.safetensors"]
    assert run(resume=tmp_path / "missing") == whole
    assert load_model(tmp_path / "a" / "backup-000001-00000001.safetensors").optimizer.iterations == 26


SCRIPT = """if True:
    import sys, os
    sys.path.insert(0, {tests!r})
    import importlib.util
    spec = importlib.util.spec_from_file_location("resume_tests", {file!r})
    tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tests)
    print("ready", flush=True)
    net = tests.of_everything(tests.OPTIMIZERS[sys.argv[2]]())
    history = tests.train(net, sys.argv[1], int(sys.argv[3]))
    print(tests.ended(net)[0], history)"""


def process(folder, optimizer, stop):
    code = SCRIPT.format(tests=str(Path(__file__).parents[1]), file=__file__)
    command = [sys.executable, "-c", code, str(folder), optimizer, str(stop)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def output(running):
    text, _ = running.communicate()
    assert running.returncode == 0
    return text.splitlines()[-1]


@pytest.mark.parametrize("count", [1, pytest.param(10, marks=pytest.mark.campaign)])
def test_a_new_process_ends_with_the_same_bits(count, tmp_path):
    whole = of_everything()
    expected = f"{train(whole) and ended(whole)[0]}"
    for i in range(count):
        assert output(process(tmp_path / str(i), "Adam", 5 + 4 * i)).endswith("None")
        assert output(process(tmp_path / str(i), "Adam", -1)).startswith(expected)


@pytest.mark.campaign
def test_kills_at_random_moments_leave_the_same_bits(tmp_path):
    whole = of_everything()
    expected = train(whole) and ended(whole)[0]
    rng, kills = np.random.default_rng(1), 0
    for _ in range(10):
        for _ in range(3):
            running = process(tmp_path, "Adam", -1)
            running.stdout.readline()
            time.sleep(rng.uniform(0, 0.3))
            running.send_signal(signal.SIGKILL)
            running.communicate()
            kills += running.returncode == -signal.SIGKILL
        assert output(process(tmp_path, "Adam", -1)).startswith(expected)
    assert kills > 10


# -- what does not fit, what is damaged -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    train(of_everything(), tmp_path, 30)
    return tmp_path


def test_another_network_optimizer_loss_or_data_is_an_error_and_changes_nothing(folder):
    other = Sequential([Input((4,)), Dense(2)], seed=1)
    other.compile("adam", "mse")
    wider = Sequential([Input((4,)), Dense(6), *of_everything().layers[1:0]], seed=1)
    wider.compile("adam", "mse")
    for net, options, match in (
        (of_everything("sgd"), {}, "made with the optimizer .*Adam.*SGD"),
        (of_everything(Adam(beta_1=0.5)), {}, "beta_1"),
        (of_everything(Adam(clipnorm=0.1)), {}, "other arguments of the optimizer: .* is missing.*; compile it as before"),
        (of_everything(loss=minifw.MSELoss(reduction="sum")), {}, "made with the loss .*sum_over.*now|sum"),
        (other, {}, "another network: "),
        (of_everything(), {"batch_size": 4}, "batch_size 3, now 4"),
        (of_everything(), {"shuffle": False}, "shuffle True, now False"),
        (of_everything(), {"validation_split": 0.32}, "samples 60, now 50"),
        (of_everything(), {"watch": False}, r"callbacks \['EarlyStopping'"),
    ):
        before = net.fingerprint()
        with pytest.raises(ArgumentValueError, match=f"(?s)resume: .*{match}"):
            train(net, folder, **options)
        assert net.fingerprint() == before


def test_an_iterator_cannot_be_resumed(folder):
    with pytest.raises(ArgumentValueError, match="an iterator cannot be brought back"):
        of_everything().fit(iter([(X, Y)]), steps_per_epoch=1, resume=folder, verbose=0)


def test_the_newest_sound_checkpoint_is_used_and_both_are_named(tmp_path):
    whole = of_everything()
    history = train(whole)
    told = [*callbacks(whole), StopAfter(30), BackupAndRestore(tmp_path, 5, keep_last=3)]
    with pytest.raises(StoppedError):
        of_everything().fit(X, Y, batch_size=3, epochs=3, validation_split=0.2, verbose=0, callbacks=told)
    newest, older, oldest = checkpoint.files(tmp_path)
    with open(newest, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    net = of_everything()
    with pytest.warns(UserWarning, match=f"(?s){newest}.*damaged.*{older} instead"):
        assert train(net, tmp_path) == history
    assert ended(net) == ended(whole)
    for path in (newest, older, oldest):
        os.makedirs(tmp_path, exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"no checkpoint")
    with pytest.warns(UserWarning), pytest.raises(ModelFormatError, match="the file 13"):
        train(of_everything(), tmp_path)
    os.unlink(older), os.unlink(oldest)
    of_everything().save(newest)
    with pytest.raises(ModelFormatError, match="no checkpoint of fit"):
        train(of_everything(), tmp_path)


@pytest.mark.parametrize("key", checkpoint.machine())
def test_another_machine_is_a_warning_that_says_what_is_other(key, folder, monkeypatch):
    now = checkpoint.machine()
    monkeypatch.setattr(checkpoint, "machine", lambda: {**now, key: "another"})
    with pytest.warns(UserWarning, match=f"{key} .*, now 'another': the rest will not be bit-exact"):
        assert train(of_everything(), folder)


def test_a_checkpoint_that_does_not_know_its_machine_is_gone_on_from(tmp_path, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(checkpoint, "machine", lambda: {"numpy": np.__version__})
        train(of_everything(), tmp_path, 30)
    assert train(of_everything(), tmp_path)


def test_the_kernel_of_openblas_is_the_one_in_use_and_else_the_one_that_was_asked_for(monkeypatch):
    asked, kernel = os.environ.get("OPENBLAS_CORETYPE"), machine.blas_kernel()
    openblas = "openblas" in str(np.show_config(mode="dicts")["Build Dependencies"]["blas"]).lower()
    assert (kernel and kernel.isidentifier()) if openblas else kernel == asked
    code = "from minifw.files.machine import blas_kernel; print(blas_kernel())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.strip() == str(kernel)
    monkeypatch.setitem(sys.modules, "ctypes", None)
    assert machine.blas_kernel() == asked and machine.processor()


def test_what_a_callback_keeps_must_be_plain(tmp_path):
    class Keeps(Callback):
        kept = ("thing",)
        thing = object()

    with pytest.raises(minifw.ArgumentTypeError, match="a checkpoint keeps numbers"):
        of_everything().fit(X, Y, verbose=0, callbacks=[Keeps(), BackupAndRestore(tmp_path)])


@pytest.mark.parametrize("arguments", [{"save_freq": "batch"}, {"save_freq": 0}, {"keep_last": 0}])
def test_arguments_of_a_backup(arguments, tmp_path):
    with pytest.raises(ArgumentValueError):
        BackupAndRestore(tmp_path, **arguments)


# -- ModelCheckpoint --------------------------------------------------------------------------------------------------


def test_a_file_for_every_epoch_or_so_many_batches(tmp_path):
    keep = ModelCheckpoint(tmp_path / "net-{epoch:02d}-{val_loss:.2f}.safetensors")
    history = train_with(keep)
    names = [f"net-{i + 1:02d}-{loss:.2f}.safetensors" for i, loss in enumerate(history["val_loss"])]
    assert sorted(os.listdir(tmp_path)) == sorted(names)
    keep = ModelCheckpoint(tmp_path / "weights-{epoch}-{batch}", save_freq=8, save_weights_only=True)
    train_with(keep)
    found = sorted(name for name in os.listdir(tmp_path) if name.startswith("weights"))
    assert found == [
        "weights-1-16",
        "weights-1-8",
        "weights-2-12",
        "weights-2-20",
        "weights-2-4",
        "weights-3-16",
        "weights-3-8",
    ]
    of_everything().load_weights(tmp_path / "weights-1-8")


def train_with(*told, **options):
    return of_everything().fit(X, Y, batch_size=3, epochs=3, validation_split=0.2, verbose=0, callbacks=list(told)).history


def test_only_the_best_is_saved(tmp_path, capsys):
    path = tmp_path / "best"
    keep = ModelCheckpoint(path, monitor="loss", save_best_only=True, verbose=1, initial_value_threshold=1000.0)
    history = train_with(keep)
    assert keep.best == min(history["loss"]) and load_model(path).optimizer.iterations == 20 * (
        1 + np.argmin(history["loss"])
    )
    assert (
        f"Epoch 1: loss improved from 1000.00000 to {history['loss'][0]:.5f}, saving model to {path}"
        in capsys.readouterr().out
    )
    none = ModelCheckpoint(
        tmp_path / "none", monitor="loss", mode="max", save_best_only=True, initial_value_threshold=1e9, verbose=1
    )
    train_with(none)
    assert not (tmp_path / "none").exists() and "did not improve from" in capsys.readouterr().out
    with pytest.warns(UserWarning, match="no 'nothing'"):
        train_with(ModelCheckpoint(tmp_path / "anyway", monitor="nothing", mode="min", save_best_only=True))
    assert (tmp_path / "anyway").exists()


def test_where_nothing_can_be_written_training_does_not_begin(tmp_path):
    net = of_everything()
    before = net.fingerprint()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        net.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "file" / "net")])
    with pytest.raises(FileExistsError):
        net.fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path / "file")])
    assert net.fingerprint() == before
    net.fit(X, Y, verbose=0)
    with pytest.raises(ArgumentValueError, match=r"cannot be filled \('colour'\); there are"):
        train_with(ModelCheckpoint(tmp_path / "{colour}"))
