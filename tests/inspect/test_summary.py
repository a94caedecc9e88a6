"""summary: the table that Keras prints, without its surprises."""

import re

import numpy as np
import pytest
from builders import sequential

from minifw import Adam, Chain, Dense, Dropout, Flatten, Input, Layer, Param, Sequential


class Mean(Layer):
    def build(self, input_shape):
        return {"mean": Param(input_shape, trainable=False)}

    def forward(self, x, training=False):
        return x

    def backward(self, error_grad):
        return error_grad


def pictures(**options):
    layers = Flatten(), Dense(10, activation="relu"), Dropout(0.5), Dense(3)
    return sequential(*layers, inputs=(8, 8), **{"dtype": "float32", **options})


def text(net, **options):
    found = []
    net.summary(print_fn=found.append, **{"line_length": 80, **options})
    (whole,) = found
    return whole


def cells(whole):
    return [[cell.strip() for cell in line[1:-1].split("│")] for line in whole.splitlines() if line.startswith("│")]


def test_one_row_a_layer_and_the_totals_below():
    whole = text(pictures())
    assert cells(whole) == [
        ["flatten (Flatten)", "(None, 64)", "0"],
        ["dense (Dense)", "(None, 10)", "650"],
        ["dropout (Dropout)", "(None, 10)", "0"],
        ["dense_1 (Dense)", "(None, 3)", "33"],
    ]
    lines = whole.splitlines()
    assert lines[0] == 'Model: "sequential"'
    assert re.split("┃", lines[2])[1].strip() == "Layer (type)" and "Output Shape" in lines[2] and "Param #" in lines[2]
    assert lines[-3:] == [
        " Total params: 683 (2.67 KB)",
        " Trainable params: 683 (2.67 KB)",
        " Non-trainable params: 0 (0.00 B)",
    ]


def test_the_table_is_as_wide_as_asked():
    for width in (60, 88, 120):
        rows = [line for line in text(pictures(), line_length=width).splitlines() if line[0] in "┏┃┡├│└"]
        assert {len(line) for line in rows} == {width}


def test_without_a_terminal_the_table_is_88_wide(capsys):
    net = pictures()
    assert net.summary() is None
    assert len(capsys.readouterr().out.splitlines()[1]) == 88


def test_positions_are_shares_or_characters():
    first, second = text(pictures(), positions=[0.5, 0.75, 1.0]), text(pictures(), positions=[40, 60, 80])
    assert first == second


def test_an_unbuilt_network_shows_question_marks():
    net = Sequential([Dense(3), Dense(2)], name="mine")
    whole = text(net)
    assert whole.startswith('Model: "mine"')
    assert cells(whole) == [["dense (Dense)", "?", "0 (unbuilt)"], ["dense_1 (Dense)", "?", "0 (unbuilt)"]]
    assert " Total params: 0 (0.00 B)" in whole
    assert "Total params: 0" in text(Sequential())


def test_frozen_parameters_and_state_are_not_trainable():
    net = Sequential([Input((4,)), Dense(3), Mean(), Dense(2)], dtype="float64")
    net.layers[2].trainable = False
    whole = text(net, show_trainable=True)
    assert " Total params: 26 (208.00 B)" in whole
    assert " Trainable params: 15 (120.00 B)" in whole and " Non-trainable params: 11 (88.00 B)" in whole
    assert [row[-1] for row in cells(whole)] == ["Y", "Y", "N"]
    assert cells(whole)[1][2] == "3"


def test_what_the_optimizer_keeps_has_a_line_of_its_own():
    net = pictures()
    net.compile(Adam(), "mse")
    assert "Optimizer" not in text(net)
    net.fit(np.ones((2, 8, 8)), np.ones((2, 3)), verbose=0)
    assert text(net).splitlines()[-1] == " Optimizer params, not in the total: 1,366 (5.34 KB)"
    assert " Total params: 683 (2.67 KB)" in text(net)


def test_large_numbers_have_commas():
    assert " Total params: 1,001,000 (3.82 MB)" in text(Sequential([Input((1000,)), Dense(1000)]))


def nested():
    inner = Sequential([Dense(3), Dense(4, name="wide")], name="inner")
    return Sequential([Input((5,)), inner, Dense(2), Chain([Dense(2)])])


def test_nested_networks_are_one_row_or_opened():
    assert [row[::2] for row in cells(text(nested()))] == [
        ["inner (Sequential)", "34"],
        ["dense (Dense)", "10"],
        ["chain (Chain)", "6"],
    ]
    assert [row[::2] for row in cells(text(nested(), expand_nested=True))][:4] == [
        ["inner (Sequential)", "34"],
        ["dense (Dense)", "18"],
        ["wide (Dense)", "16"],
        ["dense (Dense)", "10"],
    ]


def test_layer_range_shows_a_part():
    whole = text(pictures(), layer_range=("dense", "dropout"))
    assert [row[0] for row in cells(whole)] == ["dense (Dense)", "dropout (Dropout)"]
    with pytest.raises(ValueError, match="no layer named 'dens'"):
        text(pictures(), layer_range=("dens", "dropout"))


def test_layer_range_keeps_what_is_inside_its_layers_and_nothing_else():
    first = text(nested(), expand_nested=True, layer_range=("inner", "inner"))
    assert [row[0] for row in cells(first)] == ["inner (Sequential)", "dense (Dense)", "wide (Dense)"]
    second = text(nested(), expand_nested=True, layer_range=("dense", "dense"))
    assert [row[::2] for row in cells(second)] == [["dense (Dense)", "10"]]


def test_long_names_are_cut():
    net = Sequential([Input((2,)), Dense(1, name="n" * 60)])
    row = cells(text(net, line_length=60))[0]
    assert row[0].endswith("…") and row[2] == "3"


def test_the_summary_is_printed_once_and_changes_nothing(capsys):
    net = pictures()
    before = net.packed.params.copy()
    net.summary()
    out = capsys.readouterr().out
    assert out.count("Model:") == 1 and "\x1b" not in out and np.array_equal(before, net.packed.params)


@pytest.mark.parametrize(
    "find, wanted",
    [({"name": "dense_1"}, 3), ({"index": 0}, 0), ({"index": -1}, 3)],
)
def test_get_layer_by_name_or_index(find, wanted):
    net = pictures()
    assert net.get_layer(**find) is net.layers[wanted]


@pytest.mark.parametrize(
    "find, words", [({"name": "dense_9"}, "dense_1"), ({"index": 4}, "there are 4"), ({}, "name or an index")]
)
def test_get_layer_says_what_there_is(find, words):
    with pytest.raises(ValueError, match=words):
        pictures().get_layer(**find)
