// An array is a table of Python's numbers, a larger one a heat map that says them one by one.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { arrayView } from "../../../../minifw/inspect/trace/web/arrays.mjs";
import { fresh, Grid, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { short } from "../../../../minifw/inspect/trace/web/names.mjs";
import { cases } from "./opened.mjs";
import { numbersIn, open, texts } from "./stub.mjs";

const gridOf = (shape, values) => new Grid({ shape, grid: [values.length / shape.at(-1), shape.at(-1)], values });
const readout = (view) => view.querySelector(".readout").textContent;

beforeEach(() => {
  open();
  load(cases.pages.find(({ name }) => name === "activations").data);
  Object.assign(state, fresh);
});

test("every gradient of Python stands in its table, each entry under its name", () => {
  let seen = 0;
  for (const [path, shape, values, name] of cases.pages.flatMap(({ gradients }) => gradients)) {
    const asked = [];
    const ask = { target: (at) => ({ at }), on: (at) => ({ onclick: () => asked.push(at) }) };
    const view = arrayView(`gradient of ${name}`, name, gridOf(shape, values), { ask });
    const buttons = view.querySelectorAll("td button");
    if (!buttons.length) continue;
    seen += 1;
    assert.deepEqual(numbersIn(buttons), values, path);
    assert.deepEqual(texts(buttons), values.map(short));
    buttons.forEach((button) => button.click());
    assert.deepEqual(asked, [...values.keys()]);
    buttons.at(-1).fire("focus");
    assert.ok(readout(view).endsWith(` = ${values.at(-1)}`) && readout(view).startsWith(name.replace("_", "")), readout(view));
  }
  assert.ok(seen > 20);
});

test("of a batch the row of the chosen sample stands there", () => {
  const { x } = cases.pages.find(({ name }) => name === "activations");
  x.forEach((row, sample) => {
    state.sample = sample;
    const asked = { target: (at) => at, on: () => ({}) };
    const buttons = arrayView("x", "x", gridOf([3, 5], x.flat()), { vector: true, ask: asked }).querySelectorAll("td button");
    assert.deepEqual(buttons.map((button) => x.flat()[Number(button.dataset.target)]), row);
    const view = arrayView("x", "x", gridOf([3, 5], x.flat()), { vector: true });
    assert.deepEqual(numbersIn(view.querySelectorAll("td span")), row);
    assert.match(view.querySelector(".caption").textContent, new RegExp(`row of sample ${sample + 1}.*\\(3, 5\\)`));
    view.querySelectorAll("td span")[2].fire("pointerenter");
    assert.equal(readout(view), `x₃ = ${row[2]}`);
    view.fire("pointerleave");
    assert.equal(readout(view), "");
  });
});

test("what no table has room for is a heat map; the keys walk over its numbers", () => {
  const values = Array.from({ length: 200 }, (_, k) => (k % 2 ? -k : k) / 7);
  const picked = [];
  const view = arrayView("W1", "W1", gridOf([20, 10], values), { ask: { pick: (at) => picked.push(at) } });
  const canvas = view.querySelector("canvas");
  assert.equal(canvas.painted.length, 200);
  canvas.fire("keydown", { key: "ArrowRight" });
  assert.equal(readout(view), `W1₁₂ = ${values[1]}`);
  for (let i = 0; i < 30; i += 1) canvas.fire("keydown", { key: "ArrowDown" });
  assert.equal(readout(view), `W1₂₀,₂ = ${values[191]}`);
  canvas.fire("keydown", { key: "Enter" });
  assert.deepEqual(picked, [191]);
  canvas.fire("click", { clientX: 1, clientY: 1 });
  assert.deepEqual(picked, [191, 0]);
});

test("a very large array says the largest near a cell, and cannot be asked there", () => {
  const heat = { grid: [2, 2], values: [1, -2, 3, 4] };
  const grid = new Grid({ shape: [100, 80], grid: [100, 80], rows: [0], columns: [0], values: [0.5], heat });
  const picked = [];
  const view = arrayView("W1", "W1", grid, { ask: { pick: (at) => picked.push(at) } });
  const canvas = view.querySelector("canvas");
  assert.equal(view.querySelector(".note").textContent, "Each cell is the largest of 50 by 40 entries.");
  canvas.fire("keydown", { key: "ArrowRight" });
  assert.equal(readout(view), "W1₁,₄₁ = … the largest near here is -2");
  canvas.fire("keydown", { key: "Enter" });
  assert.deepEqual(picked, []);
});

test("a long vector is folded into lines, and no entry is lost", () => {
  const values = Array.from({ length: 100 }, (_, k) => k);
  const view = arrayView("x", "x", gridOf([1, 100], values), { vector: true });
  assert.equal(view.querySelector("canvas").painted.length, 100);
  view.querySelector("canvas").fire("keydown", { key: "ArrowDown" });
  assert.equal(readout(view), "x₁₉ = 18");
});
