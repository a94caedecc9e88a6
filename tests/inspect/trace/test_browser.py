"""The page in a real browser: it steps to the end, its numbers are the gradients, and nothing goes wrong on the way."""

import copy

import numpy as np
import pytest
from trace_networks import LAYERS, Swish, network, samples, tutorial

import minifw as mf
from minifw import SGD, Dense, Input, Recorder, Sequential

pytestmark = pytest.mark.browser

SHOWN = """
    const found = {};
    for (const figure of document.querySelectorAll("#panel figure"))
        found[figure.dataset.name] = [...figure.querySelectorAll("[data-value]")].map((cell) => cell.dataset.value);
    return found;
"""


SET = """
    const it = document.querySelector(arguments[0]);
    it.value = arguments[1];
    it.dispatchEvent(new Event(arguments[2]));
"""


def shown(chromium):
    """The arrays beside the drawing, by name."""
    return {name: [float(value) for value in values] for name, values in chromium.run(SHOWN).items()}


def symbol(jump, key):
    letter = {"kernel": "W", "bias": "B"}[key]
    return f"gradient of {letter}{jump.number}"


def traced(row, n=3, dtype="float64"):
    net = network(row, dtype)
    return net.jump_back(*samples(net, n))


def test_stepping_to_the_end_shows_each_message_and_at_last_the_gradients(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace)
    for jump in trace.forward:
        chromium.press("ArrowRight")
        assert shown(chromium)[jump.place_out] == jump.output.ravel().tolist()
    chromium.press("ArrowRight")
    assert chromium.text("#panel .exact") == repr(trace.loss)
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
    off = "return ['next', 'back'].map((id) => document.getElementById(id).getAttribute('aria-disabled'))"
    assert chromium.run(off) == ["true", "false"]
    chromium.press("ArrowLeft", "Home")
    assert chromium.run("return lesson.state.step") == 0
    chromium.press("End")
    assert shown(chromium) == wanted


@pytest.mark.parametrize("row", LAYERS)
def test_every_network_can_be_played_to_the_end(page, row):
    trace = traced(row, dtype="float32")
    chromium = page(trace)
    for _ in range(chromium.run("return lesson.book.steps.length")):
        chromium.press("ArrowRight")
    assert chromium.run("return lesson.state.step === lesson.book.steps.length - 1")
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
    assert chromium.text("#network") == "sequential · loss NaN"
    chromium.press("End")
    chromium.run("lesson.pick({what: 'gradient', hop: 0, key: 'kernel', at: 0})")
    assert chromium.text("#why-value") in ("NaN", "Infinity", "-Infinity")


CLICK_ALL = """
    const bad = [];
    const targets = [...new Set([...document.querySelectorAll("[data-target]")].map((each) => each.dataset.target))];
    for (const target of targets) {
        const button = [...document.querySelectorAll("[data-target]")].find((each) => each.dataset.target === target);
        button.dispatchEvent(new MouseEvent("click", {bubbles: true}));
        const wanted = document.getElementById("why-value").textContent;
        const chips = (path) => [...path.querySelectorAll(":scope > .line .number")];
        const numbers = (path) => chips(path).map((each) => Number(each.dataset.value));
        const paths = [...document.querySelectorAll("#why > .paths:not(.whole) > .path")].map(numbers);
        const words = document.getElementById("why").textContent;
        if (!document.querySelector("#why .paths, #why .plain") && !/given|parameter|trained|formula/.test(words))
            bad.push([target, "no answer"]);
        if (!paths.length) continue;
        const products = paths.map((factors) => factors.reduce((a, b) => a * b, 1));
        const rest = document.querySelector("#why > .paths > .note");
        const sum = products.reduce((a, b) => a + b, 0) + (rest ? Number(rest.dataset.rest) : 0);
        const size = products.reduce((a, b) => a + Math.abs(b), 0);
        if (!(Math.abs(sum - Number(wanted)) <= 1e-12 * Math.max(size, 1e-300))) bad.push([target, sum, wanted]);
    }
    lesson.pick(null);
    return [bad, targets.length];
"""


@pytest.mark.parametrize("row", list(LAYERS)[:11])
def test_every_number_that_is_shown_says_what_it_is_made_of(page, row):
    chromium = page(traced(row, 2))
    clicked = 0
    for _ in range(chromium.run("return lesson.book.steps.length")):
        bad, count = chromium.run(CLICK_ALL)
        assert bad == []
        clicked += count
        chromium.press("ArrowRight")
    assert clicked > 50


def test_a_click_on_a_line_asks_for_it_and_a_click_on_a_message_opens_what_is_behind_it(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace, "#15&quiz=off")
    where = """
        const box = document.querySelectorAll(".lines")[1].querySelector(".weight").getBoundingClientRect();
        return [Math.round(box.left + box.width / 4), Math.round(box.top + box.height * 3 / 4), box.height];
    """
    x, y, _ = chromium.run(where)
    chromium.point(x, y)
    assert chromium.text("#why h2 b") == "W2₁₁"
    chromium.click("#why .opens")
    sums = chromium.run("return [...document.querySelectorAll('.below .product')].map((each) => each.dataset.value)")
    message = trace["error_grad_upto_H2"][0, 0]
    assert len(sums) == 4 and sum(map(float, sums)) == pytest.approx(message, rel=1e-15)
    assert float(chromium.run("return document.querySelector('.sum').textContent.slice(2)")) == message
    chromium.click("#why .opens")
    assert chromium.run("return document.querySelector('.below').childElementCount") == 0


def test_before_its_jump_a_weight_does_not_give_its_gradient_away(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace)
    chromium.press("ArrowRight")
    text = chromium.run("return document.body.textContent.replace(document.getElementById('data').textContent, '')")
    assert str(trace.grads["dense/kernel"][0, 0])[:8] not in text
    chromium.run("document.querySelector('#panel [data-name=W1] button').click()")
    assert "comes with the jump over it" in chromium.text("#why")


def test_a_question_hides_the_jump_until_it_is_answered_and_hits_are_counted(page):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    chromium = page(trace, "#8")
    message = repr(trace["error_grad_upto_OL"][0, 0])
    everything = """
        const hidden = [...document.querySelectorAll("main *")].map((each) => Object.values(each.dataset).join());
        return document.querySelector("main").textContent + hidden.join();
    """
    assert message not in chromium.run(everything)
    assert chromium.run("return document.querySelectorAll('.choice').length") == 3
    chromium.press("1", "Enter")  # it would grow; then the next question, on which the focus is
    assert chromium.text("#score") == "1 of 1"
    right = "return [...document.querySelectorAll('.choice')].findIndex((each) => each.textContent.endsWith(' 0.3112'))"
    wrong = 1 if chromium.run(right) == 0 else 0
    chromium.press(str(wrong + 1))
    assert "Not quite" in chromium.text("#told")
    assert chromium.text("#score") == "1 of 2"
    chromium.press("Enter")
    assert shown(chromium)["error_grad_upto_OL"] == trace["error_grad_upto_OL"].ravel().tolist()
    chromium.press("ArrowRight")
    assert chromium.run("return [lesson.state.step, document.querySelectorAll('.choice').length]") == [9, 3]
    chromium.press("ArrowRight")
    assert chromium.run("return [lesson.state.step, document.querySelectorAll('.choice').length]") == [9, 0]
    chromium.click("#quiz")
    chromium.press("ArrowRight")
    assert chromium.run("return [lesson.state.step, document.querySelectorAll('.choice').length]") == [10, 0]


@pytest.mark.parametrize("row", list(LAYERS))
def test_the_right_answer_to_every_question_is_right(page, row):
    chromium = page(traced(row, 1), "#0")
    found = chromium.run("""
        const found = [];
        for (let step = 0; step < lesson.book.steps.length; step += 1) {
            lesson.go(step);
            for (let open = lesson.pending(); open; open = lesson.pending()) {
                found.push(open.choices.map(({text, right}) => [text, right]));
                document.querySelector(".choice").click();
                document.querySelector("[data-focus=quiz-next]").click();
            }
        }
        return found;
    """)
    assert all(sum(right for _, right in choices) == 1 for choices in found)
    assert all(len({text for text, _ in choices}) == len(choices) >= 2 for choices in found)


def test_a_changed_number_changes_everything_as_python_does_and_can_be_taken_back(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#15&quiz=off&ask=param:2:kernel:3")
    for value in ("0.25", "-1.5"):
        chromium.run(SET, "#why [type=number]", value, "change")
        net.layers[2].params.kernel[0, 3] = float(value)
        trace = net.jump_back(x, y, "mse")
        assert chromium.run("return lesson.now().loss") == pytest.approx(trace.loss, rel=1e-12)
        assert shown(chromium)["gradient of W1"] == pytest.approx(trace.grads["dense/kernel"].ravel().tolist(), rel=1e-12)
    before = chromium.run("return lesson.now().loss")
    chromium.run("document.querySelector('[data-focus=\"nudge0.01\"]').click()")
    told = chromium.text(".hands .told")
    assert told.startswith("+0.01: the gradient predicts ") and chromium.run("return lesson.now().loss") == before
    chromium.click("#undo")
    assert chromium.run("return document.getElementById('changed').hidden")
    assert chromium.run("return lesson.now() === lesson.book.frames[0]")


def test_an_input_is_dragged_on_the_stage(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#7&quiz=off")
    before = chromium.run("return lesson.now().loss")
    where = "const {left, top} = document.querySelector('.spot.drags').getBoundingClientRect(); return [left + 20, top + 12]"
    chromium.drag(*map(round, chromium.run(where)), 0, -30)
    x[0, 0] = chromium.run("return lesson.lab.x.values[0]")
    assert x[0, 0] == pytest.approx(0.82) and chromium.run("return lesson.now().loss") != before
    assert chromium.run("return lesson.now().loss") == pytest.approx(net.jump_back(x, y, "mse").loss, rel=1e-12)


def test_training_on_the_page_goes_where_python_goes_and_is_drawn(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#15&quiz=off")
    update = chromium.text("#update")
    assert update == "loss 0.1060 → 0.1049 It has learned."
    for _ in range(10):
        chromium.click("[data-focus=hundred]")
    net.compile(SGD(0.1), "mse")
    net.fit(x, y, epochs=1000, verbose=0)
    assert chromium.run("return lesson.now().loss") == pytest.approx(net.jump_back(x, y, "mse").loss, rel=1e-9)
    chromium.click("#play")
    wait = """
        const curve = () => document.querySelector(".curve path").getAttribute("d").length;
        return new Promise((done) => setTimeout(() => done([lesson.lab.losses.length, curve()]), 600));
    """
    steps, curve = chromium.run(wait)
    assert steps > 1005 and curve > 500
    chromium.click("#play")


def test_the_loss_over_two_weights_is_drawn_with_the_way_of_training(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#15&quiz=off&do=momentum,0.1,50")
    loss = chromium.run("return lesson.now().loss")
    chromium.click("[data-focus=map]")
    way = "document.querySelector('.map path').getAttribute('d')"
    drawn = f"return new Promise((done) => setTimeout(() => done({way}), 300))"
    assert chromium.run(drawn).count("L") == 50
    assert chromium.run("return lesson.now().loss") == loss


def test_a_diverging_training_says_so(page):
    net = Sequential([Input((3,)), Dense(2)], dtype="float64", seed=1)
    chromium = page(net.jump_back(np.ones((1, 3)), np.ones((1, 2)), "mse"), "#5&quiz=off&do=sgd,3,400")
    assert "It has diverged" in chromium.text("#steps-text")
    assert chromium.run("return document.getElementById('network').textContent.includes('loss')")


def test_a_recording_says_why_it_is_one(page):
    chromium = page(traced("own layers"), "#13&quiz=off")
    assert "A recording: the page has no formula for Scale." in chromium.text("#legend")
    assert chromium.run("return document.querySelector('.lab')") is None


PRESS = """
    const found = [...document.querySelectorAll("button")].find((each) => (each.dataset.focus || each.id) === arguments[0]);
    if (!found || found.closest("[hidden]")) return false;
    found.focus();
    found.click();
    return true;
"""
FOCUS = "const it = document.activeElement; return it === document.body ? 'BODY' : it.id || it.dataset.focus || it.tagName"


def test_the_keyboard_alone_is_enough_and_the_focus_is_never_lost(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#15")
    for _ in range(90):
        chromium.press("Tab")
        if chromium.run("return document.activeElement.closest('#panel td') !== null"):
            break
    chromium.press("Enter")
    assert chromium.text("#why h2 b") == "W3₁₁"
    assert chromium.run(FOCUS) == "why-title"
    chromium.press("ArrowLeft")
    assert chromium.run("return lesson.book.steps.length - lesson.state.step") == 2
    assert not chromium.run("return document.getElementById('why').hidden")
    chromium.press("Escape")
    assert chromium.run("return document.getElementById('why').hidden") and chromium.run(FOCUS) != "BODY"
    chromium.run("document.getElementById('next').focus()")
    for key in ("Home", *["Enter"] * 30, "End", "ArrowLeft", "Home"):
        chromium.press(key)
        assert chromium.run(FOCUS) != "BODY"
    chromium.run("document.getElementById('tell').focus()")
    for key in ("Enter", *["Tab"] * 8, "Enter", "Escape", "Escape"):
        chromium.press(key)
        assert chromium.run(FOCUS) != "BODY"


def test_every_button_keeps_the_focus(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#15&quiz=off&ask=gradient:2:kernel:3&do=2/kernel,3,0.5")
    for name in chromium.run("return [...document.querySelectorAll('button')].map((each) => each.dataset.focus || each.id)"):
        if name not in ("share", "save", "python", "roll") and chromium.run(PRESS, name):
            assert chromium.run(FOCUS) != "BODY", name


def test_the_story_goes_from_one_neuron_to_the_whole_network(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"))
    chromium.click("#tell")
    titles = []
    while not chromium.run("return document.getElementById('story').hidden"):
        titles.append(chromium.text("#story h2"))
        assert "undefined" not in chromium.text("#story")
        chromium.click("[data-focus=chapter-on]")
    assert titles[0] == "One neuron" and titles[-1] == "Turn them all" and len(titles) == 11


def test_an_address_may_name_a_step_and_a_weight(page):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), "#12:dense_1/kernel:2,1")
    assert chromium.run("return lesson.state.step") == 12
    assert chromium.text("#why h2 b") == "W2₃₂"


HOSTILE = (
    *("#%E0%A4%A", "#1.5", "#3:dense/toString:0,0", "#99&chapter=77", "#-1&frame=9&sample=x&ask=value:99::0"),
    *("#0&do=x,0,NaN;adam,1,-3", "#2&ask=gradient:0:__proto__:0", "#0&do=0/constructor,0,1;sgd,,&quiz="),
)


@pytest.mark.parametrize("fragment", HOSTILE)
def test_an_address_that_makes_no_sense_is_ignored(page, fragment):
    net, x, y = tutorial()
    chromium = page(net.jump_back(x, y, "mse"), fragment)
    assert chromium.run("return document.querySelectorAll('svg .node').length") == 21
    assert chromium.run("return lesson.lab.actions.length") == 0


def test_the_changed_page_is_saved_whole_and_can_be_saved_again(page, chromium, tmp_path):
    net, x, y = tutorial()
    page(net.jump_back(x, y, "mse"), "#15&quiz=off&ask=param:2:kernel:3&do=x,0,0.3;adam,0.01,50")
    loss, text = chromium.run("return [lesson.now().loss, lesson.text()]")
    for again in range(2):
        (tmp_path / f"saved{again}.html").write_text(text, encoding="utf-8")
        chromium.open(tmp_path / f"saved{again}.html")
        found = chromium.run("return [lesson.now().loss, lesson.state.step, lesson.text()]")
        assert found[:2] == [loss, 15]
        text = found[2]
    python = "document.getElementById('python').click(); return document.getElementById('copied-text').value"
    exec(chromium.run(python), {"net": net})
    x[0, 0] = 0.3
    assert net.jump_back(x, y, "mse").loss == pytest.approx(loss, rel=1e-12)


def test_a_heat_map_gives_the_value_under_the_pointer_and_under_the_arrow_keys(page):
    net = Sequential([Input((20,)), Dense(30), Dense(2)], dtype="float64", seed=1)
    trace = net.jump_back(*samples(net, 1), "mse")
    chromium = page(trace)
    chromium.press("End")
    chromium.run("document.querySelector('[data-name=\"gradient of W1\"] canvas').focus()")
    chromium.press("ArrowRight", "ArrowDown", "ArrowDown")
    read = "return document.querySelector('[data-name=\"gradient of W1\"] .readout').textContent"
    assert chromium.run(read) == f"W1₃₂ = {trace.grads['dense/kernel'][2, 1]}"
    assert chromium.run("return lesson.state.step === lesson.book.steps.length - 1")
    chromium.press("Enter")
    assert chromium.text("#why h2 b") == "W1₃₂"


def test_large_layers_are_drawn_in_part_and_say_so(page):
    net = Sequential([Input((784,)), Dense(512, "relu"), Dense(256, "relu"), Dense(10, "softmax")], seed=1)
    chromium = page(net.jump_back(*samples(net, 32), "mse"))
    chromium.press("End")
    parts = chromium.run("return [...document.querySelectorAll('svg .part')].map((part) => part.textContent)")
    assert parts == ["10 of 784 drawn", "10 of 512 drawn", "10 of 256 drawn"]
    assert chromium.run("return document.querySelectorAll('.weight').length") == 300
    chromium.run("lesson.pick({what: 'gradient', hop: 2, key: 'kernel', at: 56 * 256 + 28})")
    assert "… and 27 more samples, which are not on this page." in chromium.text("#why")


def test_another_sample_of_the_batch_shows_its_own_numbers(page):
    net, x, y = tutorial()
    trace = net.jump_back(np.concatenate([x, x / 2]), np.concatenate([y, y]), "mse")
    chromium = page(trace)
    chromium.run(SET, "#sample", 1, "change")
    chromium.press("ArrowRight")
    assert shown(chromium)["I_H1"] == trace["I_H1"][1].tolist()
    assert "row of sample 2" in chromium.text("#panel")


def test_the_film_has_a_slider_over_training_time(page):
    net, x, y = tutorial()
    net.compile(SGD(0.5), "mse")
    recorder = Recorder(x, y, every=5)
    net.fit(x, y, epochs=12, verbose=0, callbacks=[recorder])
    chromium = page(recorder)
    chromium.press("End")
    for i, (step, trace) in enumerate(zip([0, 5, 10, 12], recorder.traces, strict=True)):
        chromium.run(SET, "#frame", i, "input")
        assert chromium.text("#frame-text") == f"step {step}"
        assert shown(chromium)["gradient of W3"] == trace.grads["dense_2/kernel"].ravel().tolist()


def test_a_film_that_blows_up_can_be_looked_at(page):
    net = Sequential([Input((3,)), Dense(2, kernel_initializer="ones")], dtype="float64", seed=1)
    recorder = Recorder(np.ones((1, 3)), np.ones((1, 2)))
    for step, size in enumerate((1, 1e160, 1e308, 2)):
        recorder.traces.append(net.jump_back(np.full((1, 3), float(size)), np.ones((1, 2)), "mse"))
        recorder.steps.append(step)
    chromium = page(recorder)
    chromium.press("End")
    chromium.run(SET, "#frame", 2, "input")
    assert chromium.text("#network") == "sequential · loss ∞"
    assert "NaN" not in chromium.run("return document.querySelector('#curve path').getAttribute('d')")


def test_names_do_nothing(page):
    evil = "</script><img src=x onerror=\"document.title='gone'\"><script>document.title='gone'</script>"
    layer = type(evil, (Swish,), {"factor_text": evil}, registered=False)()
    net = Sequential([Input((2,)), Dense(2), copy.deepcopy(layer)], seed=1)
    chromium = page(net.jump_back(np.ones((1, 2)), np.ones((1, 2)), "mse"))
    for _ in range(chromium.run("return lesson.book.steps.length")):
        chromium.press("ArrowRight")
    assert chromium.run("return document.title") == "Jumping back: sequential"
    assert chromium.run("return document.querySelectorAll('img, script').length") == 2


def test_a_notebook_runs_it_inside_a_frame(chromium, tmp_path):
    net, x, y = tutorial()
    trace = net.jump_back(x, y, "mse")
    (tmp_path / "notebook.html").write_text(f"<!doctype html><body>{trace.show()._repr_html_()}</body>", encoding="utf-8")
    chromium.open(tmp_path / "notebook.html")
    inside = "const inner = document.querySelector('iframe').contentDocument; inner.getElementById('last').click();"
    first = chromium.run(inside + "return inner.querySelector('#panel figure [data-value]').dataset.value")
    assert float(first) == trace.grads["dense_2/kernel"][0, 0]
    assert chromium.errors() == []


def test_a_live_page_of_floats_says_that_it_calculates_in_double(page):
    net = Sequential([Input((2,)), Dense(2, "gelu"), mf.LayerNormalization()], seed=1)
    chromium = page(net.jump_back(np.ones((2, 2)), np.ones((2, 2)), "mse"), "#3&do=x,0,2")
    assert "calculated in double precision" in chromium.text("#changed-text")
