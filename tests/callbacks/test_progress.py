"""What is printed in a terminal, in a pipe and in a notebook."""

import io
import os
import re
import subprocess
import sys
import types
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from builders import network

from minifw import SGD, Callback, Dense, EarlyStopping, EpochLines, ProgressBar
from minifw.__main__ import main
from minifw.callbacks.base import say
from minifw.callbacks.progress import bar_fits

X, Y = np.ones((22, 5)), np.ones((22, 2))
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2500-\u259f]")


def dense():
    return network(Dense(2), optimizer=SGD(0.01), dtype="float32", metrics=["mae"])


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Notebook(io.StringIO):
    """What stdout is in a notebook: no terminal."""


Notebook.__module__ = "ipykernel.iostream"


class Bar:
    """Stands for tqdm, and writes down what it is asked."""

    calls: list = []  # noqa: RUF012

    def __init__(self, total, file, leave, bar_format):
        self.total, self.n = total, 0
        assert file is sys.stdout and not leave
        self.calls.append(("open", total))

    def update(self, n):
        self.n += n
        return True

    def set_description_str(self, text):
        self.calls.append((self.n, text))

    def close(self):
        self.calls.append("close")

    @staticmethod
    def write(text):
        sys.stdout.write(text + "\n")


@pytest.fixture
def bar(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", types.SimpleNamespace(tqdm=Bar))
    monkeypatch.setattr(Bar, "calls", [])
    return Bar


seen = pytest.mark.parametrize("kind", [Terminal, Notebook])


@seen
@pytest.mark.parametrize("verbose", [1, "auto", True])
def test_a_bar_grows_where_somebody_sees_it(bar, kind, verbose):
    with redirect_stdout(kind()) as out:
        dense().fit(X, Y, batch_size=8, epochs=2, verbose=verbose, validation_data=(X, Y))
    epoch = [call if call == "close" else call[0] for call in bar.calls[: len(bar.calls) // 2]]
    assert epoch == ["open", 1, 2, 3, "close"] and bar.calls[0] == ("open", 3)
    assert re.fullmatch(r" - loss: \d\.\d{4} - mae: \d\.\d{4}", bar.calls[2][1])
    lines = out.getvalue().splitlines()
    assert lines[::2] == ["Epoch 1/2", "Epoch 2/2"] and all("val_mae" in line for line in lines[1::2])


@seen
def test_the_bar_is_gone_before_anything_else_is_printed(bar, kind):
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

        def on_epoch_end(self, epoch, logs=None):
            assert bar.calls[-1] == "close"
            say("Stop!")

    with redirect_stdout(kind()) as out:
        dense().fit(X, Y, batch_size=8, callbacks=[Stop()])
    assert out.getvalue().startswith("Stop!\n3/3 - ")


@seen
def test_the_bar_is_gone_after_an_error(bar, kind):
    class Fail(Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyError

    with redirect_stdout(kind()), pytest.raises(KeyError):
        dense().fit(X, Y, batch_size=8, callbacks=[Fail()])
    assert bar.calls == [("open", 3), "close"]


@seen
def test_evaluation_and_prediction_have_bars_too(bar, kind):
    with redirect_stdout(kind()) as out:
        dense().evaluate(X, Y, batch_size=8)
        dense().predict(X, batch_size=8, verbose=1)
    calls = [call if call == "close" else call[0] for call in bar.calls]
    assert calls == ["open", 1, 2, 3, "close"] * 2 and bar.calls[-2] == (3, "")
    assert out.getvalue().count("3/3 - 0s - ") == 2


@seen
def test_a_generator_of_unknown_length_is_counted(bar, kind):
    net, batches = dense(), [(X, Y)] * 3
    with redirect_stdout(kind()) as out:
        net.fit(iter(batches))
    assert bar.calls[0] == ("open", None) and out.getvalue().startswith("3/3 - 0s - ")
    assert net.history.params["steps"] == 3


@seen
@pytest.mark.parametrize("options", [{"verbose": 2}, {"verbose": 0}, {"verbose": 1, "callbacks": [EpochLines()]}])
def test_no_bar_if_lines_or_nothing_are_wanted(bar, kind, options):
    with redirect_stdout(kind()) as out:
        dense().fit(X, Y, **options)
    assert bar.calls == [] and out.getvalue().count("\n") == (options["verbose"] > 0)


@pytest.mark.parametrize("verbose", [False, True])
def test_verbose_may_be_a_truth_value(verbose, capsys):
    dense().fit(X, Y, verbose=verbose)
    assert bool(capsys.readouterr().out) is verbose


@seen
def test_lines_where_tqdm_is_missing(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with redirect_stdout(kind()) as out:
        assert not bar_fits()
        dense().fit(X, Y, batch_size=8, verbose=1, callbacks=[ProgressBar()])
    assert re.fullmatch(r"3/3 - 0s - \d+(us|ms)/step - loss: \S+ - mae: \S+\n", out.getvalue())


def test_nothing_but_lines_in_a_pipe_and_in_a_file(bar, capsys):
    net = dense()
    stop = EarlyStopping(monitor="loss", min_delta=1e9, verbose=1)
    for verbose in (1, 2, "auto"):
        net.fit(X, Y, batch_size=8, epochs=3, verbose=verbose, validation_data=(X, Y), callbacks=[ProgressBar(), stop])
    net.evaluate(X, Y)
    net.predict(X, verbose=1)
    printed = capsys.readouterr()
    assert bar.calls == [] and printed.err == "" and not CONTROL.search(printed.out)
    assert printed.out.count("Epoch 2: early stopping\n") == 3


def test_a_program_in_a_real_pipe_and_without_a_stdout(tmp_path):
    code = """if True:
        import sys, numpy as np, minifw
        net = minifw.Sequential([minifw.Input((5,)), minifw.Dense(2)], seed=1)
        net.compile("sgd", "mse")
        net.fit(np.ones((22, 5)), np.ones((22, 2)), epochs=2)
        sys.stdout = None
        net.fit(np.ones((22, 5)), np.ones((22, 2)), epochs=2)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "TERM": "xterm"})
    assert done.stderr == b"" and re.fullmatch(rb"(Epoch \d/2\n1/1 - 0s - \d+(us|ms)/step - loss: \S+\n){2}", done.stdout)


# -- streams of every kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8", "utf-16"])
def test_what_is_printed_can_be_shown_by_the_stream(encoding):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    net = dense()
    net.compile("sgd", "mse", metrics=[lambda y, y_pred: y[:, 0]])
    net.metrics.plain["größe ▼"] = net.metrics.plain.popitem()[1]
    with redirect_stdout(stream):
        net.summary()
        net.fit(X, Y, verbose=2)
        net.jump_back(X, Y).play()
        main(["show", str(next(Path(__file__).parents[1].glob("golden/*")))])
    stream.flush()
    text = stream.buffer.getvalue().decode(encoding)
    box = {"ascii": "|", "cp1252": "|"}.get(encoding, "│")
    assert f"{box} dense (Dense)" in text and ("ŷ" if encoding.startswith("utf") else "y_hat") in text


@pytest.mark.parametrize("command", [[], ["show", str(next(Path(__file__).parents[1].glob("golden/*")))]])
def test_a_reader_that_goes_away_is_no_error(command):
    theirs, ours = os.pipe()
    os.close(theirs)
    done = subprocess.run([sys.executable, "-m", "minifw", *command], stdout=ours, stderr=subprocess.PIPE, check=False)
    os.close(ours)
    assert (done.returncode, done.stderr) == (1, b"")
