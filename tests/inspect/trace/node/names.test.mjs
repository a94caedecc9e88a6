// Entries are called as Python calls them, and numbers are short enough for their place.

import assert from "node:assert/strict";
import { test } from "node:test";

import { digits, entry, fixed, short, subscript, tuple, unravel } from "../../../../minifw/inspect/trace/web/names.mjs";
import { cases } from "./opened.mjs";

test("entries of places, parameters and paths", () => {
  for (const { place, index, name, below, python } of cases.names) {
    assert.equal(entry(place, index), name);
    assert.equal(subscript(index), below);
    assert.equal(tuple(index), python);
  }
});

test("a place in a flat array has the index that NumPy gives it", () => {
  for (const { shape, indices } of cases.indices) indices.forEach((index, k) => assert.deepEqual(unravel(k, shape), index));
});

test("no number of the drawing has more than eight letters, and none is cut", () => {
  for (const value of cases.numbers.flatMap((each) => [each, -each])) {
    const text = short(value);
    assert.ok(text.length <= 8, text);
    const back = Number(text.replace("−", "-"));
    assert.ok(value === 0 || Math.abs(back / value - 1) < 0.06, `${text} for ${value}`);
    assert.ok(value === 0 || Math.abs(Number(digits(value).replace("−", "-")) / value - 1) < 1e-4);
  }
  assert.deepEqual([NaN, Infinity, -Infinity, undefined].map(short), ["NaN", "∞", "−∞", ""]);
  assert.deepEqual([0.106, 0.1049].map((value) => fixed(value)), ["0.1060", "0.1049"]);
});
