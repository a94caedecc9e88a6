"""The examples give the numbers they promise."""

import contextlib
import importlib.util
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from minifw import Dense

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # NamedTuple and dataclass look their module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


jumping_back, digits = load("jumping_back"), load("digits")
TRAINERS = [jumping_back.train_by_hand, jumping_back.train_with_fit]

MOMENTS = [
    (
        0.1059625955371147,
        [0.832375528015357, 0.8965571711525526, 0.8733739654904961, 0.9290470429834102],
    ),
    (
        2.8154691819094666e-07,
        [0.21021090868592585, 0.8308791470951659, 0.8695008435813345, 0.7502442303292616],
    ),
    (
        2.812847968104284e-07,
        [0.2102107711057132, 0.8308787266586609, 0.8695009897202063, 0.7502440141968347],
    ),
]
GRADIENT_OF_B3 = [0.04341894216148559, 0.0030863362279841986, 0.00018656659651952083, 0.005901268328817842]
ERROR_GRAD_UPTO_H2 = [
    0.005998197130252618,
    0.012930909812063523,
    0.01724639182365089,
    0.034526690254704985,
    0.03090085578956585,
]
MESSAGE_LEAVING_W2 = [0.005532188760881368, 0.004597106158861083, 0.002103928925006494]


@pytest.fixture
def tutorial():
    x, y, weights = jumping_back.tutorial()
    return jumping_back.network(weights), x.T, y.T


def close(got, wanted):
    np.testing.assert_allclose(np.ravel(got), np.ravel(wanted), rtol=0, atol=1e-12)


def in_columns(x, y, weights, epochs):
    """Train as the tutorial does, sample as a column; return its moments, weights, biases and first messages."""

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    def forward():
        i1 = w1.dot(x) + b1
        h1 = np.where(i1 > 0, i1, 0.1 * i1)
        h2 = sigmoid(w2.dot(h1) + b2)
        return i1, h1, h2, sigmoid(w3.dot(h2) + b3)

    def moment():
        y_pred = forward()[-1]
        return np.mean((y - y_pred) ** 2), y_pred

    w1, w2, w3 = (w.copy() for w in weights)
    b1, b2, b3 = np.zeros((3, 1)), np.zeros((5, 1)), np.zeros((4, 1))
    moments, messages = [moment()], []
    for epoch in range(epochs):
        if epoch == epochs - 1:
            moments.append(moment())
        i1, h1, h2, y_pred = forward()
        error_grad = -2 * (y - y_pred) / y.size
        at_i3 = error_grad * y_pred * (1 - y_pred)
        upto_h2 = w3.T.dot(at_i3)
        at_i2 = upto_h2 * h2 * (1 - h2)
        upto_h1 = w2.T.dot(at_i2)
        at_i1 = upto_h1 * np.where(i1 > 0, 1, 0.1)
        messages = messages or [error_grad, at_i3, upto_h2, at_i2, upto_h1, at_i1, w1.T.dot(at_i1)]
        w3, b3 = w3 - 0.01 * at_i3.dot(h2.T), b3 - 0.01 * at_i3
        w2, b2 = w2 - 0.01 * at_i2.dot(h1.T), b2 - 0.01 * at_i2
        w1, b1 = w1 - 0.01 * at_i1.dot(x.T), b1 - 0.01 * at_i1
    return [*moments, moment()], [(w1, b1), (w2, b2), (w3, b3)], messages


def test_the_tutorial_draws_its_numbers_in_its_order():
    x, y, weights = jumping_back.tutorial()
    assert x.ravel().tolist() == [0.52, 0.93, 0.15, 0.72, 0.61]
    assert y.ravel().tolist() == [0.21, 0.83, 0.87, 0.75]
    assert [w.shape for w in weights] == [(3, 5), (5, 3), (4, 5)]


@pytest.mark.parametrize("train", TRAINERS)
def test_jumping_back_ends_where_the_tutorial_ends(tutorial, train):
    for (loss, y_pred), (wanted_loss, wanted) in zip(train(*tutorial), MOMENTS, strict=True):
        close(loss, wanted_loss)
        assert loss == pytest.approx(wanted_loss, rel=1e-9)  # at the end 1e-12 would be a loose bound
        close(y_pred, wanted)


def test_both_ways_of_training_give_the_same_bits(tutorial):
    net, x, y = tutorial
    other = jumping_back.network(jumping_back.tutorial()[2])
    by_hand, fitted = jumping_back.train_by_hand(net, x, y, 100), jumping_back.train_with_fit(other, x, y, 100)
    for one, two in zip(by_hand, fitted, strict=True):
        assert one.loss == two.loss
        np.testing.assert_array_equal(one.y_pred, two.y_pred)
    np.testing.assert_array_equal(net.packed.params, other.packed.params)


def test_the_first_backward_pass_is_the_tutorials(tutorial):
    jumps = {jump.over: jump for jump in jumping_back.jump_back(*tutorial)}
    assert list(jumps) == ["the loss", "sigmoid_1", "dense_2", "sigmoid", "dense_1", "leaky_re_lu", "dense"]
    close(jumps["dense_2"].bias_gradient, GRADIENT_OF_B3)
    close(jumps["dense_2"].message, ERROR_GRAD_UPTO_H2)
    close(jumps["dense_1"].message, MESSAGE_LEAVING_W2)
    for before, dense in (("sigmoid_1", "dense_2"), ("sigmoid", "dense_1"), ("leaky_re_lu", "dense")):
        np.testing.assert_array_equal(jumps[before].message.ravel(), jumps[dense].bias_gradient)


@pytest.mark.parametrize("train", TRAINERS)
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_jumping_back_agrees_with_columns_in_plain_numpy(seed, train):
    x, y, weights = jumping_back.tutorial(seed)
    net = jumping_back.network(weights)
    moments, layers, messages = in_columns(x, y, weights, epochs=500)
    for jump, message in zip(jumping_back.jump_back(net, x.T, y.T), messages, strict=True):
        close(jump.message, message)
    for (loss, y_pred), (wanted_loss, wanted) in zip(train(net, x.T, y.T, epochs=500), moments, strict=True):
        close(loss, wanted_loss)
        close(y_pred, wanted)
    dense = [layer for layer in net.layers if isinstance(layer, Dense)]
    for layer, (w, b) in zip(dense, layers, strict=True):
        close(layer.params.kernel, w.T)
        close(layer.params.bias, b)


def test_jumping_back_prints_losses_targets_and_messages(capsys, monkeypatch):
    monkeypatch.setattr(jumping_back, "EPOCHS", 3)
    for train in TRAINERS:
        monkeypatch.setattr(train, "__defaults__", (3,))
    jumping_back.main()
    out = capsys.readouterr().out
    assert "kernel == w.T in every Dense: True" in out
    assert "= error_grad_upto_H2" in out and "= the gradient of the bias of dense_1" in out
    assert out.count("before training") == out.count("before the last update") == out.count("after it") == 2
    assert re.search(r"before training +0\.10596259553711\d+ +0\.21  0\.83237552801535\d+\n", out)


def test_jumping_back_explains_a_weight_and_writes_a_film(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(jumping_back, "EPOCHS", 1000)
    jumping_back.main(["--page", str(tmp_path / "film.html")])
    assert capsys.readouterr().out.endswith("film.html: 3 moments of training; open it in a browser\n")
    jumping_back.main(["--play"])
    assert capsys.readouterr().out.count("\nOver the ") == 7
    x, y, weights = jumping_back.tutorial()
    jumping_back.print_trace(jumping_back.network(weights).jump_back(x.T, y.T, loss="mse"))
    assert "\ngradient of W2₃₂, dense_1/kernel[2, 1]: 0.0013826737014" in capsys.readouterr().out


def test_digits_are_read(capsys):
    assert digits.main() >= 0.97
    out = capsys.readouterr().out
    assert "Total params: 17,226" in out
    lines = re.findall(r"^epoch +(\d+) of 25: loss \d\.\d{4}, \d+\.\d% right$", out, re.MULTILINE)
    assert [int(number) for number in lines] == list(range(1, 26))
    right = re.search(r"learned 1,347 digits in .* s; of 450 new ones (\d+\.\d)% were read right", out)
    assert float(right[1]) >= 97
    drawn = out.split("were misread")[1].splitlines()
    assert re.match(r"read \d, is \d", drawn[1])
    assert len(drawn[2:]) == 8 and any("@" in line for line in drawn[2:])


def test_digits_holds_out_every_fourth_of_each_digit():
    images, labels = digits.load()
    assert images.shape == (1797, 8, 8) and images.min() == 0 and images.max() == 1
    train, test = digits.split(labels, seed=0)
    assert sorted([*train, *test]) == list(range(1797))
    shares = np.bincount(labels[test]) / np.bincount(labels)
    assert abs(shares - 0.25).max() < 0.01


NEEDS = {"lbfgs.py": "scipy"}
"""Examples that need more than the package; the project's own checks run them with it."""


SLOW = {"digits_cnn.py"}
NAMES = [
    pytest.param(name, marks=[pytest.mark.campaign] * (name in SLOW))
    for name in sorted(path.name for path in EXAMPLES.glob("*.py"))
]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs_from_anywhere(name, tmp_path):
    command = [sys.executable, "-X", "utf8", "-W", "error", str(EXAMPLES / name)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=False)
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        assert done.stderr == f'this example needs {NEEDS[name]}: pip install "minifw[examples]"\n'
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout and not done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted((EXAMPLES.parent / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_every_benchmark_says_what_it_is(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    monkeypatch.syspath_prepend(path.parent)
    with mock.patch.dict(os.environ), mock.patch.dict(sys.modules), contextlib.suppress(SystemExit):
        runpy.run_path(str(path), run_name="__main__")
    said, text = capsys.readouterr(), path.read_text(encoding="utf-8")
    assert not said.err
    assert text.split('"""')[1].split("\n")[0] in said.out or "__main__" not in text


@pytest.mark.parametrize("words", [["tensorflow"], ["minifw", "3", "4"], ["--kills", "3"]], ids=" ".join)
def test_the_crash_benchmark_says_what_it_takes(words, monkeypatch, capsys):
    path = EXAMPLES.parent / "benchmarks" / "crash.py"
    monkeypatch.setattr(sys, "argv", [str(path), *words])
    with mock.patch.dict(os.environ), pytest.raises(SystemExit):
        runpy.run_path(str(path), run_name="__main__")
    assert "error: " in capsys.readouterr().err
