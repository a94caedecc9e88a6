// The page's data as arrays, places and steps: what lies where is what Python says, and so is when it may be seen.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as model from "../../../../minifw/inspect/trace/web/model.mjs";
import { cases } from "./opened.mjs";

const { book, load } = model;
const samples = (grid) => Array.from({ length: grid.rows }, (_, row) => grid.row(row));

for (const { name, data, loss, x, y, places, steps, gradients } of cases.pages)
  test(name, () => {
    load(data);
    const [pass] = book.frames;
    assert.equal(pass.loss, loss);
    assert.deepEqual([samples(pass.x), samples(pass.y)], [x, y]);
    assert.deepEqual(book.places, places.map((place) => place.name));
    assert.deepEqual(book.steps.map(({ phase }) => phase), steps.map(({ phase }) => phase));
    places.forEach(({ values, since, message, from, upto }, place) => {
      assert.deepEqual(samples(model.valueAt(pass, place)), values);
      assert.deepEqual(message && samples(model.messageAt(pass, place)), message);
      assert.deepEqual([model.valueStep(place), message && model.messageStep(place), model.uptoAt(place)], [since, message && from, upto]);
    });
    for (const [path, shape, values] of gradients) {
      const hop = book.hops.findIndex((each, i) => Object.keys(pass.hops[i].grads).some((key) => `${each.name}/${key}` === path));
      const grid = model.total(pass, hop, path.slice(book.hops[hop].name.length + 1));
      assert.deepEqual([grid.shape, values.map((_, k) => grid.get(k))], [shape, values]);
      assert.equal(grid.largest, Math.max(...values.map(Math.abs)));
    }
    assert.equal(model.lastStep(), steps.length - 1);
    assert.deepEqual(book.columns.flatMap((column) => column.places), places.map((_, place) => place));
  });

test("which networks the page calculates, and the sentence why not", () => {
  const why = Object.fromEntries(cases.pages.map(({ name, data }) => [name, load(data).live ? "live" : book.obstacle]));
  assert.deepEqual(why, {
    tutorial: "live",
    activations: "live",
    penalties: "live",
    "own layers": "the page has no formula for Scale",
    "a shortcut": "the page has no formula for Scale",
    "a network inside": "live",
    "rank 3": "live",
    images: "the page has no formula for Conv2D",
    "dropout and flatten": "the page has no formula for Dropout",
  });
});

for (const { name, data, obstacle } of cases.obstacles)
  test(`a recording: ${name}`, () => {
    load(data);
    assert.equal(book.live, false);
    assert.ok(book.obstacle.includes(obstacle), book.obstacle);
  });

test("a large array holds the units that are drawn, and nothing else", () => {
  const grid = new model.Grid({ shape: [100, 90], grid: [100, 90], rows: [0, 50, 99], columns: [0, 89], values: [1, 2, 3, 4, 5, 6], heat: { grid: [1, 2], values: [-9, 4] } });
  assert.deepEqual([grid.at(50, 89), grid.get(99 * 90), grid.at(1, 0), grid.largest], [4, 5, undefined, 9]);
  const halved = new model.Grid({ shape: [1, 2], grid: [1, 2], values: [0.1, "NaN"] }, Math.fround);
  assert.deepEqual([...halved.values], [Math.fround(0.1), NaN]);
});
