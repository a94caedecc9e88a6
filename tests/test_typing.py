"""A misspelt argument is seen by a type checker, before anything runs."""

import subprocess
import sys

import pytest

import minifw

RIGHT = """
from typing import Any

from minifw import Adam, Dense, EarlyStopping, Input, Layer, MSELoss, ReLU, Sequential
from minifw.metrics import MeanAbsoluteError


class Mine(Layer):
    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size


net = Sequential([Input((2,)), Dense(3, name="first", input_shape=(2,)), ReLU(trainable=False), Mine(3, name="last")])
net.compile(Adam(0.1, clipnorm=1.0), loss=MSELoss(name="error"), metrics=[MeanAbsoluteError(name="off")])
options: dict[str, Any] = {"epochs": 3}
history = net.fit([[1.0, 2.0]], [[1.0]], verbose=0, callbacks=[EarlyStopping(patience=2)], **options)
print(history.history["loss"])
"""
WRONG = """
from minifw import Adam, Dense, MSELoss, ReLU, Sequential
from minifw.metrics import MeanAbsoluteError

net = Sequential([Dense(3)], sed=1)
net.compile("adam", "mse", metric=["mae"])
net.fit([[1.0]], [[1.0]], epoch=3)
Adam(0.1, clip_norm=1.0)
MSELoss(reduce="sum")
Dense(3, kernel_regulariser="l2")
ReLU(trainble=False)
MeanAbsoluteError(nme="off")
"""


@pytest.mark.campaign
def test_a_type_checker_sees_every_misspelt_argument_and_accepts_what_runs(tmp_path):
    for name, code in (("right", RIGHT), ("wrong", WRONG)):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *tmp_path.glob("*.py")]
    root = minifw.__path__[0].rpartition("minifw")[0]
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300, check=False).stdout
    errors = [line for line in said.splitlines() if " error: " in line]
    assert all("wrong.py" in line for line in errors), said
    wanted = {number for number, line in enumerate(WRONG.splitlines(), 1) if line and "import" not in line}
    assert {int(line.partition("wrong.py:")[2].partition(":")[0]) for line in errors} == wanted, said
    assert 'Argument "epoch"' in said and 'expected "Never"' in said
