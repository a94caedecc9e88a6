"""The game in a terminal, and from the command line."""

import os
import pty
import subprocess
import sys
import termios
import threading

import numpy as np
import pytest
from trace_networks import LAYERS, network, samples, tutorial

from minifw import Dense, Input, Sequential
from minifw.inspect.trace.screen import screen

RIGHT, LEFT, HOME, END = "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
CLEAR = "\x1b[H\x1b[2J"


def played(keys, code, columns=80):
    """What a program shows in a terminal, screen by screen, when these keys are pressed one after another."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    command = [sys.executable, "-X", "utf8", "-W", "error", *code]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        guard = threading.Timer(60, process.kill)
        guard.start()
        text, waiting = "", list(keys)
        while True:
            try:
                text += os.read(ours, 65536).decode()
            except OSError:  # the other side is closed
                break
            while waiting and text.count(CLEAR) > len(keys) - len(waiting):
                os.write(ours, waiting.pop(0).encode())
        guard.cancel()
    os.close(ours)
    assert process.returncode == 0, text
    return text.replace("\r\n", "\n").split(CLEAR)[1:]


def test_the_arrow_keys_step_through():
    keys = [RIGHT, " ", "x" + LEFT, END, RIGHT, HOME, LEFT, "q"]
    shown = played(keys, ["-m", "minifw"])
    states = [screen.splitlines()[0].rsplit(", ", 1)[1] for screen in shown]
    assert states == [f"{n} of 7 jumps" for n in (0, 1, 2, 1, 7, 7, 0, 0)]
    assert "We stand at y" in shown[0] and "Over the loss line MSELoss" in shown[1] and "q quit" in shown[1]
    assert "error_grad_upto_x" in shown[4] and "0.0071466" in shown[4]
    assert all(len(line) <= 80 for screen in shown for line in screen.splitlines())


@pytest.mark.parametrize("key", ["\x1b", "\x04", "Q"])
def test_there_are_several_ways_out(key):
    assert len(played([key], ["-m", "minifw"])) == 1


def test_the_game_goes_on_where_the_trace_is():
    code = "from minifw.__main__ import tutorial\nnet, x, y = tutorial()\ntrace = net.jump_back(x, y, 'mse')\n"
    code += "trace.next()\ntrace.play()\nassert trace.at == 1"
    assert len(played([RIGHT, "q"], ["-c", code])) == 2


def test_where_there_is_no_terminal_all_is_printed_without_control_characters():
    done = subprocess.run([sys.executable, "-X", "utf8", "-m", "minifw"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.count("\nOver the ") == 7 and "\x1b" not in done.stdout and not done.stderr
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    for array in trace.grads.values():
        assert f"{array.flat[0]:.5g}" in done.stdout


def test_the_tutorial_of_the_command_is_the_tutorials():
    from minifw.__main__ import tutorial as own

    for one, two in zip(own()[1:], tutorial()[1:], strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(own()[0].packed.params, tutorial()[0].packed.params)


def test_drawing_the_tutorials_numbers_leaves_numpys_generator_alone():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    from minifw.__main__ import tutorial as own

    own()
    assert np.array_equal(before, np.random.get_state()[1])


@pytest.mark.parametrize("row", LAYERS)
@pytest.mark.parametrize("width", [40, 80])
def test_every_network_is_drawn_within_the_width(row, width):
    net = network(row)
    trace = net.jump_back(*samples(net, 2))
    for at in range(-1, len(trace)):
        lines = screen(trace, at, width).splitlines()
        assert max(map(len, lines[1:])) <= width
        assert sum(line.count("▼") for line in lines) == 1


def test_numbers_stand_below_the_names_of_their_places():
    net, x, y = tutorial()
    lines = screen(net.jump_back(x, y, "mse"), 2, 80).splitlines()
    assert lines[3].split() == ["x", "I_H1", "O_H1", "I_H2", "O_H2", "I_OL", "O_OL", "y"]
    assert lines[2].index("▼") == lines[3].index("O_H2") + 3
    assert lines[4].split("│")[-1] == f"{'0.832':>9}║{'0.21':>9}"
    held = lines[lines.index("error gradient") + 1]
    assert held.split() == ["×", "│", "×", "│", "0.006×", "0.0434│", "0.311║"]


def test_a_wide_layer_is_shown_in_part_and_says_so():
    net = Sequential([Input((300,)), Dense(3)], seed=1)
    text = screen(net.jump_back(np.ones((1, 300)), np.ones((1, 3)), "mse"), -1, 80)
    assert "⋮ 300" in text and text.count("1×") == 8
