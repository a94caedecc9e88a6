"""The game in a terminal, and from the command line."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time

import numpy as np
import pytest
from trace_networks import LAYERS, network, samples, tutorial

from minifw import Dense, Input, Sequential
from minifw.inspect.trace.play import Game, drawn
from minifw.inspect.trace.questions import questions
from minifw.inspect.trace.screen import screen

RIGHT, LEFT, HOME, END = "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
CLEAR = "\x1b[H\x1b[2J"


def played(keys, code, columns=80, lines=40, ends=0, **environment):
    """What a program shows in a terminal, screen by screen, when these keys are pressed one after another."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (lines, columns))
    command = [sys.executable, "-W", "error", *code]
    environment = {**os.environ, "TERM": "xterm", "PYTHONUTF8": "1", **environment}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        guard = threading.Timer(60, process.kill)
        guard.start()
        data, waiting = b"", list(keys)
        while True:
            try:
                data += os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            while waiting and data.count(CLEAR.encode()) > len(keys) - len(waiting):
                key = waiting.pop(0)
                key(process, ours) if callable(key) else os.write(ours, key.encode())
        guard.cancel()
    os.close(ours)
    text = data.decode()
    assert process.returncode == ends, text
    return text.replace("\r\n", "\n").split(CLEAR)[1 if keys else 0 :]


def states(shown):
    """What the titles of the screens say of the way."""
    return [screen.splitlines()[0].rsplit(", ", 1)[1] for screen in shown]


def test_the_arrow_keys_step_through():
    keys = ["g", RIGHT, " ", "x", LEFT, END, RIGHT, HOME, LEFT, RIGHT, "q"]
    shown = played(keys, ["-m", "minifw"])
    back = [f"{n} of 7 jumps" for n in (0, 0, 1, 2, 2, 1, 7, 7)]
    assert states(shown) == [*back, "0 of 6 layers", "0 of 6 layers", "1 of 6 layers"]
    assert "We stand at y" in shown[0] and "Over the loss line MSELoss" in shown[2] and "q quit" in shown[1]
    assert "error_grad_upto_x" in shown[6] and "0.0071466" in shown[6]
    assert "We stand at x" in shown[8] and "1.07" not in shown[8]
    assert "through dense: x becomes I_H1" in shown[10] and "1.07" in shown[10] and "2.55" not in shown[10]
    assert all(len(line) <= 80 for screen in shown for line in screen.splitlines())


@pytest.mark.parametrize("first, last", [("\x1b[1~", "\x1b[4~"), ("\x1b[7~", "\x1b[8~"), ("\x1bOH", "\x1bOF")])
def test_home_and_end_of_every_terminal_are_understood(first, last):
    assert states(played([last, first, "q"], ["-m", "minifw"])) == ["0 of 7 jumps", "7 of 7 jumps", "0 of 6 layers"]


def test_a_key_in_two_pieces_and_many_at_once_are_keys_and_do_not_quit():
    def in_two(process, terminal):
        os.write(terminal, b"\x1b[")
        time.sleep(0.005)
        os.write(terminal, b"D")

    def many(process, terminal):
        os.write(terminal, (RIGHT * 22).encode())

    shown = played(["g", in_two, many, *[""] * 21, "q"], ["-m", "minifw"])
    assert states(shown)[2] == "5 of 6 layers" and states(shown)[-1] == "7 of 7 jumps" and len(shown) == 25


def test_another_size_of_the_window_draws_anew():
    def smaller(process, terminal):
        termios.tcsetwinsize(terminal, (20, 40))

    wide, narrow = played([smaller, "q"], ["-m", "minifw"])
    assert max(map(len, wide.splitlines())) > 70 and max(map(len, narrow.splitlines())) <= 40


def test_ctrl_c_ends_in_a_sentence_and_leaves_the_terminal_as_it_was():
    code = "import signal, termios\nsignal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests\n"
    code += "from minifw.__main__ import main\nbefore = termios.tcgetattr(0)\nmain([])\n"
    code += "assert termios.tcgetattr(0) == before"
    shown = played(["g", RIGHT, lambda process, terminal: process.send_signal(signal.SIGINT)], ["-c", code])
    assert shown[-1].splitlines()[-1] == "Interrupted after 1 of 7 jumps; trace.play() goes on there."


def test_an_ascii_locale_and_a_terminal_that_places_nothing():
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shown = played([RIGHT, "1", "q"], ["-m", "minifw"], **plain)
    assert all(screen.isascii() for screen in shown) and "y_hat" in shown[2] and "1 -0.3112" in shown[2]
    (text,) = played([], ["-m", "minifw"], TERM="dumb")
    assert text.startswith("This terminal cannot place text") and text.count("\nOver the ") == 7 and "\x1b" not in text


def test_a_closed_pipe_and_a_bad_path_end_in_a_sentence(tmp_path):
    command = f"{sys.executable} -X utf8 -m minifw"
    done = subprocess.run(f"{command} | head -1", shell=True, capture_output=True, encoding="utf-8")
    assert done.stdout.startswith("tutorial: loss") and not done.stderr
    path = tmp_path / "missing" / "page.html"
    done = subprocess.run([*command.split(), "--page", str(path)], capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and done.stderr == f"{path}: cannot be written: No such file or directory\n"


def test_questions_are_asked_before_a_jump_and_hits_are_counted():
    keys = [RIGHT, "2", "3", RIGHT, "2", RIGHT, "4", "q"]
    shown = played(keys, ["-m", "minifw"])
    assert "The prediction O_OL₁ is 0.83238, and its target is 0.21." in shown[1]
    assert "1 grow   2 shrink   3 stay" in shown[1]
    assert "Not quite: grow. The error gradient there is 0.3112" in shown[2] and "quiz 0/1" in shown[2]
    assert "2 (ŷ - y) / n, with n = 4: what is it for O_OL₁?" in shown[2] and states(shown)[2] == "0 of 7 jumps"
    assert "1 −0.3112   2 0.3112   3 1.245" in shown[2] and "Not quite: 0.3112." in shown[3]
    assert states(shown)[3] == "1 of 7 jumps"
    assert "Yes: smaller. The slope is 0.1395" in shown[5] and "quiz 1/3" in shown[5]
    assert states(shown)[6] == "2 of 7 jumps" and shown[7] != shown[6]
    assert shown[-1].splitlines()[-1] == "1 of 3 answers were right."


def test_a_number_is_taken_apart_as_explain_does_it():
    shown = played(["g", END, "e", HOME, RIGHT, "q"], ["-m", "minifw"], lines=60)
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    for text, name, index in (shown[3], "error_grad_upto_x", (0, 3)), (shown[5], "I_H1", (0, 1)):
        factors = [factor for path in trace.explain(name, index).paths for factor in path.factors]
        assert len(factors) > 5 and all(str(factor.value) in text for factor in factors)


@pytest.mark.parametrize("row", LAYERS)
def test_each_question_has_one_right_answer_among_others(row):
    net = network(row)
    trace = net.jump_back(*samples(net, 1))
    asked = [question for jump in trace for question in questions(trace, jump)]
    assert asked
    for question in asked:
        assert 2 <= len(question.choices) <= 3 and sum(right for _, right in question.choices) == 1
        assert len({text for text, _ in question.choices}) == len(question.choices)


@pytest.mark.parametrize("row", LAYERS)
@pytest.mark.parametrize("width, height", [(40, 20), (80, 24), (120, 40)])
def test_the_window_holds_what_is_drawn_and_no_number_is_cut(row, width, height):
    net = network(row)
    trace = net.jump_back(*samples(net, 2))
    for at in range(-1 - len(trace.forward), len(trace)):
        game = Game(trace)
        game.at = at
        for _ in range(2):
            lines = drawn(game, width, height).splitlines()
            assert len(lines) <= height and max(map(len, lines)) <= width
            assert "quit" in lines[-1] and trace.title in lines[0]
            game.press("next")
        whole = game.text(69).split() if width < 70 else game.text(1000).split()
        assert game.text(width).split() == whole


@pytest.mark.parametrize("key", ["\x1b", "\x04", "Q"])
def test_there_are_several_ways_out(key):
    assert len(played([key], ["-m", "minifw"])) == 1


def test_the_game_goes_on_where_the_trace_is():
    code = "from minifw.__main__ import tutorial\nnet, x, y = tutorial()\ntrace = net.jump_back(x, y, 'mse')\n"
    code += "trace.next()\ntrace.play()\nassert trace.at == 1"
    assert len(played(["g", RIGHT, "q"], ["-c", code])) == 3


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
