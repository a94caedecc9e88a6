"""How the page looks: nothing overflows or overlaps, all is legible, on every window, in light, in dark and on paper."""

import numpy as np
import pytest
from trace_networks import Swish, network, samples, tutorial

import minifw as mf
from minifw import Recorder

pytestmark = pytest.mark.browser

WINDOWS = {
    "phone": {"width": 390, "height": 844, "phone": True},
    "notebook": {"width": 1280, "height": 800},
    "large": {"width": 2560, "height": 1440, "dark": True},
    "zoomed": {"width": 640, "height": 400, "dark": True},
}


def built(shape, *layers):
    return mf.Sequential([mf.Input(shape), *layers], dtype="float64", seed=3)


def traced(net, n=1, loss="mse"):
    return net.jump_back(*samples(net, n), loss)


def film():
    net, x, y = tutorial()
    net.compile(mf.SGD(0.5), "mse")
    recorder = Recorder(x, y, every=5)
    net.fit(x, y, epochs=20, verbose=0, callbacks=[recorder])
    return recorder


def hostile():
    evil = "</script><img src=x onerror=\"document.title='gone'\"><b>a layer with a very long name"
    layer = type(evil, (Swish,), {"factor_text": evil}, registered=False)()
    return traced(built((2,), mf.Dense(3), layer, mf.Dense(2), mf.Sigmoid()))


def classifier():
    layers = mf.Dense(6, "relu"), mf.Dense(4, "relu"), mf.Dense(3), mf.Softmax()
    return built((4,), *layers).jump_back(np.ones((1, 4)), np.eye(3)[[1]], "categorical_crossentropy")


def blocks():
    block = mf.Residual([mf.Dense(4), mf.Tanh()]), mf.Branches([[mf.Dense(2), mf.Sigmoid()], mf.Dense(2)])
    return traced(built((3,), mf.Dense(4), mf.BatchNormalization(), mf.Tanh(), *block, mf.Dense(2)), 5)


def blown_up():
    net = built((3,), mf.Dense(2, kernel_initializer="ones"), mf.Dense(2))
    return net.jump_back(np.full((1, 3), 1e308), np.zeros((1, 2)), "mse")


PAGES = {
    "tutorial": lambda: traced(tutorial()[0]),
    "batch": lambda: traced(tutorial()[0], 5),
    "classifier": classifier,
    "blocks": blocks,
    "convolution": lambda: traced(network("images"), 2),
    "embedding": lambda: traced(network("words"), 2),
    "twelve": lambda: traced(built((5,), *[layer for _ in range(12) for layer in (mf.Dense(5), mf.Sigmoid())])),
    "wide": lambda: traced(built((784,), mf.Dense(512, "relu"), mf.Dense(256, "relu"), mf.Dense(10, "softmax"))),
    "not a number": blown_up,
    "film": film,
    "names with HTML": hostile,
}

OVERFLOW = """
    const found = [];
    const {steps} = lesson.book;
    for (let step = 0; step < steps.length; step += Math.max(1, Math.floor(steps.length / 12))) {
        lesson.go(step === 0 ? steps.length - 1 : step - 1);
        const [aside, root, at] = [document.getElementById("aside"), document.documentElement, lesson.state.step];
        if (root.scrollWidth > innerWidth) found.push(["page", at, root.scrollWidth, innerWidth]);
        if (innerHeight > 560 && root.scrollHeight > innerHeight) found.push(["height", at, root.scrollHeight]);
        if (aside.scrollWidth > aside.clientWidth) found.push(["panel", at, aside.scrollWidth, aside.clientWidth]);
        const words = [...document.querySelectorAll("svg :is(.layer, .place, .weights-name, .landed, .factor, .part)")];
        const boxes = words.map((word) => [word.textContent, word.getBoundingClientRect()]).filter(([, box]) => box.width);
        boxes.forEach(([text, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (wide > 1 && high > 4) found.push(["overlap", at, text, other, wide, high]);
        }));
    }
    return found;
"""


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_and_no_name_lies_over_another(page, name, window):
    chromium = page(PAGES[name](), **WINDOWS[window])
    assert chromium.run(OVERFLOW) == []
    paper = chromium.run("return getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(21, 24, 29)" if WINDOWS[window].get("dark") else "rgb(250, 248, 243)")


LEGIBLE = """
    const clear = (text) => {
        const numbers = text.match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
        const scale = text.startsWith("color(") ? 255 : 1;
        return [...numbers.slice(0, 3).map((value) => value * scale), numbers[3] === undefined ? 1 : numbers[3]];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));
    const luminance = (colour) => {
        const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = colour.map((value) => linear(value / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
        const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
    };
    const behind = (element) => {
        const chain = [];
        for (let each = element; each; each = each.parentElement) chain.unshift(each);
        return chain.reduce((under, each) => {
            const style = getComputedStyle(each);
            return style.backgroundColor === "transparent" ? under : over(clear(style.backgroundColor), under);
        }, [255, 255, 255]);
    };
    const drawn = (element) => {
        const svg = element.ownerSVGElement;
        const box = element.getBoundingClientRect();
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        return [...svg.querySelectorAll("rect")].reduce((under, rect) => {
            const {left, right, top, bottom} = rect.getBoundingClientRect();
            const {fill} = getComputedStyle(rect);
            return left <= x && x <= right && top <= y && y <= bottom && fill !== "none" ? over(clear(fill), under) : under;
        }, behind(svg.parentElement));
    };
    const faint = [];
    const off = (each) => each.closest(".unseen, [aria-disabled=true]") || each.disabled;
    const visible = (each) => each.getClientRects().length && !off(each);
    for (const each of document.querySelectorAll("body *")) {
        const text = [...each.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
        if (!text || !visible(each) || /^(SCRIPT|STYLE|TITLE|NOSCRIPT)$/i.test(each.tagName)) continue;
        const style = getComputedStyle(each);
        const inside = each.ownerSVGElement;
        const [colour, under] = inside ? [style.fill, drawn(each)] : [style.color, behind(each)];
        const found = contrast(over(clear(colour), under), under);
        const about = [each.getAttribute("class"), text.slice(0, 30)];
        if (found < 4.5) faint.push([...about, found.toFixed(2)]);
        if (parseFloat(style.fontSize) < 12) faint.push([...about, style.fontSize]);
    }
    const card = behind(document.querySelector(".card"));
    const LINES = ":is(.activation, .other, .loss-line, .bridge, .curve, .reel) path";
    for (const each of document.querySelectorAll(`${LINES}, .weight, .body, .ground, .stop, .jump`)) {
        const found = contrast(over(clear(getComputedStyle(each).stroke), card), card);
        if (found < 3) faint.push([each.getAttribute("class"), "mark", found.toFixed(2)]);
    }
    for (const each of document.querySelectorAll("button, select, input[type=number], .array, .bar")) {
        const style = getComputedStyle(each);
        if (!visible(each) || parseFloat(style.borderLeftWidth) === 0) continue;
        const under = behind(each.parentElement);
        const found = contrast(over(clear(style.borderLeftColor), under), under);
        if (found < 3) faint.push([each.className, each.id || each.dataset.focus, "border", found.toFixed(2)]);
    }
    return faint;
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["tutorial", "classifier", "blocks", "convolution", "twelve", "film"])
def test_every_text_and_number_is_legible_and_every_mark_is_seen(page, name, dark):
    chromium = page(PAGES[name](), dark=dark)
    for step in ("0", "lesson.book.lossStep - 1", "lesson.book.lossStep + 1", "lesson.book.lossStep + 3", "99"):
        chromium.run(f"lesson.go({step})")
        assert chromium.run(LEGIBLE) == []
    chromium.run("lesson.pick({what: 'message', hop: 0, at: 0})")
    assert chromium.run(LEGIBLE) == []
    chromium.run("lesson.state.quiz = true; lesson.state.picked = null; lesson.go(lesson.book.lossStep + 1)")
    chromium.run("document.querySelector('.choice').click()")
    assert chromium.run(LEGIBLE) == []
    if chromium.run("return !document.getElementById('tell').hidden"):
        chromium.click("#tell")
        assert chromium.run(LEGIBLE) == []


def test_with_reduced_motion_nothing_moves(page):
    chromium = page(PAGES["twelve"](), calm=True, width=600)
    for _ in range(4):
        chromium.press("ArrowRight")
        assert chromium.run("return document.getAnimations().length") == 0
    chromium.press("End")
    assert chromium.run("return document.getElementById('drawing').scrollLeft") == 0
    chromium.press("Home", "ArrowRight", "ArrowRight")


def test_the_active_jump_is_in_sight_where_the_drawing_is_wider_than_its_frame(page):
    chromium = page(PAGES["twelve"](), calm=True)
    for step in range(0, chromium.run("return lesson.book.steps.length"), 3):
        chromium.run("lesson.go(arguments[0])", step)
        where = chromium.run("""
            const boxOf = (each) => document.querySelector(each).getBoundingClientRect();
            const [ball, frame] = [boxOf(".player circle"), boxOf("#drawing")];
            return [ball.left - frame.left, frame.right - ball.right];
        """)
        assert min(where) > -1, step


def test_on_paper_there_is_all_and_nothing_to_press(page):
    chromium = page(PAGES["tutorial"](), "#15&quiz=off&ask=gradient:2:kernel:3", media="print")
    shown = "return document.querySelector(arguments[0]).getClientRects().length > 0"
    assert not any(chromium.run(shown, each) for each in ("nav", ".tools", ".hands", ".lab"))
    assert all(chromium.run(shown, each) for each in ("#why", "#told", "#drawing svg"))
    assert chromium.run("return document.body.scrollHeight") > 1200


def test_the_stage_fits_its_window(page):
    for window in ("notebook", "large"):
        chromium = page(PAGES["tutorial"](), **WINDOWS[window])
        found = chromium.run("""
            const box = document.getElementById("drawing");
            const {width, height} = box.firstChild.getBoundingClientRect();
            return [box.clientWidth - width, box.clientHeight - height, height / innerHeight];
        """)
        assert found[0] >= -1 and found[1] >= -1 and found[2] > 0.7


def test_a_played_training_goes_on_until_it_is_stopped(page):
    chromium = page(PAGES["tutorial"](), "#15&quiz=off")
    frames = chromium.run("""
        document.getElementById("play").click();
        return new Promise((done) => setTimeout(() => {
            const steps = lesson.lab.losses.length;
            document.getElementById("play").click();
            done(steps);
        }, 1000));
    """)
    assert frames > 1  # how quick it is depends on the machine: nothing is timed here
    assert chromium.run("return new Promise((done) => setTimeout(() => done(lesson.lab.losses.length), 200))") == frames
