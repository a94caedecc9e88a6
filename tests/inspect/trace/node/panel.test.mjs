// What the panel says at each step: Python's arrays under Python's names, and the game that counts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { $, acts } from "../../../../minifw/inspect/trace/web/dom.mjs";
import { reset } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { digits, short } from "../../../../minifw/inspect/trace/web/names.mjs";
import { game, panel, pending, purse, trainable, worst } from "../../../../minifw/inspect/trace/web/panel.mjs";
import { cases } from "./opened.mjs";
import { numbersIn, open, texts } from "./stub.mjs";

const shown = ({ data }, step, more = {}) => {
  Object.assign(state, fresh, { quiz: false, step, ...more });
  panel(pending(), () => []);
  return Object.fromEntries($("told").querySelectorAll("figure.array").map((figure) => [figure.dataset.name, figure]));
};
const begin = ({ data }) => {
  open();
  load(data);
  reset();
  Object.assign(game, { answers: {}, hits: 0, asked: 0 });
};

for (const network of cases.pages)
  test(`${network.name}: the arrays of every step`, () => {
    begin(network);
    let seen = 0;
    for (let sample = 0; sample < network.x.length; sample += 1)
      network.steps.forEach(({ batch, whole, phase }, step) => {
        if (phase === "end") return;
        const figures = shown(network, step, { sample });
        const wanted = [...Object.entries(batch).map(([title, rows]) => [title, rows[sample]]), ...Object.entries(whole)];
        for (const [title, values] of wanted) {
          const figure = figures[title];
          assert.ok(figure, `step ${step}: ${title} in ${Object.keys(figures)}`);
          const cells = figure.querySelectorAll("td [data-value]");
          if (figure.querySelector("canvas")) continue;
          seen += 1;
          assert.deepEqual(numbersIn(cells), values.map((value) => value + 0), `step ${step}: ${title}`);
          assert.deepEqual(texts(cells), values.map(short));
        }
      });
    assert.ok(seen >= 10 * network.x.length, `${seen} tables`);
  });

for (const network of cases.pages)
  test(`${network.name}: the loss, how many numbers there are, and how wrong it is`, () => {
    begin(network);
    const { steps, loss, gradients, data } = network;
    shown(network, steps.findIndex(({ phase }) => phase === "loss"));
    assert.equal($("told").querySelector("h2").textContent, `${data.loss.name} = ${short(loss)}`);
    assert.equal($("told").querySelector(".exact").textContent, String(loss));
    assert.equal(trainable(data.frames && load(data).frames[0]), gradients.reduce((sum, [, , values]) => sum + values.length, 0));
    const [error] = Object.values(steps.find(({ phase }) => phase === "back").batch);
    const k = error[0].reduce((most, g, i) => (Math.abs(g) > Math.abs(error[0][most]) ? i : most), 0);
    const { guess, truth } = worst(load(data).frames[0]);
    assert.deepEqual([guess, truth], [digits(network.places.at(-1).values[0][k], 4), `the truth is ${digits(network.y[0][k], 4)}`]);
  });

test("the tutorial's game counts what was answered, and says why", () => {
  begin(cases.pages[0]);
  const step = cases.pages[0].steps.findIndex(({ phase }) => phase === "back");
  let drawn = 0;
  acts.render = () => (drawn += 1);
  const [, number] = cases.pages[0].right[0][0];
  shown(cases.pages[0], step, { quiz: true });
  const choices = () => $("told").querySelectorAll(".choice");
  choices()[0].click();
  assert.ok(choices()[0].classList.contains("right") && choices().every((each) => each.disabled));
  assert.match($("told").querySelector(".told").textContent, new RegExp(`^Yes\\. The error gradient there is ${digits(number, 4)}`));
  assert.equal($("score").textContent, "1 of 1");
  $("told").querySelector(".go").click();
  shown(cases.pages[0], step, { quiz: true });
  const wrong = choices().find((each) => !each.textContent.endsWith(` ${digits(number, 4)}`));
  wrong.click();
  assert.ok(wrong.classList.contains("wrong"));
  assert.equal(choices().find((each) => each.classList.contains("right")).textContent.slice(2), digits(number, 4));
  assert.equal($("score").textContent, "1 of 2");
  $("told").querySelector(".go").click();
  state.quiz = true;
  assert.deepEqual([pending(), drawn], [null, 2]);
});

test("the purse holds what was collected on the way back, in the tutorial's names", () => {
  begin(cases.pages[0]);
  const { steps, places } = cases.pages[0];
  Object.assign(state, fresh, { step: steps.length - 1 });
  purse(state.step);
  const coins = texts($("purse").querySelectorAll(".coin"));
  assert.deepEqual([coins[2], coins[4], coins[6], coins.length], ["W3ᵀ", "W2ᵀ", "W1ᵀ", 7]);
  assert.ok($("purse").textContent.endsWith(`= ${places[0].upto}`));
  purse(3);
  assert.deepEqual(texts($("purse").querySelectorAll(".coin")), places.slice(0, 3).map(({ name }) => name.replace("_", "")));
});
