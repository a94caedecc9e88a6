"""Python in a browser (Pyodide, JupyterLite): no terminal, no threads or processes, and indices of 32 bits."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minifw
from minifw import arrays
from minifw.errors import ArgumentValueError

MISSING = (
    "_multiprocessing _posixshmem curses dbm ensurepip fcntl grp idlelib msvcrt multiprocessing nt pty pwd pydoc_data "
    "readline resource syslog termios tkinter tty turtle turtledemo venv winreg winsound"
)
"""What one or the other version of Pyodide has no module for, or none that works."""

SCRIPT = f"""
import _thread, os, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {MISSING.split()}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

def refuse(*arguments, **options):
    raise RuntimeError("can't start new thread")

for name in {MISSING.split()}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
_thread.start_new_thread = refuse
for name in ("get_terminal_size", "fork", "forkpty", "posix_spawn", "sched_getaffinity"):
    delattr(os, name)

import numpy as np
import minifw
from minifw import *

x, y = np.arange(60.0).reshape(12, 5) / 60, np.ones((12, 4))
net = Sequential([Input((5,)), Dense(3, activation="leaky_relu"), BatchNormalization(), Dense(4, "sigmoid")], seed=1)
net.compile(Adam(), "mse", metrics=["mae"])
with open("x.bin", "wb") as file:
    file.write(x.tobytes())
mapped = np.memmap("x.bin", x.dtype, "r", shape=x.shape)
loss = net.fit(mapped, y, batch_size=5, epochs=2, verbose=2, validation_split=0.25, callbacks=[
    EarlyStopping(), ReduceLROnPlateau(), ModelCheckpoint("best.safetensors"), CSVLogger("log.csv"),
    BackupAndRestore("backup"),
]).history["loss"]
net.check_gradients(x, y)
net.health(x, y)
net.summary(expand_nested=True)
trace = net.jump_back(x[:1], y[:1])
trace.save_html("page.html")
trace.play()
net.save("net.safetensors")
net.save_weights("weights.safetensors")
again = load_model("net.safetensors")
again.load_weights("weights.safetensors")
assert np.array_equal(again.predict(x, verbose=0), net.predict(x, verbose=0)) and loss[1] < loss[0]
words = Sequential([Embedding(9, 3), Flatten(), Dense(2, "softmax")], seed=1)
words.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
words.fit(np.arange(8).reshape(4, 2), np.arange(4) % 2, verbose=0)
words.check_gradients(np.arange(8).reshape(4, 2), np.arange(4) % 2)
print("all ran")
"""


def test_all_runs_without_the_modules_that_a_browser_lacks(tmp_path):
    options = {"cwd": tmp_path, "capture_output": True, "encoding": "utf-8", "stdin": subprocess.DEVNULL}
    done = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], check=False, **options)
    assert done.stdout.endswith("all ran\n"), done.stdout[-500:] + done.stderr
    assert "Model: " in done.stdout and "error gradient" in done.stdout and (tmp_path / "page.html").stat().st_size > 10_000


def test_index_arrays_have_the_width_of_the_machine():
    sources = {path.name: path.read_text(encoding="utf-8") for path in Path(minifw.__file__).parent.rglob("*.py")}
    assert arrays.INDEX is np.dtype(np.intp)
    found = {name for name, source in sources.items() if "np.int64" in source}
    assert found == {"embedding.py", "graph.py"}  # keys that it sorts, and what an ONNX file holds


@pytest.mark.parametrize("dtype", [np.int64, np.uint32, np.float32, np.float64])
def test_numbers_beyond_32_bits_are_refused_where_an_index_has_no_more(dtype, monkeypatch):
    monkeypatch.setattr(arrays, "INDEX", np.dtype(np.int32))
    assert arrays.as_index(np.array([3, 5], dtype), "x").tolist() == [3, 5]
    with pytest.raises(ArgumentValueError, match=r"x: wanted whole numbers, got 2147483648.*, which is beyond int32"):
        arrays.as_index(np.array([3, 2**31], dtype), "x")


def test_class_numbers_of_32_bits_are_counted(monkeypatch):
    monkeypatch.setattr(arrays, "INDEX", np.dtype(np.int32))
    accuracy = minifw.metrics.SparseCategoricalAccuracy()
    accuracy.update_state(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]]))
    assert accuracy.result() == pytest.approx(2 / 3)
    with pytest.raises(ArgumentValueError, match="got -1 to 1"):
        accuracy.update_state(np.array([0, 1, -1]), np.zeros((3, 2)))


def test_an_embedding_adds_up_the_gradients_of_many_numbers_of_32_bits():
    layer = minifw.Embedding(70_000, 1)
    layer(np.zeros((1, 1), int))
    layer.forward(np.full((40_000, 1), 69_999, np.int32), training=True)
    layer.backward(np.ones((40_000, 1, 1), np.float32))
    assert layer.grads.embeddings[69_999, 0] == 40_000 == layer.grads.embeddings.sum()
