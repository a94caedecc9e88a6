// The answer to a click: Python's value, and terms that stand there with all their letters and add up to it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { answer } from "../../../../minifw/inspect/trace/web/answer.mjs";
import { $, acts } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { lab, now, reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { book, fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { digits } from "../../../../minifw/inspect/trace/web/names.mjs";
import { cases, close } from "./opened.mjs";
import { numbersIn, open, texts } from "./stub.mjs";

const ask = (picked) => {
  state.picked = picked;
  answer();
};
const begin = (data) => {
  open();
  load(data);
  reset();
  Object.assign(state, fresh);
  acts.render = answer;
  acts.pick = ask;
};
// the layer that a gradient of Python's name belongs to
const owner = (path) => {
  const hops = book.frames[0].hops.map(({ grads }, hop) => Object.keys(grads).map((key) => ({ hop, key })));
  return hops.flat().find(({ hop, key }) => `${book.hops[hop].name}/${key}` === path);
};
const lines = (box) => box.children.filter((child) => child.classList.contains("path")).map((path) => path.children[0]);

for (const { name, data, numbers } of cases.explanations)
  test(`${name}: all ${numbers.length} numbers`, () => {
    begin(data);
    for (const { target, name: called, value, paths } of numbers) {
      ask(target);
      const about = `${name}: ${called} ${JSON.stringify(target)}`;
      const shown = Number($("why-value").textContent);
      assert.ok(close(shown, value, 1e-12, Math.max(Math.abs(value), 1e-12)), about);
      const [box] = $("why").querySelectorAll(".paths");
      if (!box || box.classList.contains("whole") || !paths.length) continue;
      const parts = lines(box).map((line) => {
        const factors = numbersIn(line.querySelectorAll(".chip .number"));
        const product = factors.reduce((a, b) => a * b, 1);
        const [end] = numbersIn(line.querySelectorAll(".product"));
        if (factors.length > 1) assert.ok(close(end, product, 1e-12, Math.max(Math.abs(product), 1e-300)), `${about}: ${end}`);
        return product;
      });
      const [rest] = $("why").querySelectorAll("[data-rest]");
      const sum = parts.reduce((a, b) => a + b, 0) + (rest ? Number(rest.dataset.rest) : 0);
      const size = parts.reduce((a, b) => a + Math.abs(b), Math.abs(value));
      assert.ok(close(sum, value, 1e-11, size), `${about}: ${sum} for ${value}`);
      if (!rest && paths.length <= 12) assert.equal(parts.length, paths.length, about);
      const texted = texts(box.querySelectorAll(".path .chip .number"));
      assert.deepEqual(texted, numbersIn(box.querySelectorAll(".path .chip .number")).map((each) => digits(each, 6)));
    }
  });

for (const { name, data, gradients } of cases.pages)
  test(`${name}: the gradients of Python's names`, () => {
    begin(data);
    for (const [path, , values] of gradients)
      values.forEach((value, at) => {
        ask({ what: "gradient", ...owner(path), at });
        assert.equal(Number($("why-value").textContent), value, path);
        assert.ok($("why").querySelector(".python code").textContent.includes(path));
      });
  });

test("a factor opens into its own terms, and closes again", () => {
  begin(cases.pages[0].data);
  const hop = 4;
  ask({ what: "gradient", hop, key: "kernel", at: 0 });
  const [chip] = $("why").querySelectorAll(".chip.opens");
  const [path] = $("why").querySelectorAll(".path");
  const inner = () => path.querySelectorAll(".below .number");
  assert.equal(inner().length, 0);
  chip.click();
  assert.equal(chip.getAttribute("aria-expanded"), "true");
  assert.ok(inner().length > 0);
  chip.click();
  assert.deepEqual([chip.getAttribute("aria-expanded"), inner().length], ["false", 0]);
});

test("a number can be changed and nudged, and the gradient's prediction is Python's", () => {
  const [{ data, gradients, loss }] = cases.pages;
  begin(data);
  ask({ what: "param", hop: 0, key: "kernel", at: 0 });
  $("why").querySelector('[data-focus="nudge0.01"]').click();
  const told = $("why").querySelector(".told").textContent;
  assert.ok(told.startsWith(`+0.01: the gradient predicts ${digits(0.01 * gradients[0][2][0], 3)}, and the loss changes by `), told);
  const field = $("why").querySelector('[data-focus="field"]');
  for (const text of ["", "x", "NaN"]) {
    field.value = text;
    field.fire("change");
    assert.deepEqual(lab.actions, []);
  }
  field.value = "0.25";
  field.fire("change");
  assert.deepEqual(lab.actions, [{ where: "0/kernel", at: 0, value: 0.25 }]);
  assert.ok(now().loss !== loss && $("why-value").textContent === "0.25");
});

test("nothing is asked: nothing stands there", () => {
  begin(cases.pages[0].data);
  ask({ what: "loss" });
  assert.equal($("why").hidden, false);
  $("why").querySelector(".close").click();
  assert.deepEqual([$("why").hidden, $("why").children.length], [true, 0]);
});
