// Importing the page's start draws it without an error; its keys and buttons walk the steps, and the address follows.

import assert from "node:assert/strict";
import { test } from "node:test";

import { short } from "../../../../minifw/inspect/trace/web/names.mjs";
import { game } from "../../../../minifw/inspect/trace/web/panel.mjs";
import { cases } from "./opened.mjs";
import { numbersIn, open, page, texts } from "./stub.mjs";

let round = 0;
// the page with the data of a network; each start is a module of its own, as the page is one document
const start = async ({ data }, hash = "") => {
  open(data, hash);
  Object.assign(game, { answers: {}, hits: 0, asked: 0 });
  round += 1;
  await import(`../../../../minifw/inspect/trace/web/main.mjs?${round}`);
  return globalThis.lesson;
};
const $ = (id) => document.getElementById(id);
const press = (key, about = {}) => document.body.fire("keydown", { key, ...about });
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

for (const network of cases.pages)
  test(`${network.name}: every step draws itself`, async () => {
    const { state } = await start(network);
    assert.equal($("network").textContent, `${network.data.title} · loss ${short(network.loss)}`);
    assert.equal($("samples").hidden, network.x.length === 1);
    network.steps.forEach(({ phase }, step) => {
      assert.equal(state.step, step);
      assert.equal($("drawing").querySelectorAll("svg").length, 1);
      assert.ok($("told").textContent && !/undefined/.test($("told").textContent + $("drawing").textContent), `step ${step}`);
      assert.equal(document.body.dataset.phase, ["back", "end"].includes(phase) ? "back" : "forward");
      const asked = $("told").querySelectorAll(".choice").length > 0;
      assert.ok(phase === "back" || !asked);
      press("ArrowRight");
      if (!asked) return;
      assert.deepEqual([state.step, $("told").querySelectorAll(".choice").length], [step, 0]); // the first press shows the answer
      press("ArrowRight");
    });
    assert.equal(state.step, network.steps.length - 1);
    assert.equal($("next").getAttribute("aria-disabled"), "true");
  });

test("the keys and buttons walk, and both ends hold", async () => {
  const { state } = await start(cases.pages[0]);
  const end = cases.pages[0].steps.length - 1;
  press("ArrowLeft");
  assert.equal(state.step, 0);
  assert.equal(press("End").prevented, true);
  assert.equal(state.step, end);
  press("ArrowRight");
  assert.equal(state.step, end);
  press("ArrowLeft");
  assert.equal(state.step, end - 1);
  press("Home", { ctrlKey: true });
  assert.equal(state.step, end - 1);
  $("first").click();
  assert.equal(state.step, 0);
  $("step").value = 8;
  $("step").fire("input");
  assert.equal(state.step, 8);
  press("1");
  assert.equal(game.asked, 1);
  assert.equal($("score").textContent, "1 of 1"); // a prediction that is too large
  press("Home");
  $("step").fire("keydown", { key: "ArrowRight" });
  assert.equal(state.step, 0); // the slider's own keys are the slider's
});

test("a click asks, Escape takes it back, and changes are undone", async () => {
  const { state, now, lab } = await start(cases.pages[0]);
  const spot = $("drawing").querySelector(".spot");
  spot.click();
  assert.deepEqual(state.picked, { what: "x", at: 0 });
  assert.equal(Number($("why-value").textContent), cases.pages[0].x[0][0]);
  assert.equal(document.activeElement.id, "why-title");
  press("Escape");
  assert.deepEqual([state.picked, $("why").hidden], [null, true]);
  spot.fire("pointerdown", { clientY: 100 });
  page.window.fire("pointermove", { clientY: 90 });
  page.window.fire("pointerup");
  assert.deepEqual(lab.actions, [{ where: "x", at: 0, value: Number((cases.pages[0].x[0][0] + 0.1).toPrecision(6)) }]);
  assert.equal($("changed").hidden, false);
  assert.notEqual(now().loss, cases.pages[0].loss);
  $("undo").click();
  assert.deepEqual([now().loss, $("changed").hidden], [cases.pages[0].loss, true]);
});

test("the address is read at the start and when it changes, and says where one is", async () => {
  const { state } = await start(cases.pages[0], "#12&ask=gradient:2:kernel:11&quiz=off");
  assert.deepEqual([state.step, state.quiz, state.picked], [12, false, { what: "gradient", hop: 2, key: "kernel", at: 11 }]);
  assert.equal(Number($("why-value").textContent), cases.pages[0].gradients.find(([path]) => path === "dense_1/kernel")[2][11]);
  location.hash = "#%E0%A4%A";
  page.window.fire("hashchange");
  assert.deepEqual([state.step, state.picked], [0, null]);
  press("ArrowRight");
  await wait(260);
  assert.equal(page.address, "#1");
});

test("the story walks by the same keys, and the saved page holds the data and the state", async () => {
  const { state, text } = await start(cases.pages[0]);
  $("tell").click();
  press("ArrowRight");
  assert.equal(state.chapter, 1);
  assert.equal($("story").querySelector("h2").textContent, "A bend");
  press("Escape");
  press("Escape");
  assert.equal(state.chapter, null);
  const saved = text();
  assert.ok(saved.startsWith("<!doctype html>") && saved.includes('"start":"#'));
  $("python").click();
  assert.ok($("copied").open && $("copied-text").value.includes("np.array"));
});

test("each sample of a batch has its own numbers", async () => {
  const network = cases.pages.find(({ name }) => name === "activations");
  await start(network);
  assert.deepEqual(texts($("sample").children), network.x.map((_, i) => `${i + 1} of ${network.x.length}`));
  network.x.forEach((row, sample) => {
    $("sample").value = sample;
    $("sample").fire("change");
    assert.deepEqual(numbersIn($("told").querySelectorAll('figure[data-name="x"] [data-value]')), row);
  });
});
