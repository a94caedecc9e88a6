// An address holds all state, names a gradient as Python does, and means the start where it makes no sense.

import assert from "node:assert/strict";
import { test } from "node:test";

import { read, written } from "../../../../minifw/inspect/trace/web/link.mjs";
import { book, fresh, load, total } from "../../../../minifw/inspect/trace/web/model.mjs";
import { unravel } from "../../../../minifw/inspect/trace/web/names.mjs";
import { cases } from "./opened.mjs";

const targets = ({ frames: [frame] }) => [
  { what: "loss" },
  { what: "x", at: 1 },
  { what: "y", at: 0 },
  ...frame.hops.flatMap(({ factor, back, params, grads }, hop) => [
    { what: "value", hop, at: 0 },
    ...(back ? [{ what: "message", hop, at: 1 }] : []),
    ...(factor ? [{ what: "slope", hop, at: 1 }] : []),
    ...Object.keys(params).map((key) => ({ what: "param", hop, key, at: 0 })),
    ...Object.keys(grads).map((key) => ({ what: "gradient", hop, key, at: 0 })),
  ]),
];

for (const { name, data, steps, gradients } of cases.pages) {
  test(`${name}: a state, its address, and the same state`, () => {
    load(data);
    const actions = book.live ? [{ where: "x", at: 1, value: -0.5 }, { train: "adam", rate: 0.01, steps: 7 }, { where: "y", at: 0, value: 1e-7 }] : [];
    for (const picked of [null, ...targets(book)])
      for (const step of steps.keys()) {
        const wanted = { ...fresh, step, picked, sample: step % data.samples[0], quiz: step % 2 > 0, chapter: step % 3 ? null : step };
        const found = read(written(wanted, actions), book);
        assert.deepEqual({ ...fresh, ...found.state }, wanted);
        assert.deepEqual(found.actions, actions);
      }
  });

  test(`${name}: gradients by Python's names and indices`, () => {
    load(data);
    for (const [path, shape, values] of gradients)
      values.forEach((value, k) => {
        const { picked } = read(`#4:${path}:${unravel(k, shape).join(",")}`, book).state;
        assert.equal(total(book.frames[0], picked.hop, picked.key).get(picked.at), value);
      });
  });

  test(`${name}: an address that makes no sense gives the start`, () => {
    load(data);
    const [[path]] = gradients.length ? gradients : [["none/kernel"]];
    const hostile = [
      "", "#", "#NaN", "#-1", "#1e3", "#0x10", "#%", "#%00", "#<script>alert(1)</script>", "#__proto__", "#constructor:constructor:0", `#:${path}:`,
      `#:${path}:9999999`, `#:${path}:-1,0`, `#:${path}:0,0,0,0,0,0`, "#&ask=gradient:0:__proto__:0", "#&ask=param:0:constructor:0", "#&ask=value:-1::0",
      "#&ask=value:999::0", "#&ask=message:-2::0", "#&ask=::::", "#&ask=y:::1e9", "#&frame=1e9&sample=-1&chapter=21", "#&sample=999", "#&=&&==&",
      "#&do=x,0", "#&do=x,0,NaN;x,-1,1;x,99999,1", "#&do=sgd,Infinity,5;sgd,0.1,-5;sgd,0.1,1e99;sgd", "#&do=__proto__/x,0,1;constructor/name,0,1;length/x,0,1;00/kernel,0,1;0/constructor,0,1;/,,",
    ];
    for (const address of hostile) {
      const { state, actions } = read(address, book);
      assert.deepEqual({ ...fresh, ...state }, fresh, address);
      assert.deepEqual(actions, [], address);
    }
    assert.deepEqual(read("#99999999", book).state, { step: steps.length - 1 });
  });
}
