"""Keras' utilities, and the curves of a History."""

import sys

import numpy as np
import pytest

from minifw import ArgumentValueError, History, utils


def test_class_numbers_become_one_hot_rows():
    assert np.array_equal(utils.to_categorical([1, 0]), [[0, 1], [1, 0]])
    assert utils.to_categorical([[1], [0]], 3).shape == (2, 3)
    assert utils.to_categorical(np.zeros((2, 4)), 3).shape == (2, 4, 3)
    assert utils.to_categorical([], 3).shape == (0, 3)


@pytest.mark.parametrize(("x", "classes"), [([-1, 0], None), ([0, 3], 3), ([0.5], None)])
def test_what_is_no_class_is_refused(x, classes):
    with pytest.raises(ArgumentValueError, match=r"to_categorical.* got"):
        utils.to_categorical(x, classes)


def test_there_is_no_global_seed():
    with pytest.raises(AttributeError, match=r"left out on purpose; .*Sequential\(\[\.\.\.\], seed=42\)"):
        utils.set_random_seed(7)


class Axes:
    def __init__(self):
        self.curves = {}

    def plot(self, x, y, style, color, label):
        self.curves[label] = (list(x), list(y), style, color)

    def set_xlabel(self, text):
        self.label = text

    def legend(self):
        self.explained = list(self.curves)


def test_a_history_names_only_the_curves_it_draws():
    history, axes = History(), Axes()
    history.plot(axes)
    assert not axes.curves and not hasattr(axes, "explained")  # matplotlib would warn of an empty legend
    history.on_epoch_end(0, {"loss": 1.0, "mae": 2.0})
    history.plot(axes)
    assert axes.explained == ["loss", "mae"]


def test_a_history_draws_its_curves():
    history = History()
    for epoch in range(4):
        logs = {"loss": 1.0 / (epoch + 1)}
        history.on_epoch_end(epoch, {**logs, "val_loss": 2.0} if epoch % 2 else logs)
    axes = Axes()
    assert history.plot(axes) is axes
    assert axes.curves["loss"][0] == [1, 2, 3, 4] and axes.curves["loss"][2] == "-"
    assert axes.curves["val_loss"] == ([2, 4], [2.0, 2.0], "--", "C0")
    assert axes.label == "epoch"


def test_without_matplotlib_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "minifw\[plot\]" \('):
        History().plot()
