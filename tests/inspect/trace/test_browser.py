"""The page in a real browser: it steps to the end, its numbers are the gradients, and nothing goes wrong on the way."""

import copy
import math

import numpy as np
import pytest
from trace_networks import LAYERS, Swish, network, samples, tutorial
from webdriver import browser

from minifw import SGD, Dense, Input, Recorder, Sequential

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844, "phone": True}
SHOWN = """
    const found = {};
    for (const figure of document.querySelectorAll("#panel figure"))
        found[figure.dataset.name] = [...figure.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value);
    return found;
"""


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture
def page(chromium, tmp_path):
    """Save a trace or a film, open it, and look at the console when the test is over."""

    def opened(trace, **window):
        trace.save_html(tmp_path / "page.html")
        chromium.open(tmp_path / "page.html", **window)
        return chromium

    yield opened
    assert chromium.errors() == []


def shown(chromium):
    """The arrays beside the drawing, by name."""
    return {name: [float(value) for value in values] for name, values in chromium.run(SHOWN).items()}


def symbol(jump, key):
    letter = {"kernel": "W", "bias": "B"}[key]
    return f"gradient of {letter}{jump.number}"


def test_stepping_to_the_end_shows_each_message_and_at_last_the_gradients(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace)
    for jump in trace.forward:
        chromium.press("ArrowRight")
        assert shown(chromium)[jump.place_out] == jump.output.ravel().tolist()
    chromium.press("ArrowRight")
    assert chromium.run("return document.querySelector('#panel .exact').textContent") == repr(trace.loss)
    for jump in trace:
        chromium.press("ArrowRight")
        found = shown(chromium)
        name = {"x": "error_grad_upto_x"}.get(jump.place_in, jump.place_in.replace("O_", "error_grad_upto_"))
        name = name.replace("I_", "error gradient at I_")
        assert found[name] == jump.message_out.ravel().tolist()
        assert all(found[symbol(jump, key)] == grad.ravel().tolist() for key, grad in jump.grads.items())
    chromium.press("ArrowRight")
    wanted = {symbol(jump, key): grad.ravel().tolist() for jump in trace for key, grad in jump.grads.items()}
    assert shown(chromium) == wanted
    assert chromium.run("return [$('next').disabled, $('back').disabled]") == [True, False]
    chromium.press("ArrowLeft", "Home")
    assert chromium.run("return state.step") == 0
    chromium.press("End")
    assert shown(chromium) == wanted


@pytest.mark.parametrize("row", LAYERS)
def test_every_network_can_be_played_to_the_end(page, row):
    net = network(row, "float32")
    trace = net.jump_back(*samples(net, 3))
    chromium = page(trace)
    for _ in range(chromium.run("return STEPS.length")):
        chromium.press("ArrowRight")
    assert chromium.run("return state.step === STEPS.length - 1")
    found = shown(chromium)
    assert len(found) == len(trace.grads)
    everything = sorted(value for values in found.values() for value in values)
    wanted = sorted(float(value) for grad in trace.grads.values() for value in grad.ravel())
    assert everything == wanted


def test_a_network_that_has_blown_up_can_be_looked_at(page):
    net = Sequential([Input((3,)), Dense(2, kernel_initializer="ones"), Dense(2)], dtype="float64", seed=1)
    chromium = page(net.jump_back(np.full((1, 3), 1e308), np.zeros((1, 2)), "mse"))
    chromium.press("ArrowRight")
    assert chromium.run("return document.querySelector('[data-name=O_H1] [data-value]').dataset.value") == "Infinity"
    chromium.press("End")
    chromium.run("pick(0, 'kernel', 0, 0)")
    assert chromium.run("return $('why-value').textContent") in ("NaN", "Infinity", "-Infinity")


def test_every_weight_explains_its_gradient_bit_for_bit(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace)
    for jump in trace.forward:
        for key, grad in jump.grads.items():
            for index in np.ndindex(grad.shape):
                row, column = (0, *index)[-2:]
                chromium.run("pick(...arguments)", jump.index, key, row, column)
                numbers = "return [...document.querySelectorAll('#why .number')].map((chip) => chip.textContent)"
                factors = [float(number) for number in chromium.run(numbers)]
                assert math.prod(factors[1:], start=factors[0]) == grad[index]
                assert float(chromium.run("return $('why-value').textContent")) == grad[index]
                assert str(trace.explain(f"{jump.name}/{key}", index).factors[-1].value) == repr(factors[-1])


def test_a_click_on_a_line_opens_the_explanation_and_a_click_on_a_message_what_is_behind_it(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace)
    chromium.run("document.querySelectorAll('.hit')[15].dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert chromium.run("return document.querySelector('#why b').textContent") == "W2₁₁"
    chromium.click("#why .opens")
    sums = chromium.run("return [...document.querySelectorAll('.below .product')].map((product) => product.textContent)")
    message = trace["error_grad_upto_H2"][0, 0]
    assert len(sums) == 4 and sum(map(float, sums)) == pytest.approx(message, rel=1e-15)
    assert float(chromium.run("return document.querySelector('.sum').textContent.slice(2)")) == message
    chromium.click("#why .opens")
    assert chromium.run("return document.querySelector('.below').childElementCount") == 0


def test_the_keyboard_alone_is_enough(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"))
    chromium.press("End")
    for _ in range(60):
        chromium.press("Tab")
        if chromium.run("return document.activeElement.closest('#panel') !== null"):
            break
    chromium.press("Enter")
    assert chromium.run("return document.querySelector('#why b').textContent") == "W3₁₁"
    chromium.press("ArrowLeft")
    assert chromium.run("return [state.step === STEPS.length - 2, $('why').hidden]") == [True, False]
    chromium.press("Escape")
    assert chromium.run("return $('why').hidden")


def test_an_address_may_name_a_step_and_a_weight(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), fragment="#12:dense_1/kernel:2,1")
    assert chromium.run("return state.step") == 12
    assert chromium.run("return document.querySelector('#why b').textContent") == "W2₃₂"


def test_a_heat_map_gives_the_value_under_the_pointer_and_under_the_arrow_keys(page):
    net = Sequential([Input((20,)), Dense(30), Dense(2)], dtype="float64", seed=1)
    trace = net.jump_back(*samples(net, 1), "mse")
    chromium = page(trace)
    chromium.press("End")
    chromium.run("document.querySelector('[data-name=\"gradient of W1\"] canvas').focus()")
    chromium.press("ArrowRight", "ArrowDown", "ArrowDown")
    read = "return document.querySelector('[data-name=\"gradient of W1\"] .readout').textContent"
    assert chromium.run(read) == f"W1₃₂ = {trace.grads['dense/kernel'][2, 1]}"
    assert chromium.run("return state.step === STEPS.length - 1")
    chromium.press("Enter")
    assert chromium.run("return document.querySelector('#why b').textContent") == "W1₃₂"


def test_large_layers_are_drawn_in_part_and_say_so(page):
    net = Sequential([Input((784,)), Dense(512, "relu"), Dense(256, "relu"), Dense(10, "softmax")], seed=1)
    chromium = page(net.jump_back(*samples(net, 32), "mse"))
    chromium.press("End")
    parts = chromium.run("return [...document.querySelectorAll('svg .part')].map((part) => part.textContent)")
    assert parts == ["10 of 784 drawn", "10 of 512 drawn", "10 of 256 drawn"]
    assert chromium.run("return document.querySelectorAll('.hit').length") == 300
    chromium.run("pick(...arguments)", 2, "kernel", 56, 28)
    chromium.click("#why .opens")
    assert "… and 27 more samples, which are not on this page." in chromium.run("return $('why').textContent")


def test_another_sample_of_the_batch_shows_its_own_numbers(page):
    net, x, y = tutorial()
    trace = net.jump_back(np.concatenate([x, x / 2]), np.concatenate([y, y]), "mse")
    chromium = page(trace)
    chromium.run("$('sample').value = 1; $('sample').dispatchEvent(new Event('change'))")
    chromium.press("ArrowRight")
    assert shown(chromium)["I_H1"] == trace["I_H1"][1].tolist()


def test_the_film_has_a_slider_over_training_time(page):
    net, x, y = tutorial()
    net.compile(SGD(0.5), "mse")
    recorder = Recorder(x, y, every=5)
    net.fit(x, y, epochs=12, verbose=0, callbacks=[recorder])
    chromium = page(recorder)
    chromium.press("End")
    for i, (step, trace) in enumerate(zip([0, 5, 10, 12], recorder.traces, strict=True)):
        chromium.run("$('frame').value = arguments[0]; $('frame').dispatchEvent(new Event('input'))", i)
        assert chromium.run("return $('frame-text').textContent").startswith(f"step {step} · loss ")
        assert shown(chromium)["gradient of W3"] == trace.grads["dense_2/kernel"].ravel().tolist()


def test_names_do_nothing(page):
    evil = "</script><img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>"
    layer = type(evil, (Swish,), {"factor_text": evil}, registered=False)()
    net = Sequential([Input((2,)), Dense(2), copy.deepcopy(layer)], seed=1)
    chromium = page(net.jump_back(np.ones((1, 2)), np.ones((1, 2)), "mse"))
    for _ in range(chromium.run("return STEPS.length")):
        chromium.press("ArrowRight")
    assert chromium.run("return document.title") == "Jumping back: sequential"
    assert chromium.run("return document.querySelectorAll('img, script').length") == 2


@pytest.mark.parametrize("window", [PHONE, {**PHONE, "dark": True}, {}, {"dark": True}], ids=str)
def test_nothing_is_wider_than_the_screen(page, window):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), **window)
    chromium.run("pick(2, 'kernel', 0, 0)")
    for _ in range(chromium.run("return STEPS.length")):
        chromium.press("ArrowRight")
        assert chromium.run("return document.documentElement.scrollWidth <= innerWidth")
    paper = chromium.run("return getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(21, 24, 29)" if window.get("dark") else "rgb(250, 248, 243)")


def test_a_notebook_runs_it_inside_a_frame(chromium, tmp_path):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    (tmp_path / "notebook.html").write_text(f"<!doctype html><body>{trace.show()._repr_html_()}</body>", encoding="utf-8")
    chromium.open(tmp_path / "notebook.html")
    inside = "const inner = document.querySelector('iframe').contentDocument; inner.getElementById('last').click();"
    first = chromium.run(inside + "return inner.querySelector('[data-value]').dataset.value")
    assert float(first) == trace.grads["dense_2/kernel"][0, 0]
    assert chromium.errors() == []
