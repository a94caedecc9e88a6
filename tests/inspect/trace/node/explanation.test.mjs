// Every number is taken apart as Python's `explain` does it: the same names, the same values, the same sums.

import assert from "node:assert/strict";
import { test } from "node:test";

import { explain } from "../../../../minifw/inspect/trace/web/explanation.mjs";
import { book, load } from "../../../../minifw/inspect/trace/web/model.mjs";
import { cases, close } from "./opened.mjs";

const same = (found, wanted, about) => {
  assert.equal(found[0], wanted[0], about);
  assert.ok(close(found[1], wanted[1], 1e-12, Math.max(Math.abs(wanted[1]), 1e-12)), `${about}: ${found[1]} for ${wanted[1]}`);
};

for (const { name, data, numbers } of cases.explanations)
  test(`${name}: all ${numbers.length} numbers`, () => {
    load(data);
    for (const { target, name: called, value, paths } of numbers) {
      const found = explain(book.frames[0], target);
      const about = `${name}: ${called} ${JSON.stringify(target)}`;
      same([found.name, found.value], [called, value], about);
      assert.equal(found.paths.length, paths.length, about);
      found.paths.forEach((factors, p) => {
        assert.equal(factors.length, paths[p].length, about);
        factors.forEach((factor, f) => {
          same([factor.text, factor.value], paths[p][f], about);
          (factor.of || []).forEach((of, i) => same([of.text, of.value], paths[p][f][2][i], about));
          assert.equal((factor.of || []).length, paths[p][f][2].length, about);
        });
      });
      const size = found.products.reduce((sum, each) => sum + Math.abs(each), 0);
      assert.ok(close(found.sum, value, 1e-12, Math.max(size, Math.abs(value))), `${about}: sum ${found.sum}`);
    }
  });
