// The engine calculates what Python has: values, messages, slopes, gradients, losses, training.

import assert from "node:assert/strict";
import { test } from "node:test";

import { calculate, update } from "../../../../minifw/inspect/trace/web/engine.mjs";
import { arrived, book, entered, load, paramsOf, passOf, total } from "../../../../minifw/inspect/trace/web/model.mjs";
import { cases, close } from "./opened.mjs";

const largest = (values, before = 0) => values.reduce((most, value) => Math.max(most, Math.abs(value)), before);

function alike(found, wanted, relative, about, size = largest(wanted.values)) {
  assert.deepEqual([...found.shape], [...wanted.shape], about);
  wanted.values.forEach((value, k) => assert.ok(close(found.values[k], value, relative, size), `${about}: ${found.values[k]} for ${value}`));
}

for (const { name, data, relative } of cases.networks)
  test(`${name}: one pass is Python's`, () => {
    load(data);
    const [frame] = book.frames;
    assert.equal(book.live, !name.startsWith("recorded"), book.obstacle);
    if (!book.live) return;
    const pass = passOf(paramsOf(frame), frame.x, frame.y);
    assert.ok(close(pass.loss, frame.loss, relative), `${pass.loss} for ${frame.loss}`);
    alike(pass.error, frame.error, relative, "error");
    frame.hops.forEach((hop, i) => {
      const found = pass.hops[i];
      alike(found.out, hop.out, relative, `${book.hops[i].name} out`);
      alike(found.in, entered(frame, i), relative, `${book.hops[i].name} in`);
      alike(found.arrived, arrived(frame, i), relative, `${book.hops[i].name} arrived`);
      if (hop.back) alike(found.back, hop.back, relative, `${book.hops[i].name} back`);
      if (hop.factor) alike(found.factor, hop.factor, relative, `${book.hops[i].name} slope`);
      assert.deepEqual(Object.keys(found.grads).sort(), Object.keys(hop.grads).sort());
      for (const key of Object.keys(hop.grads)) alike(total(pass, i, key), total(frame, i, key), relative, `${book.hops[i].name}/${key}`);
    });
  });

for (const { name, data, changes, relative } of cases.changes)
  test(`${name}: after a random change it is still Python's`, () => {
    load(data);
    for (const { where, values, loss, grads } of changes) {
      const [frame] = book.frames;
      const params = paramsOf(frame);
      const [x, y] = [frame.x, frame.y].map(({ shape, values: all }) => ({ shape, values: all.slice() }));
      if (where[0] === "x") x.values.set(values);
      else if (where[0] === "y") y.values.set(values);
      else params[where[1]][where[2]].values.set(values);
      const pass = passOf(params, x, y);
      assert.ok(close(pass.loss, loss, relative), `${where}: loss ${pass.loss} for ${loss}`);
      const size = grads.reduce((most, [, , wanted]) => largest(wanted, most), 0);
      for (const [i, key, wanted] of grads) {
        const found = total(pass, i, key);
        alike(found, { shape: found.shape, values: wanted }, relative, `${where}: ${i}/${key}`, size);
      }
    }
  });

for (const { name, data, optimizer, steps, loss, params: wanted } of cases.trainings)
  test(`${name}: ${steps} steps end where Python's end`, () => {
    load(data);
    const [frame] = book.frames;
    const [params, memory] = [paramsOf(frame), {}];
    let pass;
    for (let step = 0; step < steps; step += 1) {
      pass = calculate(book.network, params, frame.x, frame.y);
      update(optimizer, memory, book.network, params, pass);
    }
    pass = calculate(book.network, params, frame.x, frame.y);
    assert.ok(close(pass.loss, loss, 1e-9), `${pass.loss} for ${loss}`);
    for (const [i, key, values] of wanted)
      values.forEach((value, k) => assert.ok(close(params[i][key].values[k], value, 1e-9), `${i}/${key}: ${params[i][key].values[k]} for ${value}`));
  });

for (const { name, data, obstacle } of cases.obstacles)
  test(`${name}: the page says why it is a recording`, () => {
    load(data);
    assert.match(book.obstacle || "", new RegExp(obstacle));
  });
