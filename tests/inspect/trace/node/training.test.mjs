// The end of the walk: the update and the losses of training are Python's, and so is the strength of the message.

import assert from "node:assert/strict";
import { test } from "node:test";

import { $, acts } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { lab, now, reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { book, fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { digits, fixed, short } from "../../../../minifw/inspect/trace/web/names.mjs";
import { panel } from "../../../../minifw/inspect/trace/web/panel.mjs";
import { atEnd, changes, stop, training } from "../../../../minifw/inspect/trace/web/training.mjs";
import { cases, close } from "./opened.mjs";
import { numbersIn, open, page, texts } from "./stub.mjs";

const at = (focus) => $("told").querySelector(`[data-focus="${focus}"]`);
const begin = ({ data, steps }) => {
  open();
  load(data);
  reset();
  Object.assign(training, { optimizer: "sgd", rate: 0.1, running: null });
  Object.assign(state, fresh, { step: steps.length - 1 });
  acts.redraw = () => {};
  acts.render = () => panel(null, atEnd);
  acts.render();
};

for (const network of cases.pages) {
  const { name, trained, steps, places, loss } = network;

  test(`${name}: all gradients, and how strong the message was`, () => {
    begin(network);
    const figures = Object.fromEntries($("told").querySelectorAll("figure.array").map((figure) => [figure.dataset.name, figure]));
    for (const [title, values] of Object.entries(steps.at(-1).whole))
      if (!figures[title].querySelector("canvas")) assert.deepEqual(numbersIn(figures[title].querySelectorAll("td [data-value]")), values);
    const sizes = [...places].reverse().filter(({ message }) => message).map(({ message }) => Math.max(...message.flat().map(Math.abs)));
    assert.deepEqual(texts($("told").querySelectorAll(".strengths .number")), sizes.map(short));
  });

  test(`${name}: steps of training`, () => {
    begin(network);
    if (!book.live) {
      assert.ok($("told").textContent.includes(`does not train: ${book.obstacle}.`));
      assert.equal(at("one"), null);
      return;
    }
    assert.ok($("update").textContent.startsWith(`loss ${fixed(loss)} → ${fixed(trained[1])} `), $("update").textContent);
    trained.slice(1).forEach((wanted, i) => {
      at("one").click();
      assert.ok(close(now().loss, wanted, 1e-12), `${now().loss} for ${wanted}`);
      assert.equal($("steps-text").textContent, `After ${i + 1} steps the loss is ${digits(wanted, 4)}.`);
      assert.ok(close(lab.losses[i], trained[i], 1e-12));
    });
    changes.undo();
    assert.equal(now().loss, loss);
    assert.equal($("steps-text").textContent, "No step yet.");
  });
}

test("the update of the weight with the largest gradient, or of the one that was asked for", () => {
  const [tutorial] = cases.pages;
  begin(tutorial);
  const sums = () => $("told").querySelector(".sums").textContent;
  const weight = (name, k) => tutorial.steps.find(({ whole }) => whole[name]).whole[name][k];
  const kernels = tutorial.gradients.filter(([, shape]) => shape.length === 2);
  const [, , values, name] = kernels.reduce((most, each) => (Math.max(...each[2].map(Math.abs)) > Math.max(...most[2].map(Math.abs)) ? each : most));
  const k = values.findIndex((value) => Math.abs(value) === Math.max(...values.map(Math.abs)));
  assert.ok(sums().endsWith(` = ${digits(weight(name, k), 4)} − 0.1 × ${digits(values[k], 4)} = ${digits(weight(name, k) - 0.1 * values[k], 4)}`), sums());
  state.picked = { what: "gradient", hop: 0, key: "kernel", at: 3 };
  acts.render();
  const [, , [, , , g]] = tutorial.gradients[0];
  assert.ok(sums().includes(`${digits(weight("W1", 3), 4)} − 0.1 × ${digits(g, 4)}`), sums());
});

test("playing trains a step a frame until it is stopped, and the rate can be turned", () => {
  const [tutorial] = cases.pages;
  begin(tutorial);
  at("play").click();
  for (let i = 1; i <= 3; i += 1) {
    page.frames.splice(0).forEach((act) => act());
    assert.ok(close(now().loss, tutorial.trained[i], 1e-12));
  }
  assert.equal($("curve-box").querySelectorAll("path").length, 1);
  assert.equal(at("play").textContent, "Pause");
  at("play").click();
  assert.deepEqual([training.running, at("play").textContent, page.frames.length], [null, "Play", 0]);
  at("faster").click();
  assert.equal(training.rate, 0.3);
  const rate = at("rate");
  rate.value = "-1";
  rate.fire("change");
  assert.equal(training.rate, 0.3);
  changes.reset();
  assert.equal(now().loss, tutorial.loss);
  stop();
});

test("weights as Python are its own numbers", () => {
  const [tutorial] = cases.pages;
  begin(tutorial);
  const text = changes.python();
  for (const [path] of tutorial.gradients) assert.ok(text.includes(`params["${path}"][...] = np.array([`));
  for (const value of tutorial.steps[1].whole.W1) assert.ok(text.includes(String(value)));
});

test("the map over the two weights is drawn when it is opened", () => {
  begin(cases.pages[0]);
  const [details] = $("told").querySelectorAll("details.letters");
  assert.equal(details.querySelector("canvas"), null);
  details.open = true;
  details.fire("toggle");
  assert.equal(details.querySelector("canvas").painted.length, 41 * 41);
  details.open = false;
  details.fire("toggle");
});
