"""The page holds the numbers of the trace, nothing from elsewhere, and no markup that is not its own."""

import base64
import hashlib
import html
import re
import subprocess
import sys

import numpy as np
import pytest
from trace_networks import LAYERS, Swish, embedded, network, same, samples, tutorial

import minifw
from minifw import Dense, Input, LeakyReLU, Sequential
from minifw.inspect.trace.page import DRAWN, LIMIT, SAMPLES, encoded, page_data


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", LAYERS)
def test_every_number_of_the_trace_stands_in_the_page(row, dtype):
    net = network(row, dtype)
    trace = net.jump_back(*samples(net, 3))
    data = embedded(str(trace.show()))
    (frame,) = data["frames"]
    assert data["samples"] == [3, 3] and frame["loss"] == trace.loss
    assert same(data["x"], trace.x) and same(data["y"], trace.y) and same(frame["error"], trace[0].message_out)
    for jump, hop, about in zip(trace.forward, frame["hops"], data["hops"], strict=True):
        for key, array in (("out", jump.output), ("back", jump.message_out), ("factor", jump.factor)):
            assert same(hop[key], array) if array is not None else key not in hop
        assert all(same(hop["params"][key], param) for key, param in jump.params.items())
        for key in jump.grads:
            assert same(hop["grads"][key], jump.grads[key])
            assert same(hop["totals"].get(key, hop["grads"][key]), trace.grads[f"{jump.name}/{key}"])
        arrived = {None: hop.get("arrived"), 0: frame["error"]}.get(about["behind"])
        assert same(arrived or frame["hops"][data["jumps"][about["behind"]]]["back"], jump.message_in)
        entered = {None: hop.get("in"), -1: data["x"]}.get(about["source"])
        assert same(entered or frame["hops"][about["source"]]["out"], jump.input)
    assert [trace.forward[i].name for i in data["jumps"] if i >= 0] == [jump.name for jump in trace if jump in trace.forward]


def test_the_tutorials_page_is_small_and_loads_nothing(tmp_path):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    trace.save_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text == str(trace.show()) and len(text.encode()) < 150_000
    assert set(re.findall(r"https?://[\w./]*", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<link|<img|<iframe|@import|url\(|\bsrc=|innerHTML|outerHTML|insertAdjacent|eval\(", text)


def test_only_its_own_script_and_style_may_run():
    net, x, y = tutorial()
    text = str(net.jump_back(x, y, "mse").show())
    (policy,) = re.findall(r'Content-Security-Policy"\s+content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        (content,) = re.findall(f"<{kind}(?: type=\"module\")?>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_a_large_network_is_held_in_part():
    net = Sequential([Input((784,)), Dense(512, "relu"), Dense(256, "relu"), Dense(10, "softmax")], seed=1)
    trace = net.jump_back(*samples(net, 32), "mse")
    text = str(trace.show())
    assert len(text.encode()) < 2_000_000
    data = embedded(text)
    kept, all_of_them = data["samples"]
    assert all_of_them == 32 and kept == LIMIT // 784
    hop = data["frames"][0]["hops"][0]
    assert same(hop["out"], trace.forward[0].output, kept)
    kernel, found = trace.forward[0].params["kernel"], hop["params"]["kernel"]
    assert (
        found["grid"] == [784, 512] and found["shape"] == [784, 512] and len(found["rows"]) == len(found["columns"]) == DRAWN
    )
    part = np.array(found["values"], "f4").reshape(DRAWN, DRAWN)
    assert np.array_equal(part, kernel[np.ix_(found["rows"], found["columns"])])


def test_the_heat_map_of_a_large_array_shows_the_largest_of_each_cell():
    array = np.zeros((200, 300))
    array[17, 250], array[17, 251] = 3.0, -7.0
    heat = encoded(array)["heat"]
    cells = np.array(heat["values"]).reshape(heat["grid"])
    assert heat["grid"] == [48, 64] and np.count_nonzero(cells) == 1
    assert cells[17 * 48 // 200, 251 * 64 // 300] == -7
    tall = encoded(np.arange(9000.0).reshape(4500, 2))["heat"]
    assert tall["grid"] == [48, 2] and tall["values"][-1] == 8999


def test_a_large_batch_is_held_in_part():
    net, x, y = tutorial()
    most = LIMIT // 5
    for n, kept in ((most, most), (most + 1, SAMPLES)):
        trace = net.jump_back(np.repeat(x, n, axis=0), np.repeat(y, n, axis=0), "mse")
        data = page_data([trace], [0])
        assert data["samples"] == [kept, n] and data["x"]["shape"] == [n, 5] and data["x"]["grid"] == [kept, 5]


def test_numbers_that_are_none_are_words():
    net = Sequential([Input((3,)), Dense(2, kernel_initializer="ones"), LeakyReLU(0.1)], dtype="float64")
    trace = net.jump_back(np.full((1, 3), 1e308), np.zeros((1, 2)), "mse")
    frame = embedded(str(trace.show()))["frames"][0]
    assert frame["hops"][0]["out"]["values"] == ["Infinity", "Infinity"] and frame["loss"] == "Infinity"
    assert all(same(hop["back"], jump.message_out) for hop, jump in zip(frame["hops"], trace.forward, strict=True))


def test_names_are_never_markup():
    evil = "</script><script>document.title='gone'</script><b title=\"&"
    layer = type(evil, (Swish,), {"factor_text": evil}, registered=False)()
    net = Sequential([Input((2,)), Dense(2), layer], seed=1)
    text = str(net.jump_back(np.ones((1, 2)), np.ones((1, 2)), "mse").show())
    assert text.count("<script") == text.count("</script>") == 2 and "<b title" not in text
    assert embedded(text)["hops"][1]["class"] == embedded(text)["hops"][1]["text"] == evil


def test_a_notebook_shows_it_inline():
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    page = trace.show()
    (inside,) = re.findall('<iframe srcdoc="([^"]*)"', page._repr_html_())
    assert html.unescape(inside) == str(page)
    assert trace._repr_html_() == page._repr_html_()


def test_the_command_line_writes_the_page(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "minifw", "--page", str(tmp_path / "page.html")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"{tmp_path / 'page.html'}: open it in a browser\n"
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    data = embedded((tmp_path / "page.html").read_text(encoding="utf-8"))
    for jump, hop in zip(trace.forward, data["frames"][0]["hops"], strict=True):
        assert all(same(hop["grads"][key], grad) for key, grad in jump.grads.items())


def test_the_command_line_says_its_version_and_what_it_knows():
    def run(*words):
        return subprocess.run([sys.executable, "-m", "minifw", *words], capture_output=True, encoding="utf-8")

    assert run("--version").stdout == f"minifw {minifw.__version__}\n"
    assert "argument COMMAND: invalid choice: 'bogus'" in run("bogus").stderr
