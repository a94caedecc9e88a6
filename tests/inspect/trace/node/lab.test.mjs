// Addresses hold all state, changes are done again and taken back, and each question has one right answer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { change, lab, landscape, now, nudged, replay, reset, train, undo, way } from "../../../../minifw/inspect/trace/web/lab.mjs";
import { read, written } from "../../../../minifw/inspect/trace/web/link.mjs";
import { book, fresh, load, state } from "../../../../minifw/inspect/trace/web/model.mjs";
import { questionsOf } from "../../../../minifw/inspect/trace/web/questions.mjs";
import { cases } from "./opened.mjs";

const live = cases.networks.filter(({ name }) => name.endsWith("float64"));

for (const { name, data } of live)
  test(`${name}: changes`, () => {
    load(data);
    Object.assign(state, fresh);
    reset();
    const recorded = now();
    const where = book.hops.flatMap(({ frozen }, i) => (frozen ? [] : Object.keys(recorded.hops[i].grads).map((key) => `${i}/${key}`)))[0];
    const { after, before, predicted } = nudged(where, 0, 1e-6);
    assert.ok(Math.abs(after - before - predicted) <= 1e-4 * Math.abs(predicted) + 1e-11, `${after - before} for ${predicted}`);
    change("x", 0, 0.25);
    change("x", 0, 0.5);
    train("adam", 0.01, 3);
    train("adam", 0.01, 4);
    change(where, 0, -0.75);
    assert.equal(lab.actions.length, 3);
    const { loss } = now();
    const address = written({ ...fresh, step: 2, picked: { what: "param", hop: Number(where[0]), key: where.slice(2), at: 0 } }, lab.actions);
    const back = read(address, book);
    assert.deepEqual(back.actions, lab.actions);
    assert.deepEqual(back.state.picked, { what: "param", hop: Number(where[0]), key: where.slice(2), at: 0 });
    lab.actions = back.actions;
    replay();
    assert.equal(now().loss, loss);
    for (let left = 2; left >= 0; left -= 1) {
      undo();
      assert.equal(lab.actions.length, left);
    }
    assert.equal(now(), recorded);
  });

for (const { name, data } of cases.networks)
  test(`${name}: questions`, () => {
    load(data);
    for (let step = 0; step < book.steps.length; step += 1)
      for (let sample = 0; sample < data.samples[0]; sample += 1)
        for (const { text, choices, because } of questionsOf(book.frames[0], step, sample)) {
          assert.equal(choices.filter(({ right }) => right).length, 1);
          assert.equal(new Set(choices.map((choice) => choice.text)).size, choices.length);
          assert.ok(choices.length > 1 && !/undefined|NaN/.test(text + because), text);
        }
  });

test("the landscape's middle is where we are, and the way ends there", () => {
  load(live[0].data);
  Object.assign(state, fresh);
  reset();
  train("sgd", 0.1, 5);
  const { loss, hops } = now();
  const numbers = [0, 1].map((at) => ({ hop: 0, key: "kernel", at }));
  const cells = landscape(numbers, 0.5, 5);
  assert.ok(Math.abs(cells[2][2] - loss) < 1e-14 && cells.length === 5);
  change("0/kernel", 0, hops[0].params.kernel.get(0) + 0.5);
  assert.ok(Math.abs(cells[2][4] - now().loss) < 1e-14);
  const points = way(numbers);
  assert.equal(points.length, 7);
  assert.deepEqual(points[6], numbers.map(({ at }) => now().hops[0].params.kernel.get(at)));
});

test("an address that makes no sense means nothing", () => {
  load(live[0].data);
  for (const text of ["#%E0%A4%A", "#1.5", "#-3", "#0&ask=gradient:0:toString:0", "#0&ask=value:0::99999", "#0&do=adam,NaN,3;x,0,;9/kernel,0,1"]) {
    const { state: found, actions } = read(text, book);
    assert.deepEqual(actions, []);
    assert.equal(found.picked, undefined);
  }
  assert.equal(read("#7", book).state.step, Math.min(7, book.steps.length - 1));
});
