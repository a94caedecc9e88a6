// Each step's drawing holds Python's values and messages, in short in the nodes and whole behind them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { draw, touched } from "../../../../minifw/inspect/trace/web/drawing.mjs";
import { acts } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { book, fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { short } from "../../../../minifw/inspect/trace/web/names.mjs";
import { cases } from "./opened.mjs";
import { open, texts } from "./stub.mjs";

// what the places of a click say: the name, and the whole number
const behind = (svg) => svg.querySelectorAll(".spot").map((spot) => spot.textContent);
const flat = (network) => network.places.filter(({ rank }) => rank === 2);
const sorted = (values) => [...values].sort();

for (const network of cases.pages)
  test(`${network.name}: the numbers of every step`, () => {
    open();
    load(network.data);
    reset();
    for (let sample = 0; sample < network.x.length; sample += 1)
      for (let step = 0; step < network.steps.length; step += 1) {
        Object.assign(state, fresh, { step, sample });
        const { svg } = draw(step);
        const there = flat(network).filter(({ since }) => since <= step);
        const values = [...there.flatMap(({ values: all }) => all[sample]), ...network.y[sample]];
        const messages = there.filter(({ message, from }) => message && from <= step).flatMap(({ message }) => message[sample]);
        assert.deepEqual(sorted(texts(svg.querySelectorAll(".value"))), sorted(values.map(short)), `step ${step}`);
        assert.deepEqual(sorted(texts(svg.querySelectorAll(".message"))), sorted(messages.map(short)), `step ${step}`);
        const said = behind(svg);
        for (const value of values) assert.ok(said.some((text) => text.endsWith(` = ${value}`)), `step ${step}: ${value}`);
        for (const value of messages) assert.ok(said.includes(`error gradient there: ${value}`), `step ${step}: ${value}`);
      }
  });

for (const network of cases.pages)
  test(`${network.name}: a jump back shows the slope of an activation, and lines a weight each`, () => {
    load(network.data);
    open();
    reset();
    Object.assign(state, fresh, { step: network.steps.length - 1 });
    const { svg } = draw(state.step);
    const slopes = network.steps.flatMap(({ phase, batch }) => (phase === "back" ? Object.entries(batch) : [])).filter(([title]) => title.startsWith("slope"));
    const said = behind(svg).filter((text) => text.startsWith("slope"));
    for (const text of said) assert.ok(slopes.some(([, values]) => values[0].includes(Number(text.slice(6)))), text);
    if (network.name === "tutorial") {
      assert.equal(said.length, slopes.flatMap(([, values]) => values[0]).length);
      assert.equal(svg.querySelectorAll("line.weight").length, 5 * 3 + 3 * 5 + 5 * 4);
      assert.equal(svg.querySelectorAll("line.weight.negative").length, 0);
      assert.deepEqual(texts(svg.querySelectorAll(".weights-name")), ["W1", "W2", "W3"]);
    }
  });

test("a click on a number asks for it, and one near a line for its weight", () => {
  open();
  const { data, gradients } = cases.pages[0];
  load(data);
  reset();
  Object.assign(state, fresh);
  const asked = [];
  acts.pick = (target) => asked.push(target);
  const { svg } = draw(0);
  const spots = svg.querySelectorAll(".spot");
  spots.forEach((spot) => spot.click());
  assert.deepEqual(asked.slice(0, 5), [0, 1, 2, 3, 4].map((at) => ({ what: "x", at })));
  const [hit] = svg.querySelectorAll(".hit");
  const [line] = svg.querySelectorAll("line.weight");
  const middle = { clientX: (Number(line.attributes.x1) * 3 + Number(line.attributes.x2)) / 4, clientY: (Number(line.attributes.y1) * 3 + Number(line.attributes.y2)) / 4 };
  hit.fire("pointermove", middle);
  assert.match(hit.textContent, /^W1₁₁ = 0\.\d+$/);
  hit.fire("click", middle);
  assert.deepEqual(asked.at(-1), { what: "param", hop: 0, key: "kernel", at: 0 });
  state.step = book.steps.length - 1;
  const after = draw(state.step).svg.querySelector(".hit");
  after.fire("pointermove", middle);
  assert.ok(after.textContent.endsWith(`gradient ${gradients[0][2][0]}`), after.textContent);
});

test("a step says what it makes and what it uses", () => {
  load(cases.pages[0].data);
  assert.deepEqual(touched(1), { made: 1, used: [0], line: 0 });
  assert.deepEqual(touched(book.lossStep), { made: 7, used: [6], line: "loss" });
  assert.deepEqual(touched(book.lossStep + 1), { held: 6, used: [6], line: "loss" });
  assert.deepEqual(touched(book.lossStep + 2), { held: 5, used: [5, 6], line: 5 });
});
